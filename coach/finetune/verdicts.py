"""Where people said that things go, to be held against what the base data says of the same.

Lessons on one kind of thing may disagree because somebody misspoke, or because the things differed: a clean plate goes
in the rack, one that was dropped in the sink. Where what was said of dirty things and of clean ones differs, dirt
decides; and then a lesson on a dirty cup alone says nothing of clean cups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from coach.session.errand import errand_said
from robot_bridge.arms.kitchen.objects import KINDS
from robot_bridge.arms.kitchen.places import PLACES, in_place
from robot_bridge.arms.kitchen.wordings import CHORE_WORDINGS
from robot_bridge.protocol.thought import Thought

Dirty = Callable[[], bool | None]  # asked only where it decides; None: nobody can tell

_JOB_OF = {words: job for job, wordings in CHORE_WORDINGS.items() for words in wordings}
_MOST = 0.75  # share of the lessons that must agree
_ASKED = 200  # lessons on one kind whose dirt is looked at, the newest


def unknown() -> None:
    """Whether it is dirty: nobody can tell."""
    return


@dataclass(frozen=True)
class Taught:
    """A lesson. Args: dirty: whether its thing was."""

    instruction: str
    thought: str
    dirty: Dirty = unknown


class Verdicts:
    """Of lessons whose instruction leaves the place open, as `clear the counter` does.

    Args:
        taught: the newest first.
    """

    def __init__(self, taught: Iterable[Taught]) -> None:
        said: dict[tuple[str, str], list[tuple[str, Dirty]]] = {}
        for lesson in taught:
            errand = errand_said(lesson.thought)
            if errand is not None and errand.place and not _names(lesson.instruction, errand.place):
                said.setdefault(_key(lesson.instruction, errand.thing), []).append((errand.place, lesson.dirty))
        self._goals = {key: _Goal(places) for key, places in said.items()}
        by_dirt = {job for (job, _), goal in self._goals.items() if goal.dirt_decides}
        for (job, kind), goal in self._goals.items():
            if job in by_dirt and kind in KINDS and KINDS[kind].dish:
                goal.heed_dirt()

    def corrected(self, instruction: str, thought: str, dirty: Dirty = unknown) -> str | None:
        """The thought, or what it should be instead: a thing that waits on the counter, or is held, goes where the
        lessons on its kind, of whatever colour, had it go; of what is held only the reason is known. None where they
        disagree, or it is too late for that.

        Args:
            instruction: as for `contradict`.
        """
        if not self.contradict(instruction, thought, dirty):
            return thought
        errand = errand_said(thought)
        assert errand is not None, "what is contradicted says where something goes"
        places = self._goals[_key(instruction.partition("\n")[0], errand.thing)].places(dirty)
        place = next(iter(places)).rpartition(" the ")[2]
        if len(places) > 1 or place not in PLACES:
            return None
        meant = Thought.parse(thought)
        at = meant.reason.rpartition(f" and goes {errand.place}")[0]
        reason = f"{at} and goes {in_place(place)}"
        if at.endswith(" is on the counter"):
            return str(msgspec.structs.replace(meant, reason=reason, hand=PLACES[place].hand))
        return f"reason: {reason}\n" if at.endswith(" hand") else None

    def contradict(self, instruction: str, thought: str, dirty: Dirty = unknown) -> bool:
        """Whether lessons on the same job have things of this kind go elsewhere.

        Args:
            instruction: with the notes of the home on the lines after it; what those settle, no lesson contradicts.
        """
        errand = errand_said(thought)
        if errand is None or not errand.place:
            return False
        words, *notes = instruction.split("\n")
        goal = self._goals.get(_key(words, errand.thing))
        if goal is None or any(_names(note, errand.place) and errand.thing.split()[-1] in note for note in notes):
            return False
        places = goal.places(dirty)
        return bool(places) and errand.place not in places


class _Goal:
    """Where one kind of thing goes in one job, by the lessons on it."""

    def __init__(self, said: list[tuple[str, Dirty]]) -> None:
        self._said = said
        self._everywhere = _agreed(Counter(place for place, _ in said))
        self._by_dirt: dict[bool, frozenset[str]] = {}
        if len({place for place, _ in said}) > 1:
            each = self._each()
            if each[False] != each[True] and all(len(places) == 1 for places in each.values()):
                self._by_dirt = each

    @property
    def dirt_decides(self) -> bool:
        return bool(self._by_dirt)

    def heed_dirt(self) -> None:
        """Dirt decides about other kinds: what was said of dirty ones alone, or of clean ones, holds for them alone."""
        each = self._each()
        if not self._by_dirt and bool(each[False]) != bool(each[True]):
            self._by_dirt = each

    def places(self, dirty: Dirty) -> frozenset[str]:
        """One where it is settled, else all that were named; none where nothing was said of such a thing."""
        if not self._by_dirt:
            return self._everywhere
        state = dirty()
        if state is not None:
            return self._by_dirt[state]
        return self._by_dirt[False] | self._by_dirt[True] if all(self._by_dirt.values()) else frozenset()

    def _each(self) -> dict[bool, frozenset[str]]:
        """What was said of clean ones and of dirty ones."""
        seen = [(place, dirty()) for place, dirty in self._said[:_ASKED]]
        return {state: _agreed(Counter(place for place, of in seen if of is state)) for state in (False, True)}


def _agreed(places: Counter[str]) -> frozenset[str]:
    """The place that most were for, or all of them."""
    most = places.most_common(1)
    settled = bool(most) and most[0][1] >= _MOST * places.total()
    return frozenset(place for place, _ in (most if settled else places.items()))


def _key(instruction: str, thing: str) -> tuple[str, str]:
    """What is asked, in whatever words, and of which kind of thing."""
    return _JOB_OF.get(instruction, instruction), thing.split()[-1]


def _names(words: str, place: str) -> bool:
    return place.split(" the ")[-1] in words
