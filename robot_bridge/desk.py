"""Where what a person says, what the model thinks and what goes wrong meet: one lock, one state, one task.

Nothing here waits for a socket, a picture or the model, so that a person's word takes effect within one tick.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from robot_bridge.by_hand import check_jog
from robot_bridge.faults import Account
from robot_bridge.lean import Lean
from robot_bridge.mission import Task, TaskBook, check_forced, check_words
from robot_bridge.motion import Motion
from robot_bridge.outbox import Outbox
from robot_bridge.outcomes import Outcomes
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import Accepted, BridgeState, Event, Intervention, Jog, Level
from robot_bridge.protocol.thought import Thought
from robot_bridge.states import StateMachine

log = logging.getLogger(__name__)

REMEMBERED_IDS = 200
STILL = {"stop": "stopped", "pause": "paused", "takeover": "taken over"}
BY_ITSELF = frozenset({"policy", "coach", "cameras"})  # holds that nobody asked for and that end by themselves


@dataclass(frozen=True)
class View:
    """The bridge at one instant: what the pilot works from."""

    generation: int
    state: BridgeState
    task: Task | None
    causes: frozenset[str]
    detail: str


class Desk:
    """The bridge's state and task. Safe to use from any thread.

    Args:
        reset: asks the control loop for a fresh scene; takes the seed, None for the same again.
        nudge: asks the control loop to move a hand; takes the words, the hand, and whether it should lean while the
            model works on instead of moving there first; None where the arms cannot.
        outcomes: tells what became of the things, where the arms can.
        account: the account of what goes wrong, with what the arms did last; takes what, and what to do.
    """

    def __init__(
        self, motion: Motion, outbox: Outbox, reset: Callable[[int | None], None],
        nudge: Callable[[Intervention, str, bool], None] | None, outcomes: Outcomes,
        account: Callable[[str, str], Account],
    ) -> None:  # fmt: skip
        self._motion, self._outbox, self._reset, self._nudge = motion, outbox, reset, nudge
        self._outcomes, self._account = outcomes, account
        self._changed = threading.Condition(threading.RLock())
        self._machine = StateMachine()
        self._book = TaskBook()
        self._causes: set[str] = set()
        self._detail = ""
        self._parked = False
        self._taken_by = ""
        self._lean = Lean()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._acts: dict[str, Callable[[Intervention], None]] = {
            "task": self._begin, "correction": self._correct, "restart": self._restart, "undo": self._go_back,
            "resume": self._resume, "release": self._resume, "reset": self._start_over, "nudge": self._move_a_little,
        }  # fmt: skip

    @property
    def state(self) -> BridgeState:
        return self._machine.state

    @property
    def task_id(self) -> str:
        return self._book.task.task_id if self._book.task else ""

    @property
    def takeover(self) -> str:
        """Id of the intervention by which a person moves the arms now, else empty."""
        return self._taken_by if self.state == "takeover" else ""

    @property
    def may_park(self) -> bool:
        """Whether the arms hold for a reason that nobody asked for."""
        return bool(self._causes) and self._causes <= BY_ITSELF

    def view(self) -> View:
        with self._changed:
            return View(self._motion.generation, self.state, self._book.task, frozenset(self._causes), self._detail)

    def wait(self, view: View, timeout_s: float) -> None:
        """Return early if the state, the task or the generation is no longer the one in view."""
        with self._changed:
            if self._motion.generation == view.generation and self.state == view.state:
                self._changed.wait(timeout_s)

    def announce(self, level: Level, code: str, text: str, **data: Any) -> None:
        """Tell everybody something in one sentence."""
        event = Event(time_s=time.monotonic(), level=level, code=code, text=text, task_id=self.task_id, data=data)
        self._outbox.put(event)
        self._outbox.ask_status()

    def look(self) -> None:
        """Tell of things that have fallen since the last look."""
        for name, thing in self._outcomes.fallen():
            self.announce("info", "fell", f"the {name} fell on the floor", thing=name, dirty=bool(thing.get("dirty")))

    # What a person says.

    def intervene(self, words: Intervention, since_s: float = 0.0) -> Accepted:
        """Take a person's word. When this returns, the next tick follows it.

        Args:
            since_s: when it arrived; left out: now.

        Raises:
            UsageError: the state does not allow it or something is missing; nothing has changed.
        """
        since_s = since_s or time.monotonic()
        if words.kind == "stop" and words.id not in self._seen:
            self._motion.halt(since_s, "stop")  # before the lock, before any check
        with self._changed:
            if words.id in self._seen:  # sent again because our answer was late; a stop that was obeyed is obeyed
                return Accepted(id=words.id, state=self.state)
            if words.kind != "stop":
                check_words(words)
                check_forced(words.forced)
            self._machine.check(words.kind)
            if words.kind in self._acts:
                self._acts[words.kind](words)
            else:
                self._machine.apply(words.kind)
            if words.kind == "takeover":
                self._taken_by = words.id
            if words.kind in STILL:
                self._motion.halt(since_s, words.kind)
                self._causes = {"person"} if self.state == "holding" else set()
                self._detail = f"{STILL[words.kind]} by {words.by[:60] or 'a person'}"
            self._remember(words.id)
            self._tell()
            return Accepted(id=words.id, state=self.state)

    def jog(self, jog: Jog) -> Accepted:
        """Follow the hand of a person who has taken over.

        Raises:
            UsageError: nobody has, or a number is out of range.
        """
        check_jog(jog, self._motion.hands)
        with self._changed:
            if self.state != "takeover":
                raise UsageError("nobody has taken over the arms", next_step="take over first: say 'let me do it'")
            self._motion.jog(jog)
            return Accepted(id=self._taken_by, state=self.state)

    def _begin(self, words: Intervention) -> None:
        self._book.begin(words, keep_undo=self.state != "idle")
        self._run("task")

    def _correct(self, words: Intervention) -> None:
        self._book.correct(words)
        self._run("correction")

    def _restart(self, words: Intervention) -> None:
        self._book.restart(words)
        self._run("restart")

    def _go_back(self, words: Intervention) -> None:
        self._book.undo(words)
        self._run("undo")

    def _resume(self, words: Intervention) -> None:
        if self.state != "running":
            self._book.resume(words)
            self._run(words.kind)
        if self._book.task is None:
            self._machine.apply("finish")

    def _start_over(self, words: Intervention) -> None:
        seed = next((int(text) for text in (words.instruction, words.text) if text.strip().isdecimal()), None)
        self._motion.hold()
        self._machine.apply("reset")
        self._book.forget()
        self._straighten()
        self._motion.work_at(1.0)
        self._detail = ""
        self._causes.clear()
        self._reset(seed)

    def _move_a_little(self, words: Intervention) -> None:
        """While the model works it leans that way, so that it does not undo the nudge with its next chunk."""
        if words.pace is not None:
            self._machine.apply("nudge")
            self._motion.work_at(words.pace)
            return
        if self._nudge is None:
            raise UsageError("these arms cannot be nudged", next_step="say what to do with what instead")
        task = self._book.task
        hand = words.hand or (task.thought.hand if task and task.thought else "")
        lean = bool(self.state == "running" and task and hand and not words.grip)
        if lean and task:
            words = self._lean.add(words, task.subtask)
        else:
            self._motion.hold()
        self._machine.apply("nudge")
        self._nudge(words, hand, lean)

    def _straighten(self) -> None:
        self._motion.straighten()
        self._lean.clear()

    def _run(self, kind: Any) -> None:
        self._machine.apply(kind)
        self._motion.hold()  # the chunk in flight followed other words
        if kind not in ("resume", "release"):
            self._straighten()
        if self.state == "running":
            self._causes.clear()
            self._detail = ""

    def _remember(self, words_id: str) -> None:
        self._seen[words_id] = None
        if len(self._seen) > REMEMBERED_IDS:
            self._seen.popitem(last=False)

    # What the model thinks. Each takes the generation that it was thought in and does nothing if that is over.

    def adopt(self, generation: int, thought: Thought, keep_forced: bool) -> Task | None:
        """The task under a new thought, or None if the thought comes too late."""
        with self._changed:
            if self._stale(generation):
                return None
            self._outbox.ask_status()
            before = self._book.task.subtask if self._book.task else ""
            task = self._book.think(thought, keep_forced)
            if task and self._lean.is_over(before, task.subtask):
                self._straighten()
            return task

    def followed(self, generation: int) -> None:
        """A chunk went out under the person's words: from here on the model is back to its own rhythm."""
        with self._changed:
            if not self._stale(generation):
                self._book.followed()

    def finish(self, generation: int, seconds: float) -> None:
        """The task is done, unless that was thought too late."""
        with self._changed:
            if self._stale(generation):
                return
            task = self._book.task
            assert task is not None  # running without a task is settled in `_resume`
            self._machine.apply("finish")
            self._motion.park(unless_holding=True)
            text = f"done: {task.instruction}"
            self.announce("info", "task_done", text, instruction=task.instruction, subtasks=list(task.done),
                          reason=task.thought.reason if task.thought else "", seconds=round(seconds, 1),
                          things=self._outcomes.now())  # fmt: skip
            self._book.close()
            self._straighten()
            self._motion.work_at(1.0)
            self._causes.clear()
            self._detail = text
            self._tell()

    # What goes wrong, and what comes back.

    def hold_for(
        self, cause: str, code: str, what: str, next_step: str, generation: int | None = None, **data: Any
    ) -> None:
        """Hold for a reason that nobody asked for. With a generation: only while that lasts.

        Args:
            next_step: what to do about it; empty for a question, which says that itself.
        """
        with self._changed:
            if generation is not None and self._stale(generation):
                return
            self._motion.halt(time.monotonic(), code)
            if cause in self._causes:
                return
            self._detail = f"{what}; {next_step}" if next_step else what
            if self.state in ("running", "holding"):
                self._machine.apply("hold")
                self._parked = self._parked and bool(self._causes)
                self._causes.add(cause)
            if next_step:
                account = self._account(what, next_step)
                log.warning("%s: %s; the command in full: %s", code, account, account.target)
                self.announce("warning", code, str(account), **account.data, **data)
            else:
                self.announce("info", code, what, **data)
            self._tell()

    def recover(self, cause: str, code: str, text: str) -> None:
        """What was missing is back; go on if nothing else is missing."""
        with self._changed:
            if cause in self._causes:
                self._causes.discard(cause)
                if self.state == "holding" and not self._causes:
                    self._motion.hold()
                    self._machine.apply("recover")
                    self._detail = ""
            self.announce("info", code, text)
            self._tell()

    def park(self) -> None:
        """Send arms home that hold for a reason that nobody asked for."""
        with self._changed:
            if self.state == "holding" and self.may_park:
                self._motion.park()
                self._parked = True
                self.announce("info", "parked", f"{self._detail}; the arms go home slowly")

    def coach_seen(self) -> None:
        """A coach shows itself. Arms that held because none did go on, unless they have gone home meanwhile."""
        if "coach" not in self._causes:
            return
        with self._changed:
            if self._parked:
                self.wait_for_person("the coach is back; say resume to go on")
            else:
                self.recover("coach", "coach_back", "the coach is back; the arms go on")

    def wait_for_person(self, text: str) -> None:
        """A hold that would have ended by itself now waits for a person's word."""
        with self._changed:
            if self.state == "holding":
                self._causes, self._detail = {"person"}, text
                self._tell()

    def fault(self, account: Account) -> None:
        """The arms fail."""
        with self._changed:
            self._motion.halt(time.monotonic(), account.what)
            self._machine.apply("fault")
            self._detail = account.what
            self.announce("fault", "fault", str(account), **account.data)
            self._tell()

    def heal(self, text: str) -> None:
        """The arms answer again; a person decides whether to go on."""
        with self._changed:
            self._machine.apply("heal")
            if self.state == "holding":
                self._causes = {"arms"}
            self._detail = text
            self.announce("info", "fault_cleared", text)
            self._tell()

    def say(self, detail: str) -> None:
        """The sentence that the status shows while nothing else is to be told."""
        with self._changed:
            self._detail = detail
            self._tell()

    def _stale(self, generation: int) -> bool:
        return generation != self._motion.generation or self.state != "running"

    def _tell(self) -> None:
        self._changed.notify_all()
        self._outbox.ask_status()
