"""What the speech processes and the terminal tell each other, msgpack with a length in front.

listener (`listener.py`): gets Block, Listen, Hold, Release, Finish, Wait;
    tells Ready, Onset, Paused, Resumed, Ended, StopHeard, BargedIn, Trouble.
writer (`writer.py`): gets Write; tells Ready, Fetching, Written, Trouble.

Sample numbers count the samples of the microphone at 16 kHz since it was opened first.
"""

from __future__ import annotations

import struct
from typing import IO, Literal

import msgspec

MAX_BYTES = 64 * 2**20
_LENGTH = struct.Struct("<I")


class SpeechMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What all of them share."""


class Block(SpeechMessage, frozen=True, tag="block"):
    """Sound, 16-bit PCM.

    Args:
        first: number of its first sample.
        played: what the robot said meanwhile.
        robot_speaks: it does, even where it is not known what.
    """

    first: int
    pcm: bytes
    played: bytes = b""
    robot_speaks: bool = False


class Listen(SpeechMessage, frozen=True, tag="listen"):
    """Args: to: `all` words, the `stop` word alone, or `nothing`."""

    to: Literal["all", "stop", "nothing"]


class Hold(SpeechMessage, frozen=True, tag="hold"):
    """The talk key was pressed."""


class Release(SpeechMessage, frozen=True, tag="release"):
    """The talk key was pressed again."""


class Finish(SpeechMessage, frozen=True, tag="finish"):
    """The words of the segment are complete."""

    segment: int


class Wait(SpeechMessage, frozen=True, tag="wait"):
    """The words of the segment end in the middle: somebody looks for the next one."""

    segment: int


class Onset(SpeechMessage, frozen=True, tag="onset"):
    """Somebody began to speak. Args: start: with the pre-roll."""

    segment: int
    start: int


class Paused(SpeechMessage, frozen=True, tag="paused"):
    """A short silence: the words from `start` to `end` may be all."""

    segment: int
    start: int
    end: int


class Resumed(SpeechMessage, frozen=True, tag="resumed"):
    """They were not all."""

    segment: int


class Ended(SpeechMessage, frozen=True, tag="ended"):
    """Args: why: `silence`, `complete`, `released`, `too long`, `interrupted`; held: it was said with the talk key."""

    segment: int
    start: int
    end: int
    why: str
    held: bool = False


class StopHeard(SpeechMessage, frozen=True, tag="stop_heard"):
    """The stop word, heard in the sound itself. Args: at: sample number of its end; score: 0 to 1."""

    at: int
    score: float


class BargedIn(SpeechMessage, frozen=True, tag="barged_in"):
    """Somebody speaks while the robot does."""

    at: int


class Ready(SpeechMessage, frozen=True, tag="ready"):
    """Args: model: what does the work; device: where; note: what a person should know about it."""

    model: str
    device: str = "cpu"
    note: str = ""


class Fetching(SpeechMessage, frozen=True, tag="fetching"):
    """A model is on its way. Args: done: 0 to 1."""

    model: str
    done: float


class Trouble(SpeechMessage, frozen=True, tag="trouble"):
    """One sentence. Args: request: the one that it is about, 0 for none."""

    text: str
    request: int = 0


class Write(SpeechMessage, frozen=True, tag="write"):
    """Write down this sound. Args: prompt: names of this home; alternatives: how many other readings are wanted."""

    request: int
    pcm: bytes
    language: str = "en"
    prompt: str = ""
    alternatives: int = 0


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a transcript, seconds from its beginning."""

    start_s: float
    end_s: float
    text: str


class Written(SpeechMessage, frozen=True, tag="written"):
    """
    Args:
        text: empty where nothing was said.
        confidence: the mean probability of its tokens, 0 to 1.
        dropped: why words that the model wrote were dropped; empty where they were not.
        alternatives: other readings, the likeliest first.
        seconds: that it took.
    """

    request: int
    text: str
    confidence: float = 1.0
    dropped: str = ""
    alternatives: tuple[str, ...] = ()
    language: str = ""
    segments: tuple[Segment, ...] = ()
    seconds: float = 0.0


ToListener = Block | Listen | Hold | Release | Finish | Wait
FromListener = Ready | Onset | Paused | Resumed | Ended | StopHeard | BargedIn | Trouble
FromWriter = Ready | Fetching | Written | Trouble
FromWorker = Ready | Onset | Paused | Resumed | Ended | StopHeard | BargedIn | Trouble | Fetching | Written
_encoder = msgspec.msgpack.Encoder()


def send(pipe: IO[bytes], message: SpeechMessage) -> None:
    """Raises: OSError: the other side has gone."""
    raw = _encoder.encode(message)
    pipe.write(_LENGTH.pack(len(raw)) + raw)
    pipe.flush()


def receive_raw(pipe: IO[bytes]) -> bytes | None:
    """The next message undecoded; None when the other side has gone or sends nonsense."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _LENGTH.unpack(head)[0]
    if length > MAX_BYTES:
        return None
    raw = pipe.read(length)
    return raw if len(raw) == length else None
