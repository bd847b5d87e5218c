"""A point in the picture together with words: which thing is meant by "this one"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from coach.interpreter.items import Item, Object
from coach.session.errand import KINDS, Errand
from robot_bridge.protocol.thought import Where

if TYPE_CHECKING:
    from robot_bridge.protocol.messages import Observation

# A patch of a picture around the point, as a fraction of its height: a cup is a tenth of it.
PATCH = 0.02
_DEICTIC = re.compile(r"\b(?:this|that|these|those|it|here|there)\b")
_SHOWS = re.compile(r"\b(?:this|these|here|there)\b")
_HERE = re.compile(r"\b(?:here|there)\b")
_ANY = re.compile(r"\b(?:this|that)(?: one| thing| here)?\b")


@dataclass(frozen=True)
class Pointed:
    """Args: colour: of the thing at the point, as a word; empty where it has none that a thing is called by."""

    where: Where
    colour: str = ""


def pointed(where: Where | None, frames: Sequence[Observation]) -> Pointed | None:
    """The point with the colour of what is there in the newest picture."""
    if where is None:
        return None
    picture = frames[-1].images.get(where.camera) if frames else None
    return Pointed(where, colour_at(picture, where) if picture is not None else "")


def colour_at(picture: np.ndarray, where: Where) -> str:
    """The word for the colour around a point of uint8[height, width, 3]; empty for grey and for brown."""
    height, width = picture.shape[:2]
    reach = max(1, round(PATCH * height))
    row, column = int(where.y * height), int(where.x * width)
    patch = picture[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    words = [_word(pixel) for pixel in patch.reshape(-1, 3).astype(np.float64) / 255.0]
    named = [word for word in words if word]
    best = max(set(named), key=named.count, default="")
    return best if 3 * named.count(best) >= len(words) else ""


def _word(pixel: np.ndarray) -> str:
    high, low = float(pixel.max()), float(pixel.min())
    if high < 0.2:
        return ""
    strength = (high - low) / high
    if strength < 0.12:
        return "white" if high > 0.75 else ""
    if strength < 0.45:
        return ""
    red, green, blue = pixel.tolist()
    if high == red:
        hue = 60.0 * (green - blue) / (high - low)
    elif high == green:
        hue = 120.0 + 60.0 * (blue - red) / (high - low)
    else:
        hue = 240.0 + 60.0 * (red - green) / (high - low)
    spans = (("red", -30.0, 22.0), ("yellow", 38.0, 70.0), ("green", 80.0, 165.0), ("blue", 195.0, 265.0))
    return next((word for word, least, most in spans if least <= hue < most), "")


def shows(words: str) -> bool:
    """Whether words that were said without a point need one: "pick up this one", "put it here"."""
    return _SHOWS.search(words.lower()) is not None


def is_about_place(words: str, items: Sequence[Item], point: Pointed | None) -> bool:
    """`put it here`, and no other place is named."""
    plain = words.lower()
    return point is not None and bool(_HERE.search(plain)) and not any(item.place or item.object for item in items)


def with_point(
    words: str, items: Sequence[Item], point: Pointed, errand: Errand | None, waiting: Item | None
) -> list[Item]:
    """The items with the thing that was pointed at filled in.

    Args:
        errand: what is being done; the kind of its thing is meant where none is named.
        waiting: what waits for an answer.
    """
    plain = words.lower()
    filled = [_filled(item, point) for item in items]
    asks_nothing = all(
        item.kind in ("answer", "unknown", "correction", "chatter") and not _says(item) for item in items
    )
    if asks_nothing and _ANY.search(plain):
        kind = _kind(waiting.object.name if waiting and waiting.object else "", errand)
        if waiting is not None:
            return [msgspec.structs.replace(waiting, object=Object(name=kind, color=point.colour))]
        if errand is not None:
            return [Item(kind="correction", object=Object(name=kind, color=point.colour))]
        return [Item(kind="task", verb="pick_up", object=Object(color=point.colour))]
    return filled


def _kind(name: str, errand: Errand | None) -> str:
    last = errand.thing.split()[-1] if errand else ""
    return name or (last if last in KINDS else "")


def _filled(item: Item, point: Pointed) -> Item:
    """A thing without a colour gets the one at the point; so does "this", which has no name either."""
    if item.kind not in ("task", "correction") or (item.object and item.object.color):
        return item
    if item.object is None and (item.kind == "correction" or item.verb not in ("put", "pick_up")):
        return item
    name = item.object.name if item.object else ""
    return msgspec.structs.replace(item, object=Object(name="" if name == "one" else name, color=point.colour))


def _says(item: Item) -> bool:
    return bool(item.verb or item.object or item.place or item.instead_of)
