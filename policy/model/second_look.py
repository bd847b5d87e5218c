"""Whether a thought calls its thing by the right name, where the instruction names none ("clear the counter").

The name is the first thing that a thought says, and the next thought reads it: a wrong one stays. Two things are known
better than the words know them. What is held keeps the name under which it was picked up, since a hand hides what it
holds. And what stands in the open is called as the scene head sees it, when it sees it clearly: also where the thought
says that all is done. Nor is it, as long as something is clearly seen on the counter.
"""

from __future__ import annotations

import re

from torch import Tensor

from policy.model.scene import LIKELY, Sight
from robot_bridge.protocol.thought import Where

_THING = re.compile(
    r"^reason: (?:nothing is in the \w+ hand, )?the (?P<name>\w+ \w+) is (?P<held>in the (?:left|right) hand\b)?"
)
_SUBTASK = re.compile(r"^subtask: (?P<verb>pick up|put) the (?P<name>\w+ \w+)", re.MULTILINE)
_WHERE = re.compile(r"^where: (?P<place>.+)$", re.MULTILINE)
_WAITS = re.compile(r"^reason: the \w+ \w+ is on the counter and goes ")
_DONE = re.compile(r"^subtask: done$", re.MULTILINE)
_BEFORE = re.compile(r"^(?P<verb>pick up|put) the (?P<name>\w+ \w+)")
_CLEAR = 0.97  # presence of the likeliest class at a place
_RIVAL = 0.7  # a name whose class is less present than this share of it does not stand


class SecondLook:
    """Args: sight: of the camera whose picture tokens come first."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._rows = {name: row for row, name in enumerate(sight.names)}

    def needed(self, instruction: str) -> bool:
        """Whether a thought under this instruction has to find the name of its thing."""
        return not self._sight.names_thing(instruction)

    def thing_of(self, text: str) -> str:
        """The name of what a thought is about; empty where it has none."""
        said = _THING.match(text)
        return said["name"] if said else ""

    def standing(self, tokens: Tensor, instruction: str) -> list[str]:
        """Names of what still stands on the counter and may have to be put away, the clearest first.

        Args:
            tokens: Tensor[patches, width] of the first camera.
        """
        return self._sight.standing(tokens, instruction)

    def says_done(self, text: str) -> bool:
        """Whether a thought says that all is done."""
        return _DONE.search(text) is not None

    def waits(self, text: str) -> bool:
        """Whether the thing of a thought stands on the counter and is to go elsewhere."""
        return _WAITS.match(text) is not None

    def opening(self, text: str, doing: str, tokens: Tensor, pointed: tuple[float, float] | None = None) -> str:
        """How the thought is to begin instead, up to the first name that is wrong; empty where all names stand.

        Args:
            text: of the thought; doing: the subtask of the thought before.
            tokens: Tensor[patches, width] of the first camera; pointed: row and column, as fractions of the picture,
                of what is most likely still to be done.
        """
        said, subtask, where = _THING.match(text), _SUBTASK.search(text), _WHERE.search(text)
        if pointed is not None and said is None and self.says_done(text):
            return self._left(doing, self._sight.around(tokens, *pointed))
        if said is None or subtask is None:
            return ""
        before = _BEFORE.match(doing)
        right = said["name"]
        if said["held"]:
            right = before["name"] if before else right
        elif subtask["verb"] == "pick up" and where:
            place = Where.parse(where["place"])
            picking = before["name"] if before and before["verb"] == "pick up" else ""
            right = self._seen(self._sight.around(tokens, place.y, place.x), right, picking)
        wrong = next((found for found in (said, subtask) if found["name"] != right), None)
        return text[: wrong.start("name")] + right if wrong else ""

    def _left(self, doing: str, presence: Tensor) -> str:
        """What is left to do although the thought says that all is done; what was just put away is not."""
        name, before = self._sight.names[int(presence.argmax())], _BEFORE.match(doing)
        another = before is None or before["name"] != name
        return f"reason: the {name}" if another and float(presence.max()) >= _CLEAR else ""

    def _seen(self, presence: Tensor, said: str, picking: str) -> str:
        """The name of what stands in the open; a hand on its way covers more and more of it, so that what was being
        picked up stays what it was unless that is plainly wrong."""
        likeliest, best = self._sight.names[int(presence.argmax())], float(presence.max())
        name = picking if picking in self._rows else said
        stands = name in self._rows and float(presence[self._rows[name]]) >= _RIVAL * best
        clear = best >= (_CLEAR if picking else LIKELY)
        return likeliest if clear and not stands else name
