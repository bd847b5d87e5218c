"""Errors of the whole project, one tree.

CoachError                    what failed, what is allowed, what to do next
├── ConfigError               a configuration, body or prompt file is wrong
├── ProtocolError             bytes from a socket are not a message of ours
│   ├── VersionError          the peer speaks another version
│   ├── FramesError           shared pictures cannot be reached, or were overwritten
│   └── SizeError             a message is larger than the receiver allows
├── EmbodimentError           a vector does not fit the body it is meant for
├── UnreachableError          a peer did not answer before its deadline
├── CheckpointError           a checkpoint cannot be loaded
├── StoreError                the memory file cannot be used
├── AccessError               a key is not allowed to do that
│   └── FloorError            another coach has the floor
└── UsageError                a command or an utterance asks for something impossible
"""

from __future__ import annotations


class CoachError(Exception):
    """An expected failure, told to a person in one clear sentence.

    Args:
        what: what failed, with the value received.
        allowed: the values that would have been accepted, empty if that says nothing.
        next_step: what the person can do now, empty if nothing.
    """

    code = "error"

    def __init__(self, what: str, allowed: str = "", next_step: str = "") -> None:
        self.what, self.allowed, self.next_step = what, allowed, next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.next_step:
            parts.append(self.next_step)
        return "; ".join(parts)


class ConfigError(CoachError):
    code = "config"


class ProtocolError(CoachError):
    code = "protocol"


class VersionError(ProtocolError):
    code = "version"


class FramesError(ProtocolError):
    code = "frames"


class SizeError(ProtocolError):
    code = "size"


class EmbodimentError(CoachError):
    code = "embodiment"


class UnreachableError(CoachError):
    code = "unreachable"


class CheckpointError(CoachError):
    code = "checkpoint"


class StoreError(CoachError):
    code = "store"


class AccessError(CoachError):
    code = "access"


class FloorError(AccessError):
    code = "floor"


class UsageError(CoachError):
    code = "usage"
