"""A second look by the model: the recorded frames are thought about again, and where that gives another thought than
the one that was acted on, or the one acted on was doubtful, the new one is suggested.

What it finds is kept in the memory, so that it is looked for once; nothing is learnt from it before a person accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import msgspec

from coach.review.recording import Recording
from coach.review.suggestion import Suggestion
from memory.records import ThoughtRecord
from memory.store import Store
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import Thought

EVERY_S = 0.5
DOUBTFUL = 0.8  # a confidence below this is told
TWICE = 2  # looks in a row that must agree: one alone may be chance
Think = Callable[[Observation, Context], Thought]


@dataclass(frozen=True)
class _Look:
    """One frame, thought about again. `was`: the thought that was in force."""

    time_s: float
    thought: Thought
    was: ThoughtRecord

    @property
    def step(self) -> tuple[str, str]:
        return self.thought.reason, self.thought.subtask


def look_again(recording: Recording, think: Think, progress: Callable[[int, int], None]) -> list[Suggestion]:
    """Think about a frame every half second.

    Args:
        think: asks the policy.
        progress: told how many frames of how many are done.

    Raises:
        CoachError: the policy cannot be asked at all.
    """
    numbers = list(_chosen(recording))
    looks: list[_Look] = []
    failure: CoachError | None = None
    for done, number in enumerate(numbers):
        progress(done, len(numbers))
        now = recording.instant(number)
        if now.thought is None:
            continue
        try:
            context = Context(instruction=recording.instruction_at(now.frame.time_s))
            looks.append(_Look(now.frame.time_s, think(now.frame.observation(), context), now.thought))
        except CoachError as error:
            failure = error
    if failure is not None and not looks:
        raise failure
    return [_suggested(run) for run in _runs(looks) if len(run) >= TWICE]


def keep(store: Store, recording: Recording, found: list[Suggestion]) -> None:
    """They wait in the memory for a person."""
    store.set_state(_key(recording), msgspec.to_builtins(found))


def kept(store: Store, recording: Recording) -> list[Suggestion]:
    """What an earlier second look has found."""
    try:
        return msgspec.convert(store.get_state(_key(recording), []), list[Suggestion])
    except msgspec.ValidationError:
        return []  # kept by another release, see `is_outdated`


def is_outdated(store: Store, recording: Recording) -> bool:
    """What an earlier second look has found is there in a form that is not understood."""
    return bool(store.get_state(_key(recording), [])) and not kept(store, recording)


def _chosen(recording: Recording) -> Iterator[int]:
    next_s = float("-inf")
    for number, time_s in enumerate(recording.times):
        if time_s >= next_s:
            next_s = time_s + EVERY_S
            yield number


def _runs(looks: list[_Look]) -> Iterator[list[_Look]]:
    """Looks in a row that give the same other thought than the one acted on."""
    for (step, differs), run in groupby(looks, key=lambda look: (look.step, look.thought.subtask != look.was.subtask)):
        if differs and step[1]:
            yield list(run)


def _suggested(run: list[_Look]) -> Suggestion:
    first, last = run[0], run[-1]
    sure = [look.thought.confidence for look in run if look.thought.confidence is not None]
    doubt = [look.was.confidence for look in run if look.was.confidence is not None]
    why = f'on a second look the model thinks of "{first.thought.subtask}" instead of "{first.was.subtask}"'
    if sure:
        why += f", {sum(sure) / len(sure):.0%} sure"
    if doubt and min(doubt) < DOUBTFUL:
        why += f"; at the time it was {min(doubt):.0%} sure"
    name = f"look-{first.time_s:.1f}-{last.time_s:.1f}"
    return Suggestion(name, first.time_s, last.time_s, str(first.thought), why)


def _key(recording: Recording) -> str:
    return f"review.look.{recording.episode.id}"
