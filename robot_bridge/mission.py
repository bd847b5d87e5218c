"""The task in hand, and how what a person says and what the model thinks change it. Pure: nothing here waits."""

from __future__ import annotations

import math
import re
from collections import deque
from dataclasses import dataclass, replace

import msgspec

from robot_bridge.protocol.errors import CoachError, UsageError
from robot_bridge.protocol.messages import Context, Going, Intervention
from robot_bridge.protocol.thought import DONE, Thought, Where

NOWHERE = Going()
MAX_INSTRUCTION = 500  # characters
MAX_FORCED = 2000
MAX_NOTES = 32
MAX_NOTE = 500
MAX_DIALOGUE = 8  # utterances kept
MAX_DONE = 20  # subtasks kept
MAX_NUDGE_M = 0.2
MAX_TURN_RAD = 1.6
MAX_UNDO = 10
_GOES = re.compile(r"^(?P<reason>(?:.*, )?the (?P<thing>.+?) is .+? and goes )(?P<place>.+)$")


@dataclass(frozen=True)
class Task:
    """What a person asked for, and how far it has come.

    Args:
        task_id: id of the intervention that started it.
        cause: the intervention that the next thoughts follow; empty once the model is back to its own rhythm.
        forced: thought text from a person, to be fed in the next thought's place.
        thought: the thought in force.
        subtask: what is being done; unlike the thought's it is never a question.
        going: which errand of the task the thought is about, while it serves the instruction as it is.
        done: subtasks finished, oldest first.
        before: `done` as it was one thought ago, to take back a subtask that was left for a single thought only.
        likely: the thought to move under until the model has written the one that is due.
        where: the point that a person showed; it takes the place of the thought's own.
        where_for: the subtask that the point is about; empty: that of the next thought.
        told: (thing, place) as a person said within a job that is about several things: it holds to the job's end.
    """

    task_id: str
    instruction: str
    dialogue: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cause: str = ""
    forced: str = ""
    thought: Thought | None = None
    subtask: str = ""
    going: Going = NOWHERE
    done: tuple[str, ...] = ()
    before: tuple[str, tuple[str, ...]] = ("", ())
    likely: Thought | None = None
    where: Where | None = None
    where_for: str = ""
    told: tuple[tuple[str, str], ...] = ()

    @property
    def context(self) -> Context:
        return Context(instruction=self.instruction, done=self.done, dialogue=self.dialogue, notes=self.notes,
                       doing=self.subtask, going=self.going,
                       told=tuple(f"put the {thing} {place}" for thing, place in self.told))  # fmt: skip

    @property
    def dictates_subtask(self) -> bool:
        """Whether a person's words name the subtask, not only the reason."""
        return any(line.strip().startswith("subtask:") for line in self.forced.splitlines())

    def corrected(self, words: Intervention) -> Task:
        """The same task under a correction: a new instruction, or words in the thought's place, or both.

        The subtask in hand was the wrong one: it does not count as done.
        """
        dialogue = (*self.dialogue, words.text)[-MAX_DIALOGUE:] if words.text else self.dialogue
        return replace(
            self, instruction=words.instruction or self.instruction, dialogue=dialogue, cause=words.id,
            notes=words.notes or self.notes, forced=words.forced, subtask="", going=NOWHERE, before=("", ()),
            where=words.where, where_for="", told=self._told_with(words), likely=likely_of(words),
        )  # fmt: skip

    def _told_with(self, words: Intervention) -> tuple[tuple[str, str], ...]:
        """Where things go by a person's word; a new instruction says it all by itself."""
        if words.instruction not in ("", self.instruction):
            return ()
        said = _GOES.match(words.forced.partition("\n")[0].removeprefix("reason: "))
        if said is None:
            return self.told
        return (*(one for one in self.told if one[0] != said["thing"]), (said["thing"], said["place"]))

    def _against(self, thought: Thought) -> str:
        """What must be thought in place of a thought that has forgotten a person's word; empty where it has not."""
        goes = _GOES.match(thought.reason)
        place = dict(self.told).get(goes["thing"], "") if goes else ""
        return f"reason: {goes['reason']}{place}\n" if goes and place and place != goes["place"] else ""

    def restarted(self, cause: str) -> Task:
        """The task from its beginning."""
        return Task(self.task_id, self.instruction, notes=self.notes, cause=cause)

    def thinking(self, thought: Thought) -> Task:
        """The task under a new thought: a subtask that the model has left counts as done.

        A subtask that it returns to after a single other thought was not left at all; a question finishes nothing.
        """
        forgotten = self._against(thought)
        if forgotten and not self.forced:
            return replace(self, forced=forgotten)
        if self.likely is not None:
            return replace(self, likely=None).thinking(thought)
        if self.where is not None and not thought.is_question and self.where_for in ("", thought.subtask):
            thought = msgspec.structs.replace(thought, where=self.where)
            return replace(self, where_for=thought.subtask)._with(thought)
        return self._with(thought)

    def _with(self, thought: Thought) -> Task:
        old, new = self.subtask, thought.subtask
        if thought.is_question:
            return replace(self, thought=thought)
        task = replace(self, thought=thought, subtask=new, going=self.going.after(thought, old))
        if new == old:
            return replace(task, before=("", ()))
        if new == self.before[0]:
            return replace(task, done=self.before[1], before=("", ()))
        left = (old,) if old and old != DONE else ()
        return replace(task, done=(*self.done, *left)[-MAX_DONE:], before=(old, self.done))


def likely_of(words: Intervention) -> Thought | None:
    """The thought that the words will most likely come to, None where they do not say.

    Raises:
        UsageError: it is no thought, or one under which nothing moves.
    """
    if not words.likely:
        return None
    try:
        thought = Thought.parse(words.likely, source="person")
    except CoachError as error:
        raise UsageError(f"the likely thought is none: {error.what}", error.allowed) from None
    if thought.rests:
        raise UsageError(f"the likely thought is '{thought.subtask}'", "a subtask that moves the arms")
    return thought


def begin(words: Intervention) -> Task:
    """A new task."""
    return Task(words.id, words.instruction, notes=words.notes, cause=words.id, forced=words.forced, where=words.where)


class TaskBook:
    """The task in hand, those to go back to, and the last one finished. Not thread-safe."""

    def __init__(self) -> None:
        self.task: Task | None = None
        self._last: Task | None = None
        self._undo: deque[Task] = deque(maxlen=MAX_UNDO)

    def begin(self, words: Intervention, keep_undo: bool) -> None:
        """Take a new task."""
        if not keep_undo:
            self._undo.clear()
        self._push(begin(words))

    def correct(self, words: Intervention) -> None:
        """Correct the task; without one, a correction that names an instruction is a task.

        Raises:
            UsageError: there is nothing to correct.
        """
        if self.task is None and not words.instruction.strip():
            raise UsageError("there is no task to correct", next_step="say what to do with what")
        self._push(self.task.corrected(words) if self.task else begin(words))

    def restart(self, words: Intervention) -> None:
        """The task, or the last one, from its beginning.

        Raises:
            UsageError: there was none.
        """
        task = self.task or self._last
        if task is None:
            raise UsageError("there is no task to begin again", next_step="say what to do with what")
        self.task = task.restarted(words.id)

    def undo(self, words: Intervention) -> None:
        """Back to the instruction before.

        Raises:
            UsageError: there was none.
        """
        if not self._undo:
            raise UsageError("there is no earlier instruction to go back to", next_step="say what to do instead")
        self.task = replace(self._undo.pop(), cause=words.id, forced="", subtask="", going=NOWHERE,
                            before=("", ()))  # fmt: skip

    def resume(self, words: Intervention) -> None:
        """Go on; an intervention whose thought is still due stays its cause."""
        if self.task is not None:
            self.task = replace(self.task, cause=self.task.cause or words.id)

    def think(self, thought: Thought, keep_forced: bool) -> Task | None:
        """The task under a new thought."""
        if self.task is not None:
            task = self.task.thinking(thought)
            remind = task.forced and not self.task.forced
            self.task = task if keep_forced or remind else replace(task, forced="")
        return self.task

    def followed(self) -> None:
        """A chunk went out under a person's words."""
        if self.task is not None:
            self.task = replace(self.task, cause="")

    def close(self) -> None:
        """The task is done."""
        self._last, self.task = self.task, None

    def forget(self) -> None:
        """The scene is another one."""
        self.task = self._last = None
        self._undo.clear()

    def _push(self, task: Task) -> None:
        if self.task is not None:
            self._undo.append(self.task)
        self.task = task


def check_words(words: Intervention) -> None:
    """Whether an intervention says all that its kind needs.

    Raises:
        UsageError: something is missing, too long or out of range.
    """
    _check_lengths(words)
    if words.kind == "task" and not words.instruction.strip():
        raise UsageError("a task without an instruction", next_step="say what to do with what")
    says = words.instruction.strip() or words.forced.strip() or words.where or words.notes
    if words.kind == "correction" and not says:
        raise UsageError("a correction that changes nothing", "a new instruction, a point, notes, or a forced thought")
    if words.where is not None and not (0 <= words.where.x < 1 and 0 <= words.where.y < 1):
        raise UsageError(f"a point at {words.where.x}, {words.where.y}", "fractions of the picture, 0 to below 1")
    if words.kind == "nudge":
        _check_nudge(words)


def _check_nudge(words: Intervention) -> None:
    offset = words.offset or (0.0, 0.0, 0.0)
    numbers = (*offset, words.turn_rad, words.pace or 0.0)
    if not all(map(math.isfinite, numbers)) or not (any(numbers) or words.grip):
        raise UsageError("a nudge without a direction", "finite numbers: metres, radians or a pace, or open or close")
    if math.hypot(*offset) > MAX_NUDGE_M:
        raise UsageError(f"a nudge of {math.hypot(*offset):.2f} m", f"at most {MAX_NUDGE_M} m",
                         "say it in smaller steps")  # fmt: skip
    if abs(words.turn_rad) > MAX_TURN_RAD:
        raise UsageError(f"a turn of {words.turn_rad:.1f} rad", f"at most {MAX_TURN_RAD} rad")
    if words.pace is not None and words.pace <= 0:
        raise UsageError(f"a pace of {words.pace}", "a factor above 0")


def check_forced(forced: str) -> None:
    """Whether a person's words can be the beginning of a thought.

    Raises:
        UsageError: a whole line of them is not one of a thought.
    """
    if not forced.strip():
        return
    whole = forced if "subtask:" in forced else f"{forced.rstrip()}\nsubtask: any"
    try:
        Thought.parse(whole)
    except CoachError as error:
        raise UsageError(f"the correction is not a thought: {error.what}", error.allowed) from None


def _check_lengths(words: Intervention) -> None:
    if not words.id or len(words.id) > 200:
        raise UsageError("an intervention without a usable id", "1 to 200 characters")
    lengths = (("instruction", words.instruction, MAX_INSTRUCTION), ("forced thought", words.forced, MAX_FORCED),
               ("likely thought", words.likely, MAX_FORCED))  # fmt: skip
    for name, text, most in lengths:
        if len(text) > most:
            raise UsageError(f"the {name} has {len(text)} characters", f"at most {most}", "say it in fewer words")
    if len(words.notes) > MAX_NOTES or any(len(note) > MAX_NOTE for note in words.notes):
        raise UsageError(f"{len(words.notes)} notes", f"at most {MAX_NOTES} of {MAX_NOTE} characters")
