"""`python tests/fuzz/atheris_codec.py -runs=100000 [CORPUS]`: coverage-guided fuzzing of what reads bytes of a peer.

Needs the extra `fuzz` (atheris). Parts are cut from the input at `SPLIT`; the right messages of `mutations.py` are the
first corpus. Anything but an error of ours is a finding, and libFuzzer keeps the input that led to it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["robot_bridge.protocol"]):
    from robot_bridge.protocol.codec import Codec
    from robot_bridge.protocol.errors import ProtocolError
    from robot_bridge.protocol.messages import Message
    from robot_bridge.protocol.shared_frames import FrameReader

SPLIT = b"\xc1\xc1"  # a byte that msgpack never uses
CODEC, FRAMES = Codec(), FrameReader()


def read(data: bytes) -> None:
    """One message from these bytes; only errors of the protocol may come out of it."""
    try:
        message = CODEC.decode(FRAMES.unpack(data.split(SPLIT)))
    except ProtocolError:
        return
    assert isinstance(message, Message)
    CODEC.encode(message)


def main() -> None:
    from mutations import seeds

    with tempfile.TemporaryDirectory() as corpus:
        for number, parts in enumerate(seeds()):
            Path(corpus, f"{number:03d}").write_bytes(SPLIT.join(parts))
        atheris.Setup([*sys.argv, corpus], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
