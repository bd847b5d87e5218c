"""The grammar of a thought: what the model writes before it acts, and what a person may write in its place.

A thought is four lines of plain text; `hand` and `where` may be missing:

    reason: the red cup is on the counter
    subtask: pick up the red cup
    hand: left
    where: base <loc0412><loc0633>

`where` names a camera and a point in its picture as two location tokens, row then column, each a
thousandth-and-a-bit (1/1024) of the picture's height and width. The tokens are PaliGemma's
(arXiv 2407.07726, section 3.2.3), so that a published tokenizer knows them.
"""

from __future__ import annotations

import re

import msgspec

from robot_bridge.protocol.errors import ProtocolError

LOCATION_BINS = 1024
KEYS = ("reason", "subtask", "hand", "where")
ASK = "ask"
DONE = "done"
_ERRAND = re.compile(r"(?:^|, )the (?P<thing>[^,]+?) is (?:in|on) the .+ and goes (?P<place>(?:in|on) the .+)$")
_WHERE = re.compile(r"^(?P<camera>\w+) ?<loc(?P<row>\d{4})> ?<loc(?P<column>\d{4})>$")


class Where(msgspec.Struct, frozen=True):
    """A point in a camera's picture.

    Args:
        camera: name of the camera, as in the embodiment file.
        x: column as a fraction of the picture's width, 0 ≤ x < 1, from the left.
        y: row as a fraction of the picture's height, 0 ≤ y < 1, from the top.
    """

    camera: str
    x: float
    y: float

    def __str__(self) -> str:
        row, column = (min(LOCATION_BINS - 1, max(0, int(v * LOCATION_BINS))) for v in (self.y, self.x))
        return f"{self.camera} <loc{row:04d}><loc{column:04d}>"

    @classmethod
    def parse(cls, text: str) -> Where:
        """The centre of the named location bin.

        Raises:
            ProtocolError: the text is not `camera <locRRRR><locCCCC>`.
        """
        match = _WHERE.match(text.strip())
        if match is None or max(int(match["row"]), int(match["column"])) >= LOCATION_BINS:
            raise ProtocolError(f"'{text}' is not a place in a picture", "camera <loc0000><loc1023>, row then column")
        row, column = ((int(match[k]) + 0.5) / LOCATION_BINS for k in ("row", "column"))
        return cls(camera=match["camera"], x=column, y=row)


class Thought(msgspec.Struct, frozen=True, kw_only=True):
    """A thought, taken apart; `str()` puts it together again.

    Args:
        reason: why this subtask, from what is seen.
        subtask: what the arms do next; `done`, or `ask …` when a person must help.
        hand: `left`, `right` or empty.
        where: the point that the subtask is about, if any.
        source: who wrote it.
        confidence: geometric mean of the token probabilities, 0 to 1; None where a person wrote it.
        certainty: how likely the subtask is right, 0 to 1, measured on other scenes; None where nobody measured.
    """

    reason: str = ""
    subtask: str = ""
    hand: str = ""
    where: Where | None = None
    source: str = "model"
    confidence: float | None = None
    certainty: float | None = None

    def __str__(self) -> str:
        lines = [("reason", self.reason), ("subtask", self.subtask), ("hand", self.hand)]
        lines.append(("where", str(self.where) if self.where else ""))
        return "\n".join(f"{key}: {value}" for key, value in lines if value)

    @property
    def is_done(self) -> bool:
        return self.subtask == DONE

    @property
    def is_question(self) -> bool:
        return self.subtask.split(" ", 1)[0] == ASK

    @property
    def rests(self) -> bool:
        """Whether nothing moves under it: it is done, or asks."""
        return self.is_done or self.is_question

    @property
    def thing(self) -> str:
        """`red cup`, where the reason says that it goes somewhere; else empty."""
        found = _ERRAND.search(self.reason)
        return found["thing"] if found else ""

    @property
    def errand(self) -> str:
        """`put the red cup in the sink` or `pick up the red cup`, where the reason says that this is what it is about;
        else empty."""
        found = _ERRAND.search(self.reason)
        if found is None:
            return ""
        picked = found["place"] == "in the hand"
        return f"pick up the {found['thing']}" if picked else f"put the {found['thing']} {found['place']}"

    @classmethod
    def parse(cls, text: str, source: str = "model", confidence: float | None = None,
              certainty: float | None = None) -> Thought:  # fmt: skip
        """Read a whole thought.

        Raises:
            ProtocolError: a line has no known key, a key comes twice, or there is no subtask.
        """
        fields: dict[str, str] = {}
        for line in filter(None, (raw.strip() for raw in text.splitlines())):
            key, colon, value = line.partition(":")
            if not colon or key not in KEYS or key in fields:
                raise ProtocolError(f"'{line}' is not a line of a thought", "one line each of " + ", ".join(KEYS))
            fields[key] = value.strip()
        if not fields.get("subtask"):
            raise ProtocolError("a thought needs a line 'subtask: …'")
        place = fields.pop("where", "")
        where = Where.parse(place) if place else None
        return cls(**fields, where=where, source=source, confidence=confidence, certainty=certainty)


def errand_of(text: str) -> str:
    """`put the red cup in the sink` of the text of a thought that is on its way there; else empty."""
    try:
        return Thought.parse(text).errand
    except ProtocolError:
        return ""
