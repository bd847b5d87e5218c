"""The course of an episode: what was thought in it, what people did meanwhile, and what it all came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coach.session.errand import Errand, ended_elsewhere, errand_said, is_called, place_said
from memory.lessons import thought_of
from memory.records import Correction, InterventionRecord, ThoughtRecord
from memory.store import Store

ENDS_AN_ERRAND = frozenset(("stop", "pause", "undo", "restart", "reset", "task", "correction", "takeover"))
EVENTS = 10_000  # of one episode, at most
END = "task_done"  # the event that says where things were seen in the end


class Course:
    """What is on record of one episode.

    Args:
        lessons: of this episode, also those that were taken back.
        stops: what people sent of which the memory does not know the episode.
    """

    def __init__(self, store: Store, episode_id: int, lessons: Sequence[Correction],
                 stops: Sequence[InterventionRecord]) -> None:  # fmt: skip
        self._lessons = sorted(lessons, key=lambda lesson: lesson.time_s)
        self.thoughts = store.thoughts(episode_id)
        told = {lesson.id for lesson in lessons}
        sent = [one for one in (*store.interventions(episode_id), *stops) if one.id not in told]
        self._sent_s = [one.wall_s for one in sent if one.kind in ENDS_AN_ERRAND]
        self._done = store.episode(episode_id).outcome == "done"
        ends = [event.data.get("things") or {} for event in store.events(episode_id, EVENTS) if event.code == END]
        self._things: Mapping[str, Mapping[str, Any]] = ends[-1] if ends else {}

    def next_lesson_s(self, lesson: Correction) -> float:
        """From when the next words of the episode hold, on the bridge's clock; infinity where there are none."""
        later = (one.time_s - one.label_start_s for one in self._lessons if one.time_s > lesson.time_s)
        return max(lesson.time_s, min(later, default=float("inf")))

    def came_off(self, put: int, seen: int, lesson: Correction) -> bool:
        """Whether what one thought was about to put away was where it belongs when another was thought.

        Args:
            put, seen: indices of the two in `thoughts`.
            lesson: under which it was put away, and which was followed.
        """
        errand = errand_said(self.thoughts[put].text)
        if errand is None or self._interrupted(self.thoughts[put], self.thoughts[seen]):
            return False
        for thought in self.thoughts[put + 1 :]:
            place = place_said(thought.text, errand.thing)
            if place:  # still in the hand, or dropped, is not put away
                return place == errand.place
        return self._ended_well(errand, lesson)

    def _interrupted(self, put: ThoughtRecord, seen: ThoughtRecord) -> bool:
        """Whether people said or did something between the two."""
        spoken = any(put.time_s < one.time_s and one.time_s - one.label_start_s <= seen.time_s
                     for one in self._lessons)  # fmt: skip
        return spoken or any(put.wall_s < at_s <= seen.wall_s for at_s in self._sent_s)

    def _ended_well(self, errand: Errand, lesson: Correction) -> bool:
        """What is on record of the end: where things were seen, else what became of the lesson or of the task."""
        if any(is_called(name, errand.thing) for name in self._things):
            return ended_elsewhere(errand, self._things) is None
        return self._done or errand == errand_said(thought_of(lesson))
