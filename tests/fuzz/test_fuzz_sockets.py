"""Bytes that nobody would send, sent to the bridge and to the policy server.

Every message is answered exactly once (a thought's tokens aside), the process lives, goes on answering, and does not
grow. `make fuzz` sends a million to each; what the sockets refuse below our protocol is tried too.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import WAYS, Parts, mutate, seeds

from robot_bridge.protocol.codec import MAX_ARRAY_BYTES, Codec
from robot_bridge.protocol.messages import Error, Health, HealthRequest, Message, Status, StatusRequest, ThoughtToken

ROOT = Path(__file__).parents[2]
MILLION = int(os.environ.get("FUZZ_MESSAGES", "1000000"))
BATCH = 50
ANSWER_S = 10.0
GROWTH_MB = 24.0
SEEDS = seeds()


class Target:
    """A server in a process of its own, and one line to it."""

    def __init__(self, kind: str) -> None:
        self.kind, self.codec, self.codes = kind, Codec(), Counter[str]()
        command = [sys.executable, str(Path(__file__).parent / "targets.py"), kind]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        self.context = zmq.Context()
        self.line = self.context.socket(zmq.DEALER)
        self.line.linger = 0
        self.line.connect(self.address)

    def close(self) -> None:
        self.context.destroy(linger=0)
        self.process.kill()
        self.process.communicate()

    def exchange(self, messages: list[Parts]) -> None:
        """Send all, and take exactly one answer to each."""
        for parts in messages:
            self.line.send_multipart(parts)
        answered, until_s = 0, time.monotonic() + ANSWER_S
        while answered < len(messages):
            left_s = until_s - time.monotonic()
            assert left_s > 0, f"{len(messages) - answered} messages were not answered: {messages}"
            if self.line.poll(int(left_s * 1000)):
                answered += self._count(self.codec.decode(self.line.recv_multipart()))

    def _count(self, reply: Message) -> int:
        if isinstance(reply, ThoughtToken):
            return 0
        code = reply.code if isinstance(reply, Error) else type(reply).__name__
        self.codes[code] += 1
        assert code not in ("internal", "policy_failed"), reply
        return 1

    def check_alive(self) -> None:
        assert self.process.poll() is None
        request = HealthRequest(request_id=77) if self.kind == "policy" else StatusRequest()
        self.line.send_multipart(self.codec.encode(request))
        assert self.line.poll(int(ANSWER_S * 1000))
        reply = self.codec.decode(self.line.recv_multipart())
        assert isinstance(reply, Health | Status), reply
        assert not self.line.poll(20), "an answer too many"

    def memory_mb(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.fixture(scope="module", params=["bridge", "policy"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    server = Target(request.param)
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
def test_every_message_is_answered_once_when_it_is_broken(target: Target, messages: list[Parts]) -> None:
    target.exchange(messages)
    target.check_alive()


@settings(max_examples=10, **LIMITS)
@given(seed=st.integers(0, 1 << 62))
def test_server_lives_and_answers_when_much_is_broken_at_once(target: Target, seed: int) -> None:
    chance = random.Random(seed)
    target.exchange([mutate(chance, chance.choice(SEEDS)) for _ in range(BATCH)])
    target.check_alive()


def test_server_lives_when_the_transport_itself_is_broken(target: Target) -> None:
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


def test_larger_message_than_allowed_is_not_even_received_when_it_comes(target: Target) -> None:
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


def fuzz(target: Target, count: int) -> None:
    """So many broken messages, and no growth after the first twentieth of them."""
    chance = random.Random(6)
    grown_mb = 0.0
    for done in range(0, count, BATCH):
        target.exchange([mutate(chance, chance.choice(SEEDS)) for _ in range(BATCH)])
        if done >= count // 20 and not grown_mb:
            grown_mb = target.memory_mb()
        if done % 20_000 == 0:
            print(target.kind, done, f"{target.memory_mb():.1f} MB", dict(target.codes), flush=True)
    target.check_alive()
    assert target.memory_mb() - grown_mb < GROWTH_MB
    print(target.kind, count, f"{grown_mb:.1f} -> {target.memory_mb():.1f} MB", dict(target.codes), flush=True)


def test_memory_does_not_grow_when_messages_are_broken(target: Target) -> None:
    fuzz(target, 1000)
    assert target.codes["protocol"] > 250, "most were refused, with a reason"


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_memory_does_not_grow_when_a_million_messages_are_broken(target: Target) -> None:
    fuzz(target, MILLION)
