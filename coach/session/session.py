"""From words to what the robot does about them. One utterance at a time, except that a stop never waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from coach.interpreter import interpret as by_rules
from coach.interpreter.items import Item
from coach.routines.drafts import impossible_time
from coach.session.actions import Actions, errand_of
from coach.session.asked import agree, agrees, answered, as_lesson, note_question, open_question
from coach.session.due_runs import DueRuns
from coach.session.episodes import Episodes
from coach.session.errand import Errand, choices
from coach.session.floor import asks_for_floor, take_floor
from coach.session.lessons import FramesAround
from coach.session.offers import settle as settle_offer
from coach.session.outcomes import Outcome, Spoken
from coach.session.pending import Pending, keep_pending
from coach.session.pointing import pointed
from coach.session.remembered import about_memory
from coach.session.replies import Reply
from coach.session.situation import Situation
from coach.session.standing import STANDING, Standing
from coach.session.task_queue import TaskQueue
from coach.session.understanding import Interpret, understand
from coach.session.wording import joined
from prompts import say
from robot_bridge.protocol.errors import CoachError, FloorError, StoreError, UnreachableError, UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.session.stop_line import StopLine
    from memory.store import Store
    from robot_bridge.client import BridgeClient
    from robot_bridge.protocol.messages import Accepted, Event, Intervention, InterventionKind
    from robot_bridge.protocol.thought import Thought, Where

log = logging.getLogger(__name__)

MAX_CHARACTERS = 2000
STOP_WAIT_S = 3.0  # longer than the stop line's own tries
STATUS_WAIT_S = 1.0
Pulled = tuple["Intervention", Future["Accepted"]]


class Session:
    """The one place where an utterance is dealt with, for the UI, `--headless` and `coach say`.

    Args:
        stop_line: sends a stop before anything else is looked at.
        frames_around: the observations of the last two seconds, oldest first.
    """

    def __init__(self, config: Config, store: Store, bridge: BridgeClient, interpret: Interpret, stop_line: StopLine,
                 frames_around: FramesAround = tuple) -> None:  # fmt: skip
        self._config, self._store, self._bridge = config, store, bridge
        self._interpret, self._stop_line = interpret, stop_line
        self._lock = threading.Lock()
        self.episodes = Episodes(config, store)
        self.queue = TaskQueue(store)
        self._frames_around = frames_around
        self._began_s = 0.0
        self._actions = Actions(config, store, bridge, self.episodes, self.queue, frames_around)
        self._standing, self.due_runs = Standing(store, holidays=config.holidays), DueRuns(store, self._actions)

    def is_stop(self, text: str) -> bool:
        """Whether these words say stop, whatever else they say."""
        try:
            return any(item.kind == "stop" for item in by_rules(text[:MAX_CHARACTERS]).items)
        except UsageError:
            return False

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
            self._began_s = began_s
            try:
                return self._hear(text.strip(), by, pulled, where)
            except StoreError as error:
                stop = self._finish_stop(pulled).said if pulled is not None else ""
                return Reply(f"{stop} {say('memory_broken', reason=error)}".strip(), ok=False)

    def stopped(self, pulled: Pulled, by: str = "") -> Reply:
        """Wait for the answer to a stop that was sent by a key, keep it and find the words for it."""
        return self._reply([self._finish_stop(pulled)], (), None)

    def tell(self, said: str, words: str = "", by: str = "") -> Reply:
        """The robot's words to something that was said and is not acted on yet."""
        with self._lock:
            if words:
                self._keep(partial(self._store.add_utterance, words[:MAX_CHARACTERS], by, "person", None))
            return self._reply([Outcome(said, ok=False)], (), None)

    def act(self, kind: InterventionKind, by: str = "") -> Reply:
        """What a key asks for: pause, resume, reset."""
        with self._lock:
            situation = self._situation()
            try:
                outcome = self._guarded(lambda: self._actions.steer(kind, "", by or self._config.person, situation))
                return self._reply([outcome], (), situation)
            except StoreError as error:
                return Reply(say("memory_broken", reason=error), ok=False)

    def robot_doubts(self, event: Event) -> str:
        """The robot is not sure, or nothing worked: the question for the person, whose answer is a lesson."""
        return note_question(self._store, event)

    def robot_asks(self, thought: Thought | None, instruction: str) -> str:
        """The robot cannot go on alone: the question for the person, kept until it is answered."""
        options, errand = choices(thought), Errand.parse(instruction)
        if thought is None or not options or errand is None:
            missing = thought.reason.partition("there is no ")[2].partition(" in sight")[0] if thought else ""
            if missing:
                return say("not_in_sight", object=missing)
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
                return replace(self._reply([outcome], (), situation), due=True) if outcome.said else Reply("")
            except StoreError as error:
                log.warning("the routines cannot be read: %s", error)
                return Reply("")

    def _settled(self, words: str, by: str, situation: Situation) -> Outcome | None:
        """What the words settle of something standing: an agreement, a run that is due, what is remembered."""
        agreed = self._standing.answer(words)
        if agreed is not None:
            return agreed
        about_rule = self._guarded(lambda: self._actions.rules.settle(words, situation) or Outcome(""))
        if about_rule.said:
            return about_rule
        about_run = self._guarded(lambda: self.due_runs.hear(words, by, situation) or Outcome(""))
        return about_run if about_run.said else about_memory(words, self._store, time.time())

    def _keep_standing(self, items: Sequence[Item], words: str, by: str, situation: Situation) -> list[Outcome]:
        """Rules for now hold until the task ends; what lasts is agreed on. A rule about the thing in hand counts at
        once."""
        now = [item for item in items if item.kind == "rule" and item.scope == "now"]
        lasting = [item for item in items if item not in now]
        outcomes = [self._guarded(partial(self._actions.rules.keep_now, item, words, by, situation)) for item in now]
        if lasting or not now:
            outcomes.append(self._standing.propose(lasting, words, by))
        if outcomes and outcomes[-1].ok:
            outcomes += [self._guarded(partial(self._actions.rules.follow, item, words, by, situation))
                         for item in items if item.kind == "rule"]  # fmt: skip
        return outcomes

    def _started(self, errand: Errand, situation: Situation) -> Outcome:
        task_id = self._actions.start(errand, str(errand), self._config.person, situation)
        return Outcome(say("accepted", task=errand), task_id)

    def _hear(self, words: str, by: str, pulled: Pulled | None, where: Where | None) -> Reply:
        if not words:
            return Reply(say("empty_line"), ok=False)
        situation = self._situation() if pulled is None else Situation(None)
        self._keep(partial(self._store.add_utterance, words[:MAX_CHARACTERS], by, "person", situation.episode_id))
        if len(words) > MAX_CHARACTERS:
            outcome = Outcome(say("too_long", length=len(words), limit=MAX_CHARACTERS), ok=False)
            return self._reply([outcome], (), situation)
        if asks_for_floor(words):
            return self._reply([self._guarded(partial(take_floor, self._bridge, by))], (), situation)
        offer = settle_offer(self._store, words)
        if pulled is not None:
            return self._hear_stop(words, by, pulled)
        if offer.refused:
            return self._reply([Outcome(offer.refused)], (), situation)
        words = offer.words
        asked = open_question(self._store, situation.task_id)
        if agrees(asked, words):
            answered(self._store)
            spoken = Spoken(Item(kind="answer", text=words), words, by, situation)
            outcome = self._guarded(lambda: agree(spoken, self._store, self._bridge, self.episodes.home_id(),
                                                  self._frames_around()))  # fmt: skip
            return self._reply([outcome], (spoken.item,), situation)
        settled = self._settled(words, by, situation)
        if settled is not None:
            return self._reply([settled], (Item(kind="answer", text=words),), situation)
        meaning = understand(words, situation, self._store, self._interpret, pointed(where, self._frames_around()))
        items = meaning.items
        noted = self.due_runs.take_answer(words, by, {item.kind for item in items})
        if noted:
            return self._reply([Outcome(noted)], items, situation)
        if meaning.hold:
            self._guarded(lambda: self._actions.steer("pause", words, by, situation))
        if meaning.said:
            outcome = Outcome(meaning.said, pending=meaning.pending, ok=meaning.ok)
            return self._reply([outcome], items, situation, meaning.question)
        lasting = [item for item in items if item.kind in STANDING]
        now = list(as_lesson(asked, [item for item in items if item.kind not in STANDING]))
        if asked is not None and any(item.kind in ("correction", "resume", "nudge") for item in now):
            answered(self._store)
        outcomes = []
        if lasting or impossible_time(words):
            outcomes += self._keep_standing(lasting, words, by, situation)
            now = [item for item in now if item.kind != "unknown"]
        if now or not outcomes:
            outcomes += [self._guarded(partial(self._actions.do, spoken))
                         for spoken in self._queue_later_tasks(now, words, by, situation, meaning.where)]  # fmt: skip
        later = self.queue.tasks
        if later and sum(item.kind == "task" for item in items) > 1 and outcomes and outcomes[-1].ok:
            outcomes.append(Outcome(say("queued", task=joined(later, "and then"))))
        return self._reply(outcomes, items, situation)

    def _hear_stop(self, words: str, by: str, pulled: Pulled) -> Reply:
        """The stop first; whatever else was said counts afterwards, with the arms held."""
        stop = self._finish_stop(pulled)
        self._keep(partial(keep_pending, self._store, None))
        situation = self._situation() if stop.ok else Situation(None)
        items = self._interpret(words, situation.scene()).items
        rest = [item for item in items if item.kind in ("correction", "task")] if stop.ok and situation.busy else []
        rest = [item for item in rest if item.object is not None or item.place]
        redirected = [
            msgspec.structs.replace(item, kind="correction") for item in rest
        ]  # a task would set the arms going
        outcomes = [self._guarded(partial(self._actions.do, Spoken(item, words, by, situation))) for item in redirected]
        return self._reply(outcomes if outcomes and outcomes[0].ok else [stop, *outcomes], items, situation)

    def _finish_stop(self, pulled: Pulled) -> Outcome:
        intervention, answer = pulled
        try:
            answer.result(timeout=STOP_WAIT_S)
        except (CoachError, TimeoutError):
            return Outcome(say("stop_unreachable"), ok=False, unreachable=True)
        self._keep(partial(self._store.add_intervention, intervention, None))
        return Outcome(say("stopped"))

    def _keep(self, write: Callable[[], object]) -> None:
        """What is worth keeping, but not worth leaving undone what a person asked for."""
        try:
            write()
        except StoreError as error:
            log.warning("not kept: %s", error)

    def _queue_later_tasks(self, items: Sequence[Item], words: str, by: str, situation: Situation,
                           where: Where | None = None) -> list[Spoken]:  # fmt: skip
        """One item a kind of work now; further tasks wait for their turn."""
        now: list[Spoken] = []
        tasks = 0
        for item in items:
            if item.kind == "task":
                tasks += 1
                if tasks == 1:
                    self.queue.clear()
                elif (errand := errand_of(item, situation)) is not None and item.verb in ("put", "pick_up"):
                    self.queue.add(str(errand))
                    continue
            now.append(Spoken(item, words, by, situation, where, began_s=self._began_s))
        return now or [Spoken(Item(kind="unknown", text=words), words, by, situation)]

    def _situation(self) -> Situation:
        try:
            status = self._bridge.status(STATUS_WAIT_S)
        except CoachError:
            return Situation(None)
        return Situation(status, self.episodes.current(status.task_id))

    def _guarded(self, act: Callable[[], Outcome]) -> Outcome:
        """One clear sentence for whatever the bridge answers."""
        try:
            return act()
        except FloorError as error:
            return Outcome(say("floor_watching", reason=error.what), ok=False)
        except UnreachableError:
            return Outcome(say("bridge_unreachable", address=self._config.bridge_address), ok=False, unreachable=True)
        except StoreError:
            raise
        except UsageError as error:
            if error.next_step:
                return Outcome(say("refused", reason=error.what, mend=error.next_step), ok=False)
            return Outcome(say("not_sent", reason=error), ok=False)
        except CoachError as error:
            return Outcome(say("not_sent", reason=error), ok=False)

    def _reply(self, outcomes: Sequence[Outcome], items: Sequence[Item], situation: Situation | None,
               question: str | None = None) -> Reply:  # fmt: skip
        said = " ".join(dict.fromkeys(outcome.said for outcome in outcomes if outcome.said))
        pending = next((outcome.pending for outcome in outcomes if outcome.pending), None)
        if pending is not None:
            keep_pending(self._store, pending)
        task_id = next((o.task_id for o in outcomes if o.task_id), situation.task_id if situation else "")
        if said:
            self._keep(lambda: self._store.add_utterance(said, "robot", "robot", self.episodes.current(task_id)))
        understood: dict[str, Any] = {"items": msgspec.to_builtins(list(items)), "question": question}
        return Reply(
            said, understood, task_id, next((o.correction_id for o in outcomes if o.correction_id), ""),
            next((o.forced for o in outcomes if o.forced), ""), all(outcome.ok for outcome in outcomes),
            any(outcome.unreachable for outcome in outcomes),
        )  # fmt: skip
