"""Labels that an episode suggests: its lessons, its end, what became of the things, a second look of the model.

None of them is a lesson before a person accepts it.
"""

from __future__ import annotations

from itertools import groupby
from typing import Literal

from coach.review.outcome_checks import outcome_suggestions
from coach.review.recording import Recording
from coach.review.second_look import kept
from coach.review.suggestion import Suggestion
from memory.records import REVIEW, Correction, ThoughtRecord
from memory.store import Store

Decision = Literal["accepted", "rejected"]
STEADY = 2  # thoughts alike on either side of one that is not
STUCK_S = 8.0  # longer than any subtask of a demonstration takes
Runs = list[list[ThoughtRecord]]  # thoughts of one reason and subtask after another
ASK = "subtask: ask for help"


def suggest(recording: Recording) -> list[Suggestion]:
    """What the recording suggests by itself, in the order of time."""
    runs = [list(run) for _, run in groupby(recording.thoughts, key=lambda t: (_reason(t.text), t.subtask))]
    found = [s for lesson in recording.lessons if (s := _earlier(runs, lesson.correction, lesson.start_s))]
    stuck = _stuck(recording, runs)
    every = [*found, *stuck, *_flickers(runs), *outcome_suggestions(recording)]
    return sorted(every, key=lambda suggestion: suggestion.start_s)


def undecided(store: Store, recording: Recording) -> list[Suggestion]:
    """Those that nobody has accepted or rejected yet, as far as there are pictures of them."""
    decided = store.get_state(_key(recording), {})
    every = sorted([*suggest(recording), *kept(store, recording)], key=lambda suggestion: suggestion.start_s)
    return [suggestion for suggestion in every if suggestion.id not in decided and _seen(recording, suggestion)]


def decide(
    store: Store, recording: Recording, suggestion: Suggestion, decision: Decision, by: str
) -> Correction | None:
    """Keep a person's decision; what is accepted becomes a lesson, before that is said, and is returned.

    Raises:
        UsageError: it is accepted, and its pictures are gone or its thought is none.
    """
    lesson = None
    if decision == "accepted":
        if not _seen(recording, suggestion):
            raise recording.gone()
        first, last = (recording.number_at(time_s) for time_s in (suggestion.start_s, suggestion.end_s))
        lesson = recording.label(first, last, suggestion.thought, by, f"accepted: {suggestion.why}")
    store.set_state(_key(recording), {**store.get_state(_key(recording), {}), suggestion.id: decision})
    return lesson


def undecide(store: Store, recording: Recording, suggestion_id: str) -> None:
    """It waits for a person again."""
    decided = store.get_state(_key(recording), {})
    store.set_state(_key(recording), {name: said for name, said in decided.items() if name != suggestion_id})


def _seen(recording: Recording, suggestion: Suggestion) -> bool:
    return recording.is_seen(suggestion.start_s) and recording.is_seen(suggestion.end_s)


def _earlier(runs: Runs, lesson: Correction, start_s: float) -> Suggestion | None:
    """The corrected thought was there for longer than the lesson reaches back."""
    if lesson.kind == REVIEW:
        return None
    wrong = next((run for run in runs if run[0].time_s <= start_s and run[0].text and _same(run, lesson)), None)
    if wrong is None or start_s - wrong[0].time_s < 0.5:
        return None
    right = lesson.thought_final or lesson.thought_should
    earlier_s = start_s - wrong[0].time_s
    return Suggestion(f"earlier-{lesson.id}", wrong[0].time_s, start_s, right,
                      f'it thought the same for {earlier_s:.1f} s before "{lesson.words}" put it right')  # fmt: skip


def _stuck(recording: Recording, runs: Runs) -> list[Suggestion]:
    """The task failed on one subtask that never ended."""
    if recording.episode.outcome != "failed" or not runs or runs[-1][0].subtask.startswith(("ask", "done")):
        return []
    last = runs[-1]
    tried_s = recording.times[-1] - last[0].time_s
    if tried_s < STUCK_S:
        return []
    why = f'the task failed after {tried_s:.0f} s of "{last[0].subtask}"'
    return [Suggestion(f"stuck-{last[0].id}", last[0].time_s + STUCK_S, recording.times[-1], ASK, why)]


def _flickers(runs: Runs) -> list[Suggestion]:
    """It disagreed with itself: one other thought between two stretches of the same."""
    found = []
    for before, odd, after in zip(runs, runs[1:], runs[2:], strict=False):
        steady = before[-1].subtask == after[0].subtask and len(before) >= STEADY and len(after) >= STEADY
        if not steady or len(odd) > 1 or odd[0].subtask == before[-1].subtask or odd[0].cause or after[0].cause:
            continue
        why = f'for {after[0].time_s - odd[0].time_s:.1f} s it thought of "{odd[0].subtask}" in between'
        found.append(Suggestion(f"flicker-{odd[0].id}", odd[0].time_s, after[0].time_s, before[-1].text, why))
    return found


def _same(run: list[ThoughtRecord], lesson: Correction) -> bool:
    return (_reason(run[0].text), run[0].subtask) == (_reason(lesson.thought_was), _line(lesson.thought_was, "subtask"))


def _reason(text: str) -> str:
    return _line(text, "reason")


def _line(text: str, key: str) -> str:
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(key + ":")), "")


def _key(recording: Recording) -> str:
    return f"review.{recording.episode.id}"
