"""What every message has, and what more than one conversation speaks of."""

from __future__ import annotations

import msgspec
import numpy as np

PROTOCOL_VERSION = 1
WIDTH = 38  # numbers in a state or action vector, the largest body


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag=True):
    """What all messages share.

    Args:
        version: of the protocol that it was written in.
        sent: number of the message, so that doubles and what comes too late can be told; 0 where it is not counted. Of
            what is published: which run of the bridge (high 31 bits, by chance) and a count. A bridge's answer bears
            the number of the request.
    """

    version: int = PROTOCOL_VERSION
    sent: int = 0


class Error(Message, frozen=True, kw_only=True):
    """A request failed. `request_id` is 0 where the request could not be read that far."""

    code: str
    what: str
    allowed: str = ""
    next_step: str = ""
    request_id: int = 0


class Observation(Message, frozen=True, kw_only=True):
    """What the robot senses at one instant.

    Args:
        sequence: counts up by one per observation of a bridge.
        state: float32[38], joint positions in the embodiment's units (rad, m), zero-padded.
        images: camera name → uint8[height, width, 3], RGB.
        takeover: id of the intervention by which a person moves the arms at this instant, else empty.
    """

    sequence: int
    time_s: float
    state: np.ndarray
    images: dict[str, np.ndarray]
    takeover: str = ""
