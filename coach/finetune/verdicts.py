"""Where people said that things go, to be held against what the base data says of the same."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from coach.session.errand import errand_said
from robot_bridge.arms.kitchen.places import PLACES, in_place
from robot_bridge.arms.kitchen.wordings import CHORE_WORDINGS
from robot_bridge.protocol.thought import Thought

_JOB_OF = {words: job for job, wordings in CHORE_WORDINGS.items() for words in wordings}


class Verdicts:
    """Of lessons whose instruction leaves the place open, as `clear the counter` does.

    Args:
        taught: (instruction, thought) of each lesson.
    """

    def __init__(self, taught: Iterable[tuple[str, str]]) -> None:
        self._places: dict[tuple[str, str], set[str]] = {}
        for instruction, thought in taught:
            errand = errand_said(thought)
            if errand is not None and errand.place and not _names(instruction, errand.place):
                self._places.setdefault(_key(instruction, errand.thing), set()).add(errand.place)

    def corrected(self, instruction: str, thought: str) -> str | None:
        """The thought, or what it should be instead: a thing that waits on the counter, or is held, goes where all
        lessons on its kind, of whatever colour, had it go; of what is held only the reason is known. None where they
        disagree, or it is too late for that.

        Args:
            instruction: as for `contradict`.
        """
        if not self.contradict(instruction, thought):
            return thought
        errand = errand_said(thought)
        assert errand is not None, "what is contradicted says where something goes"
        places = self._places[_key(instruction.partition("\n")[0], errand.thing)]
        place = next(iter(places)).rpartition(" the ")[2]
        if len(places) > 1 or place not in PLACES:
            return None
        meant = Thought.parse(thought)
        at = meant.reason.rpartition(f" and goes {errand.place}")[0]
        reason = f"{at} and goes {in_place(place)}"
        if at.endswith(" is on the counter"):
            return str(msgspec.structs.replace(meant, reason=reason, hand=PLACES[place].hand))
        return f"reason: {reason}\n" if at.endswith(" hand") else None

    def contradict(self, instruction: str, thought: str) -> bool:
        """Whether lessons on the same job have things of this kind go elsewhere.

        Args:
            instruction: with the notes of the home on the lines after it; what those settle, no lesson contradicts.
        """
        errand = errand_said(thought)
        if errand is None or not errand.place:
            return False
        words, *notes = instruction.split("\n")
        places = self._places.get(_key(words, errand.thing), set())
        settled = any(_names(note, errand.place) and errand.thing.split()[-1] in note for note in notes)
        return bool(places) and errand.place not in places and not settled


def _key(instruction: str, thing: str) -> tuple[str, str]:
    """What is asked, in whatever words, and of which kind of thing."""
    return _JOB_OF.get(instruction, instruction), thing.split()[-1]


def _names(words: str, place: str) -> bool:
    return place.split(" the ")[-1] in words
