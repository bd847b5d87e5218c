"""What came of the lessons of a task: where the things ended counts for more than what the robot believes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from coach.interpreter.chores import is_chore
from coach.session.errand import Errand, ended_elsewhere, errand_said, is_called, missing
from prompts import say

if TYPE_CHECKING:
    from memory.records import Correction
    from memory.store import Store
    from robot_bridge.protocol.messages import Event

MOST = 200  # lessons that one task has at most
GAVE_UP = ("tries", "time")  # why the bridge says that it asks, where all that was tried came to nothing


def judge_end(store: Store, episode_id: int | None, event: Event) -> str:
    """The robot takes its task for done: settle the outcome of its lessons.

    Args:
        event: with `things`, where each was seen in the end, if the arms can tell; a lesson of which nothing was seen
            is left.

    Returns:
        The outcome of the episode, `done` or `failed`; `done` where nobody saw, as the robot says.
    """
    instruction, things = str(event.data.get("instruction", "")), event.data.get("things") or {}
    lessons = _lessons(store, episode_id, "open", "failed")
    wanted = _wanted(lessons, instruction)
    sent = {intervention.id for intervention in store.interventions(episode_id)} if episode_id is not None else set()
    for lesson in lessons:
        errand = wanted.get(lesson.id)
        helped = lesson.id in sent and errand == errand_said(lesson.thought_should)  # it had asked for help with it
        if lesson.outcome == "open" or helped:
            _settle(store, lesson, errand, things)
    asked = [errand for errand in (Errand.parse(instruction), *wanted.values()) if errand is not None]
    return "failed" if any(ended_elsewhere(errand, things) for errand in asked) else "done"


def judge_question(store: Store, episode_id: int | None, event: Event) -> bool:
    """The robot asks a person: a lesson about what is not there is taken back, one that came to nothing has failed.

    Returns:
        Whether the robot has given up.
    """
    absent, gave_up = missing(str(event.data.get("reason", ""))), event.data.get("why") in GAVE_UP
    lessons = _lessons(store, episode_id, "open")
    for lesson in lessons:
        errand = errand_said(lesson.thought_should)
        if absent and errand is not None and is_called(errand.thing, absent):
            store.set_outcome(lesson.id, "retracted", reason=say("lesson_not_in_sight", object=absent))
        elif gave_up:
            store.set_outcome(lesson.id, "failed", reason=event.text)
    return gave_up


def _lessons(store: Store, episode_id: int | None, *outcomes: str) -> list[Correction]:
    """Those of an episode, the newest first."""
    if episode_id is None:
        return []
    return [one for one in store.corrections(MOST) if one.episode_id == episode_id and one.outcome in outcomes]


def _wanted(lessons: Sequence[Correction], instruction: str) -> dict[str, Errand]:
    """Lesson → where its thing was to be in the end: what was said last of a thing holds.

    A task about one thing says it itself, and counts for all that was said on the way.
    """
    whole = Errand.parse(instruction)
    if whole is not None or not is_chore(instruction):
        return {lesson.id: whole for lesson in lessons} if whole is not None else {}
    last: dict[str, Errand] = {}
    found = {}
    for lesson in lessons:
        errand = errand_said(lesson.thought_should)
        if errand is not None:
            found[lesson.id] = last.setdefault(errand.thing, errand)
    return found


def _settle(store: Store, lesson: Correction, errand: Errand | None, things: dict[str, Any]) -> None:
    if errand is not None and things and not any(is_called(name, errand.thing) for name in things):
        store.set_outcome(lesson.id, "retracted", reason=say("lesson_not_in_sight", object=errand.thing))
        return
    if errand is None or not things:  # nobody saw: what the robot believes of itself is no evidence
        if lesson.outcome == "open":
            store.set_outcome(lesson.id, "left")
        return
    elsewhere = ended_elsewhere(errand, things)
    if elsewhere is None:
        store.set_outcome(lesson.id, "followed")
        return
    name, place = elsewhere
    store.set_outcome(lesson.id, "failed", reason=say("lesson_ended_elsewhere", thing=name, place=place))
