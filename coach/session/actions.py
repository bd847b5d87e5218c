"""What the session does about one item of an utterance."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from coach.interpreter.chores import chore_of
from coach.interpreter.items import Item, Scene
from coach.interpreter.resolve import in_known_words, resolve
from coach.session import answers
from coach.session.episodes import Episodes
from coach.session.errand import KINDS, PLACES, Errand, forced_thought, refines, tells_of
from coach.session.identity import new_id
from coach.session.lessons import (
    FramesAround,
    agreeing,
    as_intervention,
    draft_lesson,
    draft_nudge,
    is_followed_already,
    send_and_keep,
)
from coach.session.likely import likely_thought, places
from coach.session.nudges import nudge_fields, told
from coach.session.outcomes import Outcome, Spoken
from coach.session.pending import Pending
from coach.session.pointing import shows
from coach.session.recent import note_recent, recent_task
from coach.session.refusals import doubt_about, pointless, unknown_part
from coach.session.remembered import about_memory
from coach.session.rule_talk import RuleTalk
from coach.session.rules_in_force import (
    begin_task,
    contradicted_by,
    keep_rule_now,
    notes_in_force,
    rule_for,
)
from coach.session.situation import Situation
from coach.session.wording import known_things, sentence
from prompts import say
from robot_bridge.protocol.errors import StoreError, UnreachableError
from robot_bridge.protocol.messages import Accepted, Intervention, InterventionKind
from robot_bridge.protocol.thought import Where

if TYPE_CHECKING:
    from coach.config import Config
    from coach.session.sight import Sight
    from coach.session.task_queue import TaskQueue
    from memory.store import Store
    from robot_bridge.client import BridgeClient

SAID_OF: dict[str, str] = {
    "pause": "paused", "undo": "undone", "takeover": "takeover", "release": "released", "praise": "praised",
    "reset": "reset",
}  # fmt: skip


class Actions:
    """Sends to the bridge, stores, and finds the words to say about it. Args: sight: tells what is not there."""

    def __init__(self, config: Config, store: Store, bridge: BridgeClient, episodes: Episodes, queue: TaskQueue,
                 frames_around: FramesAround, sight: Sight | None = None) -> None:  # fmt: skip
        self._sight = sight
        self._config, self._store, self._bridge = config, store, bridge
        self._episodes, self._queue, self._frames_around = episodes, queue, frames_around
        self.rules = RuleTalk(store, self)

    def do(self, spoken: Spoken) -> Outcome:
        """Raises: CoachError: the bridge refused it or did not answer; nothing has changed there."""
        kind = spoken.item.kind
        if spoken.situation.status is None and kind in ("task", "correction", "nudge"):
            raise UnreachableError("the bridge does not answer")
        match kind:
            case "task" if spoken.item.object is None and spoken.situation.busy:
                return self.correct(spoken)  # "put it in the bin" is about the thing in hand
            case "task":
                return self._task(spoken)
            case "correction":
                return self.correct(spoken)
            case "undo":
                return self.rules.undo(spoken)
            case "pause" | "resume" | "restart" | "takeover" | "praise":
                return self.steer(kind, spoken.words, spoken.by, spoken.situation)
            case "nudge":
                return self._nudge(spoken)
            case "question":
                return Outcome(answers.answer(spoken.words, spoken.situation, self._store.count_corrections()))
            case "chatter":
                return Outcome(answers.chat(spoken.words))
            case "forget":
                return about_memory(spoken.item.text, self._store, time.time()) or Outcome(
                    say("rule_unknown"), ok=False
                )
            case "answer":
                return Outcome(say("nothing_asked", text=spoken.words), ok=False)
        return Outcome(say("unknown_words", text=spoken.words), ok=False)

    def arms_state(self) -> str:
        """What the bridge's state is at this very moment. Raises: CoachError: it does not answer."""
        return self._bridge.status().state

    def start(self, errand: Errand | str, words: str, by: str, situation: Situation, where: Where | None = None,
              task_id: str = "") -> str:  # fmt: skip
        """Send a task, a chore in words; returns its id, a new one unless given. Raises: CoachError: it did not
        reach the arms."""
        task_id = task_id or new_id()
        intervention = Intervention(id=task_id, kind="task", text=words, instruction=str(errand), by=by, where=where,
                                    forced=forced_thought(errand, None) if where and isinstance(errand, Errand) else "",
                                    notes=notes_in_force(self._store, str(errand), ""),
                                    time_s=time.monotonic())  # fmt: skip
        self._bridge.send(intervention)
        begin_task(self._store, task_id)
        note_recent(self._store, str(errand))
        episode_id = self._episodes.begin(intervention.id, str(errand), by, situation.status)
        self._store.add_intervention(intervention, episode_id)
        return intervention.id

    def steer(self, kind: InterventionKind, words: str, by: str, situation: Situation) -> Outcome:
        """Pause, resume, undo, restart, takeover, praise, reset: one word to the bridge."""
        status = situation.status
        if kind == "resume" and status is not None and status.state == "takeover":
            kind = "release"
        refusal = pointless(kind, situation)
        if refusal:
            return Outcome(refusal, ok=False)
        seed = str(int(time.time()) % 1_000_000) if kind == "reset" else ""
        self.send(kind, words, by, situation, instruction=seed)
        if kind == "undo":
            self._mark_undone(situation)
        if kind == "reset":
            self._queue.clear()
        if kind == "restart":
            task = situation.instruction or self._bridge.status().instruction  # the last one, where none was running
            return Outcome(say("restarted", task=task or "do that"), situation.task_id)
        if kind == "resume":
            task = situation.instruction
            return Outcome(say("resumed", task=task) if task else say("resumed_idle"), situation.task_id)
        if kind == "praise" and not situation.busy and not recent_task(self._store):
            return Outcome(say("thanked"))  # nothing was done that could have been right
        return Outcome(say(SAID_OF[kind]), situation.task_id)

    def _task(self, spoken: Spoken) -> Outcome:
        item, situation = spoken.item, spoken.situation
        chore = chore_of(item)
        if chore:
            task_id = self.start(chore, spoken.words, spoken.by, situation)
            return Outcome(say("accepted", task=chore), task_id)
        if item.verb not in ("put", "pick_up"):
            return Outcome(say("not_yet", what=spoken.words), ok=False)
        doubt = doubt_about(item, spoken.where)
        if doubt is not None:
            return doubt
        settled = resolve(in_known_words(item, KINDS, PLACES), situation.scene())
        errand = Errand.parse(settled.instruction)
        if errand is None:
            question = sentence(settled.question or say("asks_object", objects=known_things()))
            return Outcome(question, pending=Pending(question=question, item=item, where=spoken.where), ok=False)
        before = situation.instruction if situation.busy else ""
        if before and spoken.where is None and self._is_missed(errand, situation):
            return self._not_there(spoken, errand)
        task_id = self.start(errand, spoken.words, spoken.by, situation, spoken.where)
        if before and not refines(errand, Errand.parse(before)):
            return Outcome(say("accepted_instead", before=before, task=errand), task_id)
        return Outcome(say("accepted", task=errand), task_id)

    def correct(self, spoken: Spoken) -> Outcome:
        situation, item = spoken.situation, in_known_words(spoken.item, KINDS, PLACES)
        errand = situation.errand
        if not situation.busy or errand is None:
            if item.verb in ("put", "pick_up") and doubt_about(item, spoken.where) is None:
                return self._task(spoken)
            return self._afterwards(spoken, item)
        if item.object is None and not item.place:
            return self._place_shown(spoken, errand) if spoken.where else self._vague(spoken)
        refusal = unknown_part(item)
        if refusal:
            return Outcome(refusal, ok=False)
        settled = resolve(item, situation.scene())
        if settled.question:
            question = sentence(settled.question)
            pending = Pending(question=question, item=item, where=spoken.where)
            return Outcome(question, pending=pending, ok=False)
        goal = Errand.parse(settled.instruction)
        assert goal is not None
        corrected = replace(goal, place=goal.place or errand.place)  # a step told on the way keeps the goal
        dictated = settled.instruction if item.verb == "pick_up" else ""
        if spoken.where is None and is_followed_already(corrected, situation, dictated):
            return Outcome(agreeing(self._store, corrected, situation), situation.task_id)
        if spoken.where is None and self._is_missed(corrected, situation):
            return self._not_there(spoken, corrected)
        if item.place and not spoken.settled and item.scope != "now":
            rule = contradicted_by(self._store, corrected, situation.task_id)
            if rule is not None:
                return self.rules.ask(spoken, rule, corrected)
        return self._teach(spoken, corrected, dictated)

    def _is_missed(self, errand: Errand, situation: Situation) -> bool:
        """Another thing than the one in hand, which is not there: a lesson about it would teach to see things, and a
        task about it ends with whatever is in hand."""
        silent = situation.status is None or not situation.status.policy_ok
        if self._sight is None or silent or tells_of(errand.thing, situation.thought):
            return False
        return self._sight.misses(errand, situation.episode_id, situation.task_id)

    def _not_there(self, spoken: Spoken, errand: Errand) -> Outcome:
        """What is being done is not wanted, and what is wanted is not there: hold still, and learn nothing."""
        if spoken.situation.status is not None and spoken.situation.status.state == "running":
            self.send("pause", spoken.words, spoken.by, spoken.situation)
        return Outcome(say("not_in_sight_now", object=errand.thing), spoken.situation.task_id, ok=False)

    def _afterwards(self, spoken: Spoken, item: Item) -> Outcome:
        """Nothing is being done: what was done last is meant, and is to be done otherwise. It was no mistake then."""
        recent = recent_task(self._store)
        if not recent or not (item.object or item.place):
            return Outcome(say("nothing_to_correct"), ok=False)
        refusal = unknown_part(item)
        if refusal:
            return Outcome(refusal, ok=False)
        errand = Errand.parse(resolve(item, Scene(task=recent)).instruction)
        if errand is None or errand == Errand.parse(recent):
            return Outcome(say("nothing_to_correct"), ok=False)
        task_id = self.start(errand, spoken.words, spoken.by, spoken.situation, spoken.where)
        return Outcome(say("accepted", task=errand), task_id)

    def _place_shown(self, spoken: Spoken, errand: Errand) -> Outcome:
        """`put it here`: the place in the picture, while the thing is being put down."""
        thought = spoken.situation.thought
        if thought is None or not thought.subtask.startswith("put "):
            return Outcome(say("point_later", object=f"the {errand.thing}"), spoken.situation.task_id, ok=False)
        return self._teach(spoken, errand, "")

    def _teach(self, spoken: Spoken, errand: Errand, dictated: str) -> Outcome:
        """To the arms and onto the disk; only then the confirmation."""
        situation, frames = spoken.situation, self._frames_around()
        if situation.chore and errand.place:  # the others of its kind that still wait go there too
            keep_rule_now(self._store, situation.task_id, rule_for(errand, spoken.by))
        rules = notes_in_force(self._store, str(errand), situation.task_id)
        lesson = draft_lesson(spoken.words, spoken.by, errand, dictated, situation, self._episodes.home_id(), frames,
                              rules, spoken.where, spoken.began_s)  # fmt: skip
        likely = likely_thought(errand, situation.errand, situation.thought, places(self._store))
        intervention = as_intervention(lesson, "" if dictated or spoken.where else likely)
        accepted, failure = send_and_keep(lesson, frames, intervention, self._bridge, self._store)
        if failure:
            return Outcome(say("lesson_not_kept", reason=failure), situation.task_id, forced=lesson.thought_should)
        self._store.add_intervention(intervention, situation.episode_id)
        note_recent(self._store, intervention.instruction)
        said = say("corrected_subtask", subtask=dictated) if dictated and str(errand) == situation.instruction \
            else say("corrected", task=errand)  # fmt: skip
        if accepted.state == "stopped":
            said = f"{said} {say('status_stopped')}"
        return Outcome(said, situation.task_id, lesson.id, lesson.thought_should)

    def _vague(self, spoken: Spoken) -> Outcome:
        """ "No" and nothing else: hold still until the person has said what instead. "This one" needs a point."""
        if spoken.item.verb in ("put", "pick_up") and shows(spoken.words):
            return Outcome(say("asks_to_point"), spoken.situation.task_id, ok=False)
        self.send("pause", spoken.words, spoken.by, spoken.situation)
        return Outcome(say("asks_instead"), spoken.situation.task_id, ok=False)

    def _nudge(self, spoken: Spoken) -> Outcome:
        status = spoken.situation.status
        if status is not None and status.state == "takeover" and spoken.item.direction == "open":  # "release"
            return self.steer("release", spoken.words, spoken.by, spoken.situation)
        fields = nudge_fields(spoken.item, status.pace if status else 1.0)
        if fields is None:
            return Outcome(say("not_yet", what=spoken.words), ok=False)
        sent = self.send("nudge", spoken.words, spoken.by, spoken.situation, **fields)
        failure = self._keep_nudge(spoken, sent.id) if spoken.situation.busy else ""
        if failure:
            return Outcome(say("lesson_not_kept", reason=failure), spoken.situation.task_id)
        return Outcome(told(spoken.item, fields), spoken.situation.task_id, sent.id if spoken.situation.busy else "")

    def _keep_nudge(self, spoken: Spoken, nudge_id: str) -> str:
        """Nothing is said before this is on the disk; why it is not, where that failed."""
        situation, frames = spoken.situation, self._frames_around()
        rules = notes_in_force(self._store, situation.instruction, situation.task_id)
        try:
            self._store.add_correction(draft_nudge(spoken.words, spoken.by, nudge_id, situation,
                                                   self._episodes.home_id(), frames, rules), frames)  # fmt: skip
        except StoreError as error:
            return str(error)
        return ""

    def send(self, kind: InterventionKind, words: str, by: str, situation: Situation, instruction: str = "",
              **fields: Any) -> Accepted:  # fmt: skip
        intervention = Intervention(id=new_id(), kind=kind, text=words, instruction=instruction, by=by,
                                    time_s=time.monotonic(), **fields)  # fmt: skip
        accepted = self._bridge.send(intervention)
        self._store.add_intervention(intervention, situation.episode_id)
        return accepted

    def _mark_undone(self, situation: Situation) -> None:
        latest = self._store.corrections(limit=1)
        if latest and latest[0].outcome == "open" and latest[0].episode_id == situation.episode_id:
            self._store.set_outcome(latest[0].id, "undone", by="person")
