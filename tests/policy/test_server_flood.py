"""A client that asks without end costs the others little; a GPU that is full costs one answer."""

from __future__ import annotations

import logging
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import zmq
from spelling import SLOW, Client, SpellingPolicy, act, running, think
from zmtp_peer import ZmtpPeer

import policy.server
import policy.worker
from policy.rations import MOST, PER_S, SUPERSEDING, Rations
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.messages import (
    ActionChunk,
    ActRequest,
    Context,
    Error,
    Health,
    HealthRequest,
    Observation,
    ThinkReply,
)
from robot_bridge.protocol.thought import Thought
from robot_bridge.rates import memory_mb

MB = 1 << 20
ACT_S, TURNS, FLOOD_HZ = 0.03, 8, 400.0
PICTURES = {name: np.zeros((224, 224, 3), np.uint8) for name in ("base", "left", "right")}


class SleepingPolicy(SpellingPolicy):
    """Its chunks take the same time, however busy the machine is."""

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        self.served.append(context.instruction)
        time.sleep(ACT_S)
        return np.repeat(observation.state[None], 10, axis=0), 0.1


def of(client: str, number: int) -> ActRequest:
    seen = Observation(sequence=number, time_s=1.0, state=np.zeros(38, np.float32), images=PICTURES)
    return ActRequest(request_id=number, observation=seen, context=Context(instruction=client),
                      thought=Thought(subtask="x"), deadline_s=20.0)  # fmt: skip


def robots(address: str, fourth: Callable[[str, threading.Event], None]) -> list[float]:
    """Seconds that each chunk of three robots takes, beside a fourth."""
    took: list[float] = []
    stop = threading.Event()

    def ask(name: str) -> None:
        with zmq.Context() as context:
            client = Client(context, address)
            for number in range(1, TURNS + 1):
                began_s = time.monotonic()
                client.send(of(name, number))
                assert isinstance(client.receive(20.0), ActionChunk)
                took.append(time.monotonic() - began_s)
            client.socket.close()

    beside = threading.Thread(target=fourth, args=(address, stop))
    asking = [threading.Thread(target=ask, args=(f"robot {n}",)) for n in range(3)]
    for thread in (beside, *asking):
        thread.start()
    for thread in asking:
        thread.join()
    stop.set()
    beside.join()
    assert len(took) == 3 * TURNS
    return took


def calm(address: str, stop: threading.Event) -> None:
    with zmq.Context() as context:
        client, number = Client(context, address), 0
        while not stop.is_set():
            number += 1
            client.send(of("the fourth", number))
            client.receive(20.0)
        client.socket.close()


def flood(address: str, stop: threading.Event) -> None:
    """Asks at a fixed rate and never reads an answer."""
    with zmq.Context() as context:
        client = Client(context, address)
        parts = Codec().encode(of("the fourth", 1))
        while not stop.wait(1 / FLOOD_HZ):
            client.socket.send_multipart(parts, zmq.NOBLOCK)
        client.socket.close()


def test_others_wait_no_longer_when_one_asks_without_end_instead_of_in_turn() -> None:
    with running(SleepingPolicy()) as address:
        in_turn = float(np.median(robots(address, calm)))
    served = SleepingPolicy()
    with running(served) as address:
        beside_a_flood = float(np.median(robots(address, flood)))
    assert beside_a_flood < 1.4 * in_turn, f"{beside_a_flood:.3f} s instead of {in_turn:.3f} s"
    turns = Counter(served.served)
    assert turns["the fourth"] <= 1.25 * turns["robot 0"] + 2, "it gets no more turns than they do"


def test_flood_is_refused_unread_and_its_sender_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []

    class Counting(Codec):
        def decode(self, parts):
            message = super().decode(parts)
            read.append(message)
            return message

    monkeypatch.setattr(policy.server, "Codec", Counting)
    with running(SpellingPolicy()) as address, zmq.Context() as context:
        greedy, modest = Client(context, address), Client(context, address)
        greedy.send(act(1, SLOW))
        for number in range(2, 600):
            greedy.send(act(number, SLOW))
        assert isinstance(modest.ask(HealthRequest(request_id=7)), Health)
        until_s = time.monotonic() + 5
        codes = Counter[str]()
        while codes["busy"] == 0 and time.monotonic() < until_s:
            reply = greedy.receive()
            codes[reply.code if isinstance(reply, Error) else "answer"] += 1
        assert codes["busy"] == 1 and codes["superseded"] > 5
        time.sleep(0.3)
        assert len(read) < 100, "of the 600 that came"
        time.sleep(0.5)
        while greedy.socket.poll(0):
            greedy.socket.recv_multipart()
        assert isinstance(greedy.ask(HealthRequest(request_id=9)), Health), "it is heard again once it has waited"
        for client in (greedy, modest):
            client.socket.close()


def test_rations_last_for_those_who_wait_for_their_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    rations = Rations()
    assert {rations.ask(b"robot") for _ in range(int(MOST))} == {"yes"}
    assert [rations.ask(b"robot") for _ in range(3)] == ["tell", "no", "no"]
    assert rations.ask(b"another") == "yes"
    for _ in range(1000):
        now_s[0] += 1.01 / PER_S
        assert rations.ask(b"robot") == "yes"
    rations.superseded(b"robot")
    assert rations.ask(b"robot") == "tell"
    now_s[0] += (SUPERSEDING + 2.0) / PER_S
    assert rations.ask(b"robot") == "yes"


class OutOfMemoryError(RuntimeError):
    """As PyTorch names its own."""


class Block:
    """What fills the memory."""


class FullPolicy(SpellingPolicy):
    """The first thought does not fit."""

    kept: weakref.ref[Block] | None = None

    def think(self, observation, context, forced="", on_token=None):
        if self.kept is None:
            block = Block()
            self.kept = weakref.ref(block)
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().think(observation, context, forced, on_token)


def test_answer_says_so_and_the_next_request_is_served_when_the_gpu_is_out_of_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served, held = FullPolicy(), []

    def empty_cache() -> None:
        assert served.kept is not None
        held.append(served.kept() is not None)

    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(empty_cache=empty_cache)))
    monkeypatch.setattr(logging.getLogger(policy.worker.__name__), "propagate", False)  # pytest keeps all tracebacks
    with running(served) as address, zmq.Context() as context:
        client = Client(context, address)
        error = client.ask(think(1))
        assert isinstance(error, Error) and (error.code, error.request_id) == ("policy_failed", 1)
        assert "OutOfMemoryError: CUDA out of memory" in error.what and "the server lives on" in error.next_step
        assert held == [False], "what was computed on is let go of before the memory is given back"
        client.send(think(2))
        while not isinstance(reply := client.receive(), ThinkReply):
            assert not isinstance(reply, Error)
        assert reply.request_id == 2
        client.socket.close()


def test_memory_stays_when_a_client_sends_pictures_without_an_end() -> None:
    with running(SpellingPolicy()) as address, zmq.Context() as context:
        before_mb = memory_mb()
        peer = ZmtpPeer(address)
        assert not peer.send_parts(600, MB), "cut off before it was through"
        peer.close()
        assert peer.sent_bytes < 400 * MB and memory_mb() - before_mb < 400
        client = Client(context, address)
        assert isinstance(client.ask(HealthRequest(request_id=1)), Health)
        client.socket.close()
