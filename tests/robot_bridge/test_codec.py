"""The codec carries every message there and back, and refuses what is not one."""

import msgspec
import numpy as np
import pytest

from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import ProtocolError, SizeError, VersionError
from robot_bridge.protocol.messages import Context, Message, Observation, ThinkRequest


def observation() -> Observation:
    rng = np.random.default_rng(0)
    images = {name: rng.integers(0, 256, (12, 16, 3), dtype=np.uint8) for name in ("base", "left_wrist")}
    return Observation(sequence=7, time_s=1.5, state=rng.normal(size=38).astype(np.float32), images=images)


def test_arrays_return_unchanged_when_nested_in_a_request():
    sent = ThinkRequest(request_id=3, observation=observation(), context=Context(instruction="put the cup in the sink"))
    got = Codec().decode([bytes(part) for part in Codec().encode(sent)])
    assert isinstance(got, ThinkRequest) and got.context == sent.context
    np.testing.assert_array_equal(got.observation.state, sent.observation.state)
    np.testing.assert_array_equal(got.observation.images["base"], sent.observation.images["base"])


def test_received_array_shares_the_part_when_decoded():
    parts = [bytes(part) for part in Codec().encode(observation())]
    got = Codec().decode(parts)
    assert not got.state.flags.writeable and not got.state.flags.owndata


def test_version_error_when_the_peer_is_newer():
    header = msgspec.msgpack.encode({"type": "Observation", "version": 2, "sense": 1})
    with pytest.raises(VersionError, match="version 2"):
        Codec().decode([header])


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "object"},
        {"part": 9},
        {"part": 0},
        {"shape": [39]},
        {"shape": [-1]},
        {"shape": [1, 1, 1, 1, 38]},
        {"extra": 1},
    ],
)
def test_protocol_error_when_an_array_header_lies(change: dict):
    parts = [bytes(part) for part in Codec().encode(observation())]
    header = msgspec.msgpack.decode(parts[0])
    header["state"].update(change)
    with pytest.raises(ProtocolError):
        Codec().decode([msgspec.msgpack.encode(header), *parts[1:]])


def test_size_error_when_an_array_claims_to_be_huge():
    header = msgspec.msgpack.decode(bytes(Codec().encode(observation())[0]))
    header["state"]["shape"] = [1 << 40]
    with pytest.raises(SizeError):
        Codec().decode([msgspec.msgpack.encode(header), b"", b"", b""])


@pytest.mark.parametrize("parts", [[], [b""], [b"\xc1"], [b"\x80"], [b"GET / HTTP/1.1"], [b"x"] * 17])
def test_protocol_error_when_the_bytes_are_no_message(parts: list[bytes]):
    with pytest.raises(ProtocolError):
        Codec().decode(parts)


def test_protocol_error_when_an_array_has_a_dtype_that_does_not_travel():
    with pytest.raises(ProtocolError, match="float64"):
        Codec().encode(Observation(sequence=0, time_s=0.0, state=np.zeros(38), images={}))


def test_every_message_class_documents_itself():
    for kind in Message.__subclasses__():
        assert kind.__doc__, kind.__name__
        assert "version" in kind.__struct_fields__
