"""One utterance: what waits for words like these takes them first; else they are understood and acted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter.items import Item
from coach.routines.drafts import impossible_time
from coach.routines.missed_words import take_missed
from coach.session.actions import Actions
from coach.session.asked import Asked, agree, agrees, answered, as_lesson, open_question
from coach.session.due_runs import DueRuns
from coach.session.failures import guarded, keep
from coach.session.floor import asks_for_floor, take_floor
from coach.session.offers import settle as settle_offer
from coach.session.outcomes import Outcome, Spoken
from coach.session.pending import keep_pending
from coach.session.pointing import pointed
from coach.session.remembered import about_memory
from coach.session.situation import Situation, look
from coach.session.standing import STANDING, Standing
from coach.session.stop_line import Pulled, finish
from coach.session.task_queue import errand_of
from coach.session.understanding import Interpret, Understood, understand
from coach.session.wording import joined
from prompts import say
from robot_bridge.protocol.errors import StoreError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.session.episodes import Episodes
    from coach.session.lessons import FramesAround
    from coach.session.task_queue import TaskQueue
    from memory.store import Store
    from robot_bridge.client import BridgeClient
    from robot_bridge.protocol.thought import Where


@dataclass(frozen=True)
class Uttered:
    """What somebody said, and what went on meanwhile.

    Args:
        where: the point in a picture that the person showed with it.
        began_s: when they began to speak or type, `time.monotonic()`; 0 where that is not known.
    """

    words: str
    by: str
    situation: Situation
    where: Where | None = None
    began_s: float = 0.0

    def about(self, item: Item, where: Where | None = None) -> Spoken:
        return Spoken(item, self.words, self.by, self.situation, where, began_s=self.began_s)


@dataclass(frozen=True)
class Dealt:
    """What came of an utterance. Args: question: what the interpreter asks back."""

    outcomes: Sequence[Outcome]
    situation: Situation | None = None
    items: Sequence[Item] = ()
    question: str | None = None


class Utterances:
    """Args: frames_around: the observations of the last two seconds, oldest first."""

    def __init__(
        self, config: Config, store: Store, bridge: BridgeClient, interpret: Interpret, actions: Actions,
        due_runs: DueRuns, episodes: Episodes, queue: TaskQueue, frames_around: FramesAround,
    ) -> None:  # fmt: skip
        self._store, self._bridge, self._interpret, self._actions = store, bridge, interpret, actions
        self._due_runs, self._episodes, self._queue = due_runs, episodes, queue
        self._frames_around = frames_around
        self._standing = Standing(store, due_runs.clock, holidays=config.holidays)
        self._guarded = partial(guarded, bridge_address=config.bridge_address)

    def deal(self, uttered: Uttered, pulled: Pulled | None = None) -> Dealt:
        """Args: pulled: a stop that was sent for these words already."""
        if asks_for_floor(uttered.words):
            taken = self._guarded(partial(take_floor, self._bridge, uttered.by))
            return Dealt([taken], uttered.situation)
        about_run = self._about_announced(uttered) if pulled is None else None
        offer = settle_offer(self._store, uttered.words)
        if pulled is not None:
            return self._stop(uttered, pulled)
        if about_run is not None:
            return about_run
        if offer.refused:
            return Dealt([Outcome(offer.refused)], uttered.situation)
        uttered = replace(uttered, words=offer.words)
        asked = open_question(self._store, uttered.situation.task_id)
        return self._agree(uttered, asked) or self._settle(uttered) or self._follow(uttered, asked)

    def _stop(self, uttered: Uttered, pulled: Pulled) -> Dealt:
        """The stop first; whatever else was said counts afterwards, with the arms held."""
        stop = finish(pulled, self._store)
        keep(partial(keep_pending, self._store, None))
        situation = look(self._bridge, self._episodes) if stop.ok else Situation(None)
        items = self._interpret(uttered.words, situation.scene()).items
        rest = [item for item in items if item.kind in ("correction", "task")] if stop.ok and situation.busy else []
        rest = [item for item in rest if item.object is not None or item.place]
        # A task would set the arms going.
        redirected = [msgspec.structs.replace(item, kind="correction") for item in rest]
        held = Uttered(uttered.words, uttered.by, situation)
        outcomes = [self._guarded(partial(self._actions.do, held.about(item))) for item in redirected]
        if outcomes and outcomes[0].ok:
            return Dealt(outcomes, situation, items)
        runs = self._due_runs.talk.stopped(uttered.words, uttered.by)
        return Dealt([stop, *outcomes, *runs, *self._also_ended(uttered)], situation, items)

    def _about_announced(self, uttered: Uttered) -> Dealt | None:
        """What was announced last is answered first, before anything that was asked earlier."""
        words, by, situation = uttered.words, uttered.by, uttered.situation
        said = self._guarded(lambda: self._due_runs.talk.answer_announced(words, by, situation) or Outcome(""))
        return Dealt([said], situation, (Item(kind="answer", text=words),)) if said.said else None

    def _also_ended(self, uttered: Uttered) -> list[Outcome]:
        """What was called off for good as well: "stop the pills reminder" stops the arms, to be safe, and ends it."""
        try:
            ended = about_memory(uttered.words, self._store, self._due_runs.clock())
        except StoreError:
            return []  # the stop counts
        return [ended] if ended is not None and ended.ok else []

    def _agree(self, uttered: Uttered, asked: Asked | None) -> Dealt | None:
        """A yes to what the robot was not sure about."""
        if not agrees(asked, uttered.words):
            return None
        answered(self._store)
        spoken = uttered.about(Item(kind="answer", text=uttered.words))
        outcome = self._guarded(
            lambda: agree(spoken, self._store, self._bridge, self._episodes.home_id(), self._frames_around())
        )
        return Dealt([outcome], uttered.situation, (spoken.item,))

    def _settle(self, uttered: Uttered) -> Dealt | None:
        """What the words settle of something standing: an agreement, a rule, a run that is due, what is remembered."""
        words, by, situation = uttered.words, uttered.by, uttered.situation
        settled = self._standing.answer(words, by)
        if settled is None:
            about_rule = self._guarded(lambda: self._actions.rules.settle(words, situation) or Outcome(""))
            settled = about_rule if about_rule.said else None
        if settled is None:
            about_run = self._guarded(lambda: self._due_runs.talk.hear(words, by, situation) or Outcome(""))
            settled = about_run if about_run.said else about_memory(words, self._store, self._due_runs.clock(),
                                                                    situation.busy)  # fmt: skip
        if settled is None:
            return None
        followed = [self._guarded(partial(self._actions.rules.follow, wish.item, wish.words, wish.by, situation))
                    for wish in settled.kept if wish.item.kind == "rule"]  # fmt: skip
        return Dealt([settled, *followed], situation, (Item(kind="answer", text=words),))

    def _follow(self, uttered: Uttered, asked: Asked | None) -> Dealt:
        """Words that nothing waits for are understood by themselves."""
        words, by, situation = uttered.words, uttered.by, uttered.situation
        plain = take_missed(words).rest or words  # "if you miss it, ask me" belongs to the wish before it
        meaning = understand(plain, situation, self._store, self._interpret,
                             pointed(uttered.where, self._frames_around()))  # fmt: skip
        items = meaning.items
        unclear = None if situation.busy else self._due_runs.talk.ask_back({item.kind for item in items})
        if unclear is not None:
            return Dealt([unclear], situation, items)
        noted = self._due_runs.take_answer(words, by, {item.kind for item in items})
        if noted:
            return Dealt([Outcome(noted)], situation, items)
        if meaning.hold:
            self._guarded(lambda: self._actions.steer("pause", words, by, situation))
        if meaning.said:
            self._due_runs.talk.set_aside(words, clear=False)
            outcome = Outcome(meaning.said, pending=meaning.pending, ok=meaning.ok)
            return Dealt([outcome], situation, items, meaning.question)
        outcomes = self._act_on(meaning, uttered, asked)
        if outcomes and all(outcome.said == say("question_unknown") for outcome in outcomes):  # "do it after lunch"
            outcomes = [self._due_runs.talk.ask_back({"unknown"}) or outcomes[0]]
        self._due_runs.talk.set_aside(words, all(outcome.ok for outcome in outcomes) and not self._standing.asks)
        return Dealt(outcomes, situation, items)

    def _act_on(self, meaning: Understood, uttered: Uttered, asked: Asked | None) -> list[Outcome]:
        """What lasts is agreed on, what is for now is done, further tasks wait."""
        lasting = [item for item in meaning.items if item.kind in STANDING]
        now = list(as_lesson(asked, [item for item in meaning.items if item.kind not in STANDING]))
        if asked is not None and any(item.kind in ("correction", "resume", "nudge") for item in now):
            answered(self._store)
        outcomes = []
        if lasting or impossible_time(uttered.words):
            outcomes += self._keep_standing(lasting, uttered)
            followed = any(outcome.correction_id for outcome in outcomes)  # "not in the sink, always put it in the bin"
            now = [item for item in now if item.kind != "unknown" and not (followed and item.kind == "correction")]
        if now or not outcomes:
            outcomes += [self._guarded(partial(self._actions.do, spoken))
                         for spoken in self._queue_later_tasks(now, uttered, meaning.where)]  # fmt: skip
        later = self._queue.tasks
        if later and sum(item.kind == "task" for item in meaning.items) > 1 and outcomes and outcomes[-1].ok:
            outcomes.append(Outcome(say("queued", task=joined(later, "and then"))))
        return outcomes

    def _keep_standing(self, items: Sequence[Item], uttered: Uttered) -> list[Outcome]:
        """Rules for now hold until the task ends; what lasts is agreed on. A rule about the thing in hand counts at
        once."""
        words, by, situation, rules = uttered.words, uttered.by, uttered.situation, self._actions.rules
        now = [item for item in items if item.kind == "rule" and item.scope == "now"]
        lasting = [item for item in items if item not in now]
        outcomes = [self._guarded(partial(rules.keep_now, item, words, by, situation)) for item in now]
        if lasting or not now:
            outcomes.append(self._standing.propose(lasting, words, by))
        if outcomes and outcomes[-1].ok:
            outcomes += [self._guarded(partial(rules.follow, item, words, by, situation))
                         for item in items if item.kind == "rule"]  # fmt: skip
        return outcomes

    def _queue_later_tasks(self, items: Sequence[Item], uttered: Uttered, where: Where | None) -> list[Spoken]:
        """One item a kind of work now; further tasks wait for their turn."""
        now: list[Spoken] = []
        tasks = 0
        for item in items:
            if item.kind == "task":
                tasks += 1
                if tasks == 1:
                    self._queue.clear()
                elif (errand := errand_of(item, uttered.situation)) is not None and item.verb in ("put", "pick_up"):
                    self._queue.add(str(errand))
                    continue
            now.append(uttered.about(item, where))
        return now or [uttered.about(Item(kind="unknown", text=uttered.words))]
