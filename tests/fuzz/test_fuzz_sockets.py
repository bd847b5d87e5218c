"""Bytes that nobody would send, sent to the bridge and to the policy server.

Every message is answered exactly once (a thought's tokens aside), the process lives, goes on answering, and does not
grow. `make fuzz` sends a million to each socket; what the sockets refuse below our protocol is tried too.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import zmq
from campaign import BATCH, fuzz
from fuzz_lines import KINDS, Server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import WAYS, Parts, mutate, seeds

from robot_bridge.protocol.codec import MAX_ARRAY_BYTES

GROWTH_MB = 24.0
SEEDS = seeds()


@pytest.fixture(scope="module", params=["bridge", "policy"])
def target(request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(request.param)
    yield server
    server.close()


@st.composite
def broken(draw: st.DrawFn) -> Parts:
    """One right message and the ways in which it goes wrong, both of which hypothesis can make smaller."""
    parts = draw(st.sampled_from(SEEDS))
    for way in draw(st.lists(st.sampled_from(WAYS), min_size=1, max_size=3)):
        parts = way(random.Random(draw(st.integers(0, 1 << 32))), parts)
    return parts[:200]


LIMITS = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=25, **LIMITS)
@given(messages=st.lists(broken(), min_size=20, max_size=25))
def test_every_message_is_answered_once_when_it_is_broken(target: Server, messages: list[Parts]) -> None:
    target.exchange(messages)
    target.check_alive()


@settings(max_examples=10, **LIMITS)
@given(seed=st.integers(0, 1 << 62))
def test_server_lives_and_answers_when_much_is_broken_at_once(target: Server, seed: int) -> None:
    chance = random.Random(seed)
    target.exchange([mutate(chance, chance.choice(SEEDS)) for _ in range(BATCH)])
    target.check_alive()


def test_server_lives_when_the_transport_itself_is_broken(target: Server) -> None:
    where = urlsplit(target.address)
    greeting = b"\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL" + b"\0" * 48
    chance = random.Random(1)
    for number in range(60):
        with socket.create_connection((where.hostname, where.port), timeout=2) as line:
            noise = bytearray(greeting + chance.randbytes(60))
            for _ in range(number % 8):
                noise[chance.randrange(len(noise))] = chance.randrange(256)
            line.sendall(bytes(noise[: chance.randint(0, len(noise))]) if number % 2 else chance.randbytes(200))
    target.check_alive()


def test_larger_message_than_allowed_is_not_even_received_when_it_comes(target: Server) -> None:
    before_mb = target.memory_mb()
    context = zmq.Context()
    line = context.socket(zmq.DEALER)
    line.linger = 0
    line.connect(target.address)
    line.send(bytes(MAX_ARRAY_BYTES + 1))
    assert not line.poll(500), "the line is cut without an answer"
    line.close()
    context.term()
    target.check_alive()
    assert target.memory_mb() - before_mb < MAX_ARRAY_BYTES / 2**20


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_socket_stands_when_messages_are_broken(kind: str) -> None:
    found = fuzz(kind, 1000, seed=6)
    assert sum(found["answers"].values()) >= 1000, "each is answered, or dropped with a counted reason"
    assert len(found["answers"]) > 1 and found["growth_mb"] < GROWTH_MB, found
