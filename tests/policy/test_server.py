"""The policy server over real sockets, with a policy small enough to know its every word."""

from __future__ import annotations

import random
import select
import threading
import time
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
import zmq
from spelling import FAST, SLOW, WORDS, Client, SpellingPolicy, act, observation, running, think
from waiting import until

from policy.server import serve
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import (
    ActionChunk,
    ActRequest,
    Context,
    Error,
    Health,
    HealthRequest,
    Message,
    Observation,
    ReloadReply,
    ReloadRequest,
    StatusRequest,
    ThinkReply,
    ThoughtToken,
)
from robot_bridge.protocol.thought import Thought


@pytest.fixture
def policy() -> SpellingPolicy:
    return SpellingPolicy()


@pytest.fixture
def address(policy: SpellingPolicy) -> Iterator[str]:
    with running(policy) as where:
        yield where


@pytest.fixture
def connect(address: str) -> Iterator[Callable[[], Client]]:
    context = zmq.Context()
    yield lambda: Client(context, address)
    context.destroy(linger=0)


def test_tokens_stream_in_order_before_the_reply_when_asked_to_think(connect: Callable[[], Client]) -> None:
    client = connect()
    started_s = time.monotonic()
    client.send(think(3, SLOW))
    first = client.receive()
    first_s = time.monotonic() - started_s
    rest = [client.receive() for _ in range(4)]
    assert [t.text for t in (first, *rest[:3]) if isinstance(t, ThoughtToken)] == WORDS
    assert [t.index for t in (first, *rest[:3]) if isinstance(t, ThoughtToken)] == [0, 1, 2, 3]
    reply = rest[3]
    assert isinstance(reply, ThinkReply) and reply.request_id == 3
    assert reply.thought.subtask == "pick up the cup" and reply.tokens == 4 and reply.latency_s >= 0.4
    assert first_s < time.monotonic() - started_s - 0.2, "the first token left while the rest was unwritten"


def test_chunk_carries_the_observation_through_when_asked_to_act(connect: Callable[[], Client]) -> None:
    chunk = connect().ask(act(9))
    assert isinstance(chunk, ActionChunk)
    assert (chunk.request_id, chunk.observation_sequence, chunk.observation_time_s) == (9, 7, 12.5)
    assert chunk.actions.shape == (10, 38) and chunk.actions.dtype == np.float32 and chunk.dt_s == 0.1
    np.testing.assert_array_equal(chunk.actions[4], observation().state)


def test_health_is_answered_at_once_when_the_model_is_thinking(connect: Callable[[], Client]) -> None:
    thinker, asker = connect(), connect()
    thinker.send(think(1, SLOW))
    thinker.receive()
    started_s = time.monotonic()
    health = asker.ask(HealthRequest(request_id=2))
    assert time.monotonic() - started_s < 0.3, "three words of 0.1 s were still to be written"
    assert isinstance(health, Health) and health.checkpoint == "first" and health.parameters == 4
    assert 5 < health.memory_mb < 20_000 and health.uptime_s > 0


def test_thought_in_progress_is_given_up_when_the_client_asks_again(connect: Callable[[], Client]) -> None:
    client = connect()
    client.send(think(1, SLOW))
    client.receive()
    client.send(think(2, FAST, forced="subtask: put it in the sink"))
    replies = [client.receive()]
    while not isinstance(replies[-1], ThinkReply):
        replies.append(client.receive())
    errors = [r for r in replies if isinstance(r, Error)]
    assert [(e.code, e.request_id) for e in errors] == [("superseded", 1)]
    assert replies[-1].request_id == 2 and replies[-1].thought.subtask == "put it in the sink"


def test_only_the_newest_of_each_kind_is_computed_when_requests_pile_up(
    connect: Callable[[], Client], policy: SpellingPolicy
) -> None:
    busy, client = connect(), connect()
    busy.send(act(1, SLOW))
    until(lambda: policy.served)
    for number in range(5):
        client.send(act(10 + number))
        client.send(think(20 + number))
    replies = [client.receive() for _ in range(8 + 1 + 5)]
    assert sorted(r.request_id for r in replies if isinstance(r, Error)) == [10, 11, 12, 13, 20, 21, 22, 23]
    assert {r.code for r in replies if isinstance(r, Error)} == {"superseded"}
    assert policy.served.count(FAST.instruction) == 1 and policy.served.count(f"act {FAST.instruction}") == 1


def test_forced_thought_goes_first_when_an_act_of_the_same_client_waits(
    connect: Callable[[], Client], policy: SpellingPolicy
) -> None:
    busy, client = connect(), connect()
    busy.send(act(1, SLOW))
    until(lambda: policy.served)
    client.send(act(2))
    client.send(think(3, forced="subtask: stop"))
    while not isinstance(client.receive(), ActionChunk):
        pass
    assert policy.served[1:] == [FAST.instruction, f"act {FAST.instruction}"]


def test_clients_are_served_in_turn_when_one_asks_all_the_time(
    connect: Callable[[], Client], policy: SpellingPolicy
) -> None:
    greedy, modest = connect(), connect()
    for number in range(3):
        greedy.send(act(number, SLOW))
        greedy.send(think(10 + number, SLOW))
        time.sleep(0.05)
    modest.send(act(5))
    assert isinstance(modest.receive(), ActionChunk)
    turn = policy.served.index(f"act {FAST.instruction}")
    assert turn <= 2, "the greedy client's current request and one more came first, not all of them"


def test_request_is_dropped_with_its_reason_when_its_deadline_passes_in_the_queue(
    connect: Callable[[], Client], policy: SpellingPolicy
) -> None:
    busy, client = connect(), connect()
    busy.send(think(1, SLOW))
    busy.receive()
    started_s = time.monotonic()
    error = client.ask(act(2, deadline_s=0.05))
    assert isinstance(error, Error) and (error.code, error.request_id) == ("expired", 2)
    assert time.monotonic() - started_s < 0.3, "told before the model was free: three words were still to be written"
    assert f"act {FAST.instruction}" not in policy.served


def test_thought_is_given_up_when_its_deadline_passes_while_it_is_written(connect: Callable[[], Client]) -> None:
    client = connect()
    client.send(think(1, SLOW, deadline_s=0.15))
    replies = [client.receive()]
    while isinstance(replies[-1], ThoughtToken):
        replies.append(client.receive())
    assert isinstance(replies[-1], Error) and replies[-1].code == "expired"
    assert len(replies) < 4


def test_error_names_the_fault_and_the_server_lives_when_bytes_are_malformed(connect: Callable[[], Client]) -> None:
    client = connect()
    rng = random.Random(3)
    good = Codec().encode(act(77))
    junk: list[list[bytes]] = [[b""], [b"hello"], [b"\xc1" * 50], [b"\x81\xa4type\xa3\xff\xfe\xfd"], [b"\x91" * 5000]]
    for _ in range(200):
        header = bytearray(good[0])
        header[rng.randrange(len(header))] = rng.randrange(256)
        junk.append([bytes(header), *map(bytes, good[1 : rng.randrange(1, 4)])])
    for parts in junk:
        client.socket.send_multipart(parts)
        reply = client.receive()
        assert isinstance(reply, Error | ActionChunk | Health), parts
    client.socket.send_multipart([msgspec.msgpack.encode({"type": "ActRequest", "version": 1, "request_id": 41})])
    error = client.receive()
    assert isinstance(error, Error) and error.code == "protocol" and error.request_id == 41
    assert "messages" in error.allowed and error.what
    assert isinstance(client.ask(act(5)), ActionChunk)


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (StatusRequest(), "StatusRequest"),
        (act(4, deadline_s=float("nan")), "deadline"),
        (act(4, deadline_s=-1), "deadline"),
        (msgspec.structs.replace(act(4), observation=msgspec.structs.replace(observation(), state=np.zeros(3, "f4"))),
         "state"),
        (msgspec.structs.replace(
            act(4), observation=msgspec.structs.replace(observation(), images={"base": np.zeros((4, 4), np.uint8)})
        ), "picture 'base'"),
    ],
)  # fmt: skip
def test_error_says_what_is_allowed_when_a_request_makes_no_sense(
    connect: Callable[[], Client], request_: Message, word: str
) -> None:
    error = connect().ask(request_)
    assert isinstance(error, Error) and error.code == "protocol"
    assert word in error.what and error.allowed


def test_traceback_is_logged_and_the_server_lives_when_the_model_raises(
    connect: Callable[[], Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = connect()
    error = client.ask(think(1, Context(instruction="crash")))
    assert isinstance(error, Error) and error.code == "policy_failed" and "a tensor fell over" in error.what
    assert any(record.exc_info for record in caplog.records)
    bad = client.ask(act(2, Context(instruction="broken")))
    assert isinstance(bad, Error) and bad.code == "policy_failed" and "finite" in bad.what
    assert isinstance(client.ask(act(3)), ActionChunk)


def test_old_checkpoint_serves_until_the_new_one_is_loaded_when_reloading(connect: Callable[[], Client]) -> None:
    admin, robot = connect(), connect()
    admin.send(ReloadRequest(request_id=1, checkpoint="second"))
    assert isinstance(robot.ask(act(2)), ActionChunk), "acts while the new one loads"
    health = robot.ask(HealthRequest(request_id=3))
    assert isinstance(health, Health) and health.checkpoint == "first"
    assert admin.receive() == ReloadReply(request_id=1, served="second", previous="first")
    health = robot.ask(HealthRequest(request_id=4))
    assert isinstance(health, Health) and health.checkpoint == "second"


@pytest.mark.parametrize("name", ["cut in half", "strange"])
def test_old_checkpoint_goes_on_being_served_when_the_new_one_is_broken(
    connect: Callable[[], Client], name: str
) -> None:
    client = connect()
    error = client.ask(ReloadRequest(request_id=1, checkpoint=name))
    assert isinstance(error, Error) and (error.code, error.request_id) == ("checkpoint", 1)
    health = client.ask(HealthRequest(request_id=2))
    assert isinstance(health, Health) and health.checkpoint == "first"
    assert isinstance(client.ask(act(3)), ActionChunk)


def test_second_reload_is_refused_when_one_is_under_way(connect: Callable[[], Client]) -> None:
    client = connect()
    client.send(ReloadRequest(request_id=1, checkpoint="second"))
    refused = client.ask(ReloadRequest(request_id=2, checkpoint="third"))
    assert isinstance(refused, Error) and (refused.code, refused.request_id) == ("busy", 2)
    assert isinstance(client.receive(), ReloadReply)


def test_error_is_one_sentence_when_the_port_is_in_use(address: str, policy: SpellingPolicy) -> None:
    with pytest.raises(CoachError, match=r"port is in use.*policy_address"):
        serve(policy, address, threading.Event())


def test_waiting_clients_are_told_when_the_server_stops_and_get_answers_when_it_is_back(policy: SpellingPolicy) -> None:
    context = zmq.Context()
    with running(policy) as address:
        busy, waiting = Client(context, address), Client(context, address)
        busy.send(think(1, SLOW))
        busy.receive()
        waiting.send(act(2))
        waiting.ask(HealthRequest(request_id=3))  # answered at once, and after the other has come in
    error = waiting.receive()
    assert isinstance(error, Error) and (error.code, error.request_id) == ("stopping", 2)
    last = busy.receive()
    while isinstance(last, ThoughtToken):
        last = busy.receive()
    assert isinstance(last, Error) and last.code == "stopping"
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(policy, address, stop))
    thread.start()
    assert isinstance(waiting.ask(act(3)), ActionChunk), "the same socket reconnects by itself"
    stop.set()
    thread.join(5)
    context.destroy(linger=0)


class TogetherPolicy(SpellingPolicy):
    """Acts for several at once and notes for how many; a batch that holds an odd one fails."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def act_many(self, requests: list[ActRequest]) -> list[tuple[np.ndarray, float]]:
        self.batches.append(len(requests))
        if any(request.context.instruction == "odd" for request in requests):
            raise RuntimeError("one of them is odd")
        return [self.act(request.observation, request.context, request.thought) for request in requests]

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        if context.instruction == "odd":
            raise RuntimeError("I am odd")
        return super().act(observation, context, thought)


@pytest.mark.parametrize("odd", [None, 2])
def test_requests_that_meet_are_computed_together_and_one_fault_stays_one(odd: int | None) -> None:
    policy, context = TogetherPolicy(), zmq.Context()
    with running(policy) as address:
        busy, *others = (Client(context, address) for _ in range(5))
        busy.send(act(1, SLOW))
        until(lambda: policy.served)
        for number, client in enumerate(others):
            client.send(act(10 + number, Context(instruction="odd") if number == odd else FAST))
        replies = [client.receive() for client in (busy, *others)]
    context.destroy(linger=0)
    assert policy.batches == [4]
    assert [reply.request_id for reply in replies] == [1, 10, 11, 12, 13], "everybody gets the own answer"
    failed = [reply.request_id for reply in replies if not isinstance(reply, ActionChunk)]
    assert failed == ([] if odd is None else [12])


def test_everything_is_heard_at_once_when_tokens_leave_all_the_time(connect: Callable[[], Client]) -> None:
    """A reply that leaves must not swallow the sign that something came."""
    thinker, asker = connect(), connect()
    took_s = []
    for number in range(20):
        thinker.send(think(number))
        started_s = time.monotonic()
        assert isinstance(asker.ask(HealthRequest(request_id=number)), Health)
        took_s.append(time.monotonic() - started_s)
        while not isinstance(thinker.receive(), ThinkReply):
            pass
    assert np.median(took_s) < 0.05


def test_everything_is_answered_when_the_system_cannot_wake_one_thread_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "EPOLLEXCLUSIVE", raising=False)
    context = zmq.Context()
    with running(SpellingPolicy()) as address:
        clients = [Client(context, address) for _ in range(3)]
        for number in range(1, 6):
            clients[0].send(think(number))
            assert isinstance(clients[1].ask(act(number)), ActionChunk)
            assert isinstance(clients[2].ask(HealthRequest(request_id=number)), Health)
            while not isinstance(clients[0].receive(), ThinkReply):
                pass
    context.destroy(linger=0)
