"""From words to what the robot does about them. One utterance at a time, except that a stop never waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import msgspec

from coach.interpreter import interpret as by_rules
from coach.interpreter.items import Item
from coach.session.actions import Actions
from coach.session.asked import note_question
from coach.session.due_runs import DueRuns
from coach.session.episodes import Episodes
from coach.session.errand import Errand, choices, missing
from coach.session.failures import guarded, keep
from coach.session.lessons import FramesAround
from coach.session.outcomes import Outcome
from coach.session.pending import Pending, keep_pending
from coach.session.replies import Reply
from coach.session.situation import Situation, look
from coach.session.stop_line import Pulled, finish
from coach.session.task_queue import TaskQueue
from coach.session.utterances import Dealt, Utterances, Uttered
from coach.session.wording import joined
from prompts import say
from robot_bridge.protocol.errors import StoreError, UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.session.sight import Sight
    from coach.session.stop_line import StopLine
    from coach.session.understanding import Interpret
    from memory.store import Store
    from robot_bridge.client import BridgeClient
    from robot_bridge.protocol.messages import Event, InterventionKind
    from robot_bridge.protocol.thought import Thought, Where

log = logging.getLogger(__name__)

MAX_CHARACTERS = 2000


class Session:
    """The one place where an utterance is dealt with, for the UI, `--headless` and `coach say`.

    Args:
        stop_line: sends a stop before anything else is looked at.
        frames_around: the observations of the last two seconds, oldest first.
        clock: seconds of UTC, by which routines come due.
        sight: knows what is not there; without it nobody does.
    """

    def __init__(self, config: Config, store: Store, bridge: BridgeClient, interpret: Interpret, stop_line: StopLine,
                 frames_around: FramesAround = tuple, clock: Callable[[], float] = time.time,
                 sight: Sight | None = None) -> None:  # fmt: skip
        self._config, self._store, self._bridge = config, store, bridge
        self._stop_line = stop_line
        self._lock = threading.Lock()
        self.episodes = Episodes(config, store)
        self.queue = TaskQueue(store)
        self._actions = Actions(config, store, bridge, self.episodes, self.queue, frames_around, sight)
        self.due_runs = DueRuns(store, self._actions, clock)
        self._utterances = Utterances(config, store, bridge, interpret, self._actions, self.due_runs, self.episodes,
                                      self.queue, frames_around)  # fmt: skip
        self._guarded = partial(guarded, bridge_address=config.bridge_address)

    def is_stop(self, text: str) -> bool:
        """Whether these words say stop, whatever else they say."""
        return _says_stop(text[:MAX_CHARACTERS])

    def hear(self, text: str, by: str = "", pulled: Pulled | None = None, where: Where | None = None,
             began_s: float = 0.0) -> Reply:  # fmt: skip
        """Deal with one utterance. Never raises for what a person or the network did.

        Args:
            by: who said it.
            pulled: a stop that was sent for these words already.
            where: the point in a picture that the person shows with them.
            began_s: when the person began to speak or type, `time.monotonic()`; 0 where that is not known.
        """
        by = by or self._config.person
        if pulled is None and self.is_stop(text):
            pulled = self._stop_line.pull(text[:MAX_CHARACTERS], by)
        with self._lock:
            try:
                return self._hear(text.strip(), by, pulled, where, began_s)
            except StoreError as error:
                stop = finish(pulled, self._store).said if pulled is not None else ""
                return Reply(f"{stop} {say('memory_broken', reason=error)}".strip(), ok=False)

    def stopped(self, pulled: Pulled, by: str = "") -> Reply:
        """Wait for the answer to a stop that was sent by a key, keep it and find the words for it."""
        runs = self._due_runs_stopped(by or self._config.person)
        return self._reply(Dealt([finish(pulled, self._store), *runs]))

    def tell(self, said: str, words: str = "", by: str = "") -> Reply:
        """The robot's words to something that was said and is not acted on yet."""
        with self._lock:
            if words:
                keep(lambda: self.due_runs.talk.set_aside(words, clear=False))
                keep(partial(self._store.add_utterance, words[:MAX_CHARACTERS], by, "person", None))
            return self._reply(Dealt([Outcome(said, ok=False)]))

    def act(self, kind: InterventionKind, by: str = "") -> Reply:
        """What a key asks for: pause, resume, reset."""
        with self._lock:
            situation = self._situation()
            try:
                by = by or self._config.person
                held = self.due_runs.talk.pause(by) if kind == "pause" and not situation.busy else None
                outcome = held or self._guarded(lambda: self._actions.steer(kind, "", by, situation))
                return self._reply(Dealt([outcome], situation))
            except StoreError as error:
                return Reply(say("memory_broken", reason=error), ok=False)

    def robot_doubts(self, event: Event) -> str:
        """The robot is not sure, or nothing worked: the question for the person, whose answer is a lesson."""
        return note_question(self._store, event)

    def robot_asks(self, thought: Thought | None, instruction: str) -> str:
        """The robot cannot go on alone: the question for the person, kept until it is answered."""
        options, errand = choices(thought), Errand.parse(instruction)
        if thought is None or not options or errand is None:
            absent = missing(thought.reason) if thought else ""
            if absent:
                return say("not_in_sight", object=absent)
            return say("asks_help", reason=thought.reason if thought else "I do not know how to go on")
        said = say("asks_which", choices=joined(tuple(f"the {option}" for option in options), "or"))
        place = errand.place.partition(" the ")[2]
        item = Item(kind="task", verb="put" if place else "pick_up", place=place)
        keep_pending(self._store, Pending(question=said, item=item, options=options))
        return said

    def start_queued(self) -> str:
        """Begin the next waiting task; returns what the robot says, empty where none waits."""
        with self._lock:
            instruction = self.queue.take()
            errand = Errand.parse(instruction)
            if errand is None:
                return ""
            situation = self._situation()
            outcome = self._guarded(lambda: self._started(errand, situation))
            return outcome.said

    def look_at_routines(self) -> Reply:
        """One step of what is due: announce it, begin it, ask about what was missed. Nothing to say is the rule."""
        with self._lock:
            try:
                if not self.due_runs.has_work():
                    return Reply("")
                situation = self._situation()
                outcome = self._guarded(lambda: self.due_runs.tick(situation, self._config.person) or Outcome(""))
                return replace(self._reply(Dealt([outcome], situation)), due=True) if outcome.said else Reply("")
            except StoreError as error:
                log.warning("the routines cannot be read: %s", error)
                return Reply("")

    def _due_runs_stopped(self, by: str) -> list[Outcome]:
        try:
            return self.due_runs.talk.stopped("", by)
        except StoreError as error:
            log.warning("what was announced is not called off: %s", error)
            return []

    def _started(self, errand: Errand, situation: Situation) -> Outcome:
        task_id = self._actions.start(errand, str(errand), self._config.person, situation)
        return Outcome(say("accepted", task=errand), task_id)

    def _hear(self, words: str, by: str, pulled: Pulled | None, where: Where | None, began_s: float) -> Reply:
        if not words:
            return Reply(say("empty_line"), ok=False)
        situation = self._situation() if pulled is None else Situation(None)
        keep(partial(self._store.add_utterance, words[:MAX_CHARACTERS], by, "person", situation.episode_id))
        if len(words) > MAX_CHARACTERS:
            outcome = Outcome(say("too_long", length=len(words), limit=MAX_CHARACTERS), ok=False)
            return self._reply(Dealt([outcome], situation))
        return self._reply(self._utterances.deal(Uttered(words, by, situation, where, began_s), pulled))

    def _situation(self) -> Situation:
        return look(self._bridge, self.episodes)

    def _reply(self, dealt: Dealt) -> Reply:
        outcomes, situation = dealt.outcomes, dealt.situation
        said = " ".join(dict.fromkeys(outcome.said for outcome in outcomes if outcome.said))
        pending = next((outcome.pending for outcome in outcomes if outcome.pending), None)
        if pending is not None:
            keep_pending(self._store, pending)
        task_id = next((o.task_id for o in outcomes if o.task_id), situation.task_id if situation else "")
        if said:
            keep(lambda: self._store.add_utterance(said, "robot", "robot", self.episodes.current(task_id)))
        understood: dict[str, Any] = {"items": msgspec.to_builtins(list(dealt.items)), "question": dealt.question}
        return Reply(
            said, understood, task_id, next((o.correction_id for o in outcomes if o.correction_id), ""),
            next((o.forced for o in outcomes if o.forced), ""), all(outcome.ok for outcome in outcomes),
            any(outcome.unreachable for outcome in outcomes),
        )  # fmt: skip


@lru_cache(maxsize=4)
def _says_stop(text: str) -> bool:
    """Asked twice of the same words: before they wait for their turn, and when it has come."""
    try:
        return any(item.kind == "stop" for item in by_rules(text).items)
    except UsageError:
        return False
