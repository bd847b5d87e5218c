"""A message as ZeroMQ parts: a msgpack header, then each array's bytes as a part of its own.

    part 0    msgpack map of the message; an array is `{"dtype", "shape", "part"}`
    part n    the array's bytes, C order; with `"coding": "jpeg"` a JPEG file of a picture

Nothing is pickled. On receipt arrays are read-only views of the received parts, not copies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from robot_bridge.protocol.errors import ProtocolError, SizeError, VersionError
from robot_bridge.protocol.messages import PROTOCOL_VERSION, AnyMessage, Message

MAX_HEADER_BYTES = 1 << 20
MAX_PARTS = 16
MAX_ARRAY_BYTES = 16 << 20
MAX_MESSAGE_BYTES = 64 << 20  # of all parts, from one peer
MAX_WORDS_BYTES = 1 << 18  # of what a person says or does, which holds no pictures
DTYPES = {name: np.dtype(name) for name in ("float32", "uint8")}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # what arbitrary bytes can provoke

Part = bytes | bytearray | memoryview


class _ArrayHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dtype: str
    shape: tuple[int, ...]
    part: int
    coding: str = ""


class _VersionHeader(msgspec.Struct, frozen=True):
    version: int = 0


_version_decoder = msgspec.msgpack.Decoder(_VersionHeader)


class Codec:
    """Encodes and decodes messages; one per thread, since it keeps the parts of the message in hand."""

    def __init__(self) -> None:
        self._outgoing: list[Part] = []
        self._quality = 0
        self._incoming: Sequence[Part] = ()
        self._encoder = msgspec.msgpack.Encoder(enc_hook=self._encode_array)
        self._decoder = msgspec.msgpack.Decoder(AnyMessage, dec_hook=self._decode_array)

    def encode(self, message: Message, jpeg_quality: int = 0) -> list[Part]:
        """The parts of a message, arrays not copied where they are contiguous.

        Args:
            jpeg_quality: 1 to 95 sends pictures as JPEG; 0 as they are.

        Raises:
            ProtocolError: an array has a dtype that does not travel.
        """
        self._outgoing, self._quality = [b""], jpeg_quality
        self._outgoing[0] = self._encoder.encode(message)
        parts, self._outgoing = self._outgoing, []
        return parts

    def decode(self, parts: Sequence[Part]) -> AnyMessage:
        """The message in these parts.

        Raises:
            VersionError: written in another version of the protocol.
            SizeError: more or larger parts than allowed.
            ProtocolError: not one of our messages.
        """
        if not parts:
            raise ProtocolError("an empty message", next_step="send a msgpack header as the first part")
        if len(parts) > MAX_PARTS or len(parts[0]) > MAX_HEADER_BYTES:
            raise SizeError(f"{len(parts)} parts, header of {len(parts[0])} bytes",
                            f"at most {MAX_PARTS} parts and {MAX_HEADER_BYTES} bytes of header")  # fmt: skip
        self._incoming = parts
        try:
            return self._decoder.decode(parts[0])
        except UNREADABLE as error:
            self._check_version(parts[0])
            raise ProtocolError(
                f"not a message of this protocol: {error}", "the messages of robot_bridge.protocol.messages"
            ) from None
        finally:
            self._incoming = ()

    def _check_version(self, header: Part) -> None:
        """A message that does not fit may simply be of another version: then say that instead."""
        try:
            version = _version_decoder.decode(header).version
        except UNREADABLE:
            return
        if version != PROTOCOL_VERSION:
            raise VersionError(f"the peer speaks protocol version {version}", f"version {PROTOCOL_VERSION}",
                               "run the same release of robot-coach on both machines")  # fmt: skip

    def _encode_array(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            raise ProtocolError(f"a {type(value).__name__} cannot travel in a message", "plain values and numpy arrays")
        name = _NAMES.get(value.dtype)
        if name is None:
            raise ProtocolError(f"an array of {value.dtype} cannot travel", ", ".join(DTYPES))
        header = {"dtype": name, "shape": value.shape, "part": len(self._outgoing)}
        if self._quality and _is_picture(value.dtype, value.shape):
            from robot_bridge.protocol.jpeg import compress  # here, not above: most processes never do

            self._outgoing.append(compress(value, self._quality))
            return {**header, "coding": "jpeg"}
        self._outgoing.append(np.ascontiguousarray(value).data.cast("B"))
        return header

    def _decode_array(self, kind: type, value: Any) -> Any:
        if kind is not np.ndarray:
            raise ProtocolError(f"no array expected for {kind}")
        header = msgspec.convert(value, _ArrayHeader)
        dtype = DTYPES.get(header.dtype)
        if dtype is None:
            raise ProtocolError(f"an array of '{header.dtype[:20]}'", ", ".join(DTYPES))
        if not 1 <= header.part < len(self._incoming):
            raise ProtocolError(f"an array names part {header.part} of {len(self._incoming)}")
        part = self._incoming[header.part]
        if len(header.shape) > 4 or min(header.shape, default=0) < 0:
            raise ProtocolError(f"an array of shape {header.shape[:8]}", "at most 4 dimensions, none negative")
        expected = math.prod(header.shape) * dtype.itemsize
        if expected > MAX_ARRAY_BYTES:
            raise SizeError(f"an array of {expected} bytes", f"at most {MAX_ARRAY_BYTES}")
        if header.coding:
            return _decoded(header, dtype, part)
        if expected != len(part):
            raise ProtocolError(f"an array of shape {header.shape} needs {expected} bytes, its part has {len(part)}")
        return np.frombuffer(part, dtype=dtype).reshape(header.shape)


def _is_picture(dtype: np.dtype, shape: tuple[int, ...]) -> bool:
    return dtype == np.uint8 and len(shape) == 3 and shape[2] == 3 and min(shape) > 0


def _decoded(header: _ArrayHeader, dtype: np.dtype, part: Part) -> np.ndarray:
    if header.coding != "jpeg" or not _is_picture(dtype, header.shape):
        raise ProtocolError(f"{dtype}{list(header.shape)} coded as '{header.coding[:20]}'", "jpeg, for pictures")
    from robot_bridge.protocol.jpeg import decompress

    return decompress(part, header.shape)
