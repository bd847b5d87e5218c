"""Messages that were right once: every kind of them, and the ways in which bytes go wrong on their way."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import get_args

import msgspec
import numpy as np

from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.messages import (
    ActionChunk,
    ActRequest,
    Context,
    Error,
    FloorRequest,
    HealthRequest,
    Heartbeat,
    Intervention,
    InterventionKind,
    Jog,
    Message,
    Observation,
    ReloadRequest,
    StatusRequest,
    ThinkRequest,
)
from robot_bridge.protocol.shared_frames import FrameWriter
from robot_bridge.protocol.thought import Thought, Where

Parts = list[bytes]
WRITER = FrameWriter()  # keeps the memory that two of the messages point into
EDGES: tuple[object, ...] = (
    None, True, -1, 0, 1 << 62, -(1 << 62), 1e308, float("nan"), float("inf"), "", "\0", "x" * 5000, "ä\u202e🦾", b"",
    b"\xff" * 40, [], [[]], [None] * 50, {}, {"part": 1}, {"dtype": "float32", "shape": [1 << 40], "part": 1},
    {"dtype": "object", "shape": [1], "part": 1}, {"dtype": "float32", "shape": [-1], "part": 1}, 0.0, -0.0,
)  # fmt: skip


def seeds() -> list[Parts]:
    """Right messages of every kind that a socket is sent, and some that it is not."""
    pictures = {"base": np.zeros((6, 8, 3), np.uint8), "left": np.ones((6, 8, 3), np.uint8)}
    seen = Observation(sequence=1, time_s=1.0, state=np.zeros(38, np.float32), images=pictures)
    context = Context(instruction="put the red cup in the sink", done=("a",), dialogue=("b",), notes=("c",))
    thought = Thought.parse("reason: it is there\nsubtask: pick up the red cup")
    messages: list[Message] = [
        ThinkRequest(request_id=1, observation=seen, context=context, forced="reason: x\n"),
        ActRequest(request_id=2, observation=seen, context=context, thought=thought),
        HealthRequest(request_id=3), ReloadRequest(request_id=4, checkpoint="x"), StatusRequest(),
        Heartbeat(who="fuzz", time_s=1.0), FloorRequest(by="fuzz", coach="x"),
        Jog(hand="left", direction=(1, 0, 0)), seen, Error(code="x", what="y"),
        ActionChunk(request_id=1, observation_sequence=1, observation_time_s=1.0, dt_s=0.1,
                    actions=np.zeros((5, 38), np.float32)),
    ]  # fmt: skip
    messages += [
        Intervention(id=kind, kind=kind, text="words", instruction="put the red cup in the sink",
                     forced="reason: the red cup is there\n", where=Where("base", 0.5, 0.5), offset=(0.1, 0.0, 0.0))
        for kind in get_args(InterventionKind)
    ]  # fmt: skip
    large = msgspec.structs.replace(seen, images={"base": np.ones((90, 90, 3), np.uint8)})
    shared = [
        WRITER.pack(Codec().encode(request))
        for request in (
            ThinkRequest(request_id=8, observation=large, context=context),
            ActRequest(request_id=9, observation=large, context=context, thought=thought),
        )
    ]
    compressed = [Codec().encode(request, jpeg_quality=80) for request in messages[:2]]
    plain = [Codec().encode(message) for message in messages]
    return [[bytes(part) for part in parts] for parts in [*shared, *compressed, *plain]]


def mutate(chance: random.Random, parts: Parts) -> Parts:
    """One to four things go wrong."""
    parts = list(parts)
    for _ in range(chance.randint(1, 4)):
        parts = chance.choice(WAYS)(chance, parts)
    return parts[:200]


def _flip(chance: random.Random, parts: Parts) -> Parts:
    index = chance.randrange(len(parts))
    changed = bytearray(parts[index] or b"\0")
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return [*parts[:index], bytes(changed), *parts[index + 1 :]]


def _cut(chance: random.Random, parts: Parts) -> Parts:
    index = chance.randrange(len(parts))
    return [*parts[:index], parts[index][: chance.randint(0, len(parts[index]))], *parts[index + 1 :]]


def _insert(chance: random.Random, parts: Parts) -> Parts:
    index = chance.randrange(len(parts))
    at = chance.randint(0, len(parts[index]))
    noise = chance.randbytes(chance.choice((1, 2, 7, 300)))
    return [*parts[:index], parts[index][:at] + noise + parts[index][at:], *parts[index + 1 :]]


def _lose_part(chance: random.Random, parts: Parts) -> Parts:
    index = chance.randrange(len(parts))
    return [*parts[:index], *parts[index + 1 :]] or [b""]


def _more_parts(chance: random.Random, parts: Parts) -> Parts:
    return [*parts, *[chance.randbytes(chance.randint(0, 40))] * chance.choice((1, 3, 30))]


def _shuffle(chance: random.Random, parts: Parts) -> Parts:
    return chance.sample(parts, len(parts))


def _noise(chance: random.Random, parts: Parts) -> Parts:
    return [chance.randbytes(chance.randint(0, 60)) for _ in range(chance.randint(1, 3))]


def _edge_value(chance: random.Random, parts: Parts) -> Parts:
    """A field of the header gets a value that it should not have, at any depth."""
    try:
        header = msgspec.msgpack.decode(parts[0])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return parts
    places: list[tuple[object, object]] = []
    _walk(header, places)
    if not places:
        return parts
    where, key = chance.choice(places)
    if chance.random() < 0.2 and isinstance(where, dict):
        del where[key]
    else:
        where[key] = chance.choice(EDGES)  # type: ignore[index]
    return [msgspec.msgpack.encode(header), *parts[1:]]


def _walk(value: object, places: list[tuple[object, object]]) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        places.append((value, key))
        _walk(inner, places)


WAYS: tuple[Callable[[random.Random, Parts], Parts], ...] = (
    _flip, _cut, _insert, _lose_part, _more_parts, _shuffle, _noise, _edge_value, _edge_value, _edge_value,
)  # fmt: skip
