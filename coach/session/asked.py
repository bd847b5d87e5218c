"""What the robot has asked by itself – it is not sure, or nothing worked – and what the answer teaches it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from coach.session.lessons import as_intervention, draft_agreed, send_and_keep
from coach.session.offers import says_yes
from coach.session.outcomes import Outcome
from coach.session.pending import keep_pending
from coach.session.rules_in_force import ask_about_rule
from coach.session.wording import sentence
from prompts import say

if TYPE_CHECKING:
    from coach.interpreter.items import Item
    from coach.session.outcomes import Spoken
    from memory.store import Store
    from robot_bridge.client import BridgeClient
    from robot_bridge.protocol.messages import Event, Observation

STATE_KEY = "robot_asked"
DOUBTS = ("unsure", "tries")  # why the bridge says that it asks, where the answer is a lesson


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Args: why: one of `DOUBTS`; subtask: what it was about to do."""

    task_id: str
    why: str
    subtask: str


def note_question(store: Store, event: Event) -> str:
    """Keep what the bridge asks until it is answered, across a crash; what the robot says."""
    subtask, why = str(event.data.get("subtask", "")), str(event.data.get("why", ""))
    store.set_state(STATE_KEY, msgspec.to_builtins(Asked(task_id=event.task_id, why=why, subtask=subtask)))
    return say("asks_whether", subtask=subtask) if why == "unsure" else sentence(event.text)


def open_question(store: Store, task_id: str) -> Asked | None:
    """What was asked in this task, and not answered yet."""
    try:
        asked = msgspec.convert(store.get_state(STATE_KEY), Asked | None)
    except msgspec.ValidationError:  # written by another release
        return None
    return asked if asked is not None and task_id and asked.task_id == task_id else None


def answered(store: Store) -> None:
    store.set_state(STATE_KEY, None)


def forget_questions(store: Store) -> None:
    """What was asked was about a task that is gone."""
    answered(store)
    keep_pending(store, None)
    ask_about_rule(store, None)


def agrees(asked: Asked | None, words: str) -> bool:
    """Whether these words tell the robot to do what it was not sure about."""
    return asked is not None and asked.why == "unsure" and says_yes(words)


def as_lesson(asked: Asked | None, items: Sequence[Item]) -> tuple[Item, ...]:
    """Something else to do, said in answer, corrects the task in hand and is no task of its own."""
    if asked is None:
        return tuple(items)
    return tuple(msgspec.structs.replace(item, kind="correction") if item.kind == "task" else item for item in items)


def agree(spoken: Spoken, store: Store, bridge: BridgeClient, home: str, frames: Sequence[Observation]) -> Outcome:
    """The thought was right: that is a lesson too, and the robot goes on with it.

    Raises:
        CoachError: it did not reach the arms.
    """
    lesson = draft_agreed(spoken.words, spoken.by, spoken.situation, home, frames)
    intervention, task_id = as_intervention(lesson), spoken.situation.task_id
    _, failure = send_and_keep(lesson, frames, intervention, bridge, store)
    if failure:
        return Outcome(say("lesson_not_kept", reason="the memory cannot be written"), task_id)
    store.add_intervention(intervention, spoken.situation.episode_id)
    subtask = spoken.situation.thought.subtask if spoken.situation.thought else ""
    return Outcome(say("agreed", subtask=subtask), task_id, lesson.id, lesson.thought_should)
