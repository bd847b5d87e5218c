"""How often the pictures of one request are copied between two processes of one machine: counted, not claimed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np

from coach.bench.wire_payload import PROMPT, payload
from robot_bridge.protocol.codec import Codec, Part
from robot_bridge.protocol.messages import ActRequest, Context, Observation
from robot_bridge.protocol.shared_frames import FrameReader, FrameWriter
from robot_bridge.protocol.thought import Thought


def copies(size: str) -> float:
    """Bytes of pictures that were written anew on the way from the sender's array to the policy's, ÷ their bytes."""
    sent = payload(size)
    seen = Observation(sequence=1, time_s=0.0, state=sent.state, images=sent.images)
    request = ActRequest(request_id=1, observation=seen, context=Context(instruction=PROMPT),
                         thought=Thought(subtask="wait"))  # fmt: skip
    with contextlib.closing(FrameWriter()) as writer, contextlib.closing(FrameReader()) as reader:
        parts = Codec().encode(request)
        unpacked = reader.unpack(writer.pack(parts))
        arrived = Codec().decode(unpacked)
        assert isinstance(arrived, ActRequest)
        copied = writer.copied_bytes + reader.copied_bytes - 2 * sent.state.nbytes
        for name, picture in sent.images.items():
            received = arrived.observation.images[name]
            copied += _anew(picture, parts) + _anew(received, unpacked)
            assert np.array_equal(picture, received)
        return copied / sum(picture.nbytes for picture in sent.images.values())


def _anew(array: np.ndarray, parts: Sequence[Part]) -> int:
    """Bytes of an array that is none of these parts, and so was copied into or out of them."""
    there = any(len(part) and np.shares_memory(np.frombuffer(part, np.uint8), array) for part in parts[1:])
    return 0 if there else array.nbytes
