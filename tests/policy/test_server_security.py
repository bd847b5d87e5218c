"""The policy server behind keys: who may ask, who may have another checkpoint served, who hears nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import zmq

from policy.server import serve
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import ConfigError
from robot_bridge.protocol.messages import (
    Context,
    Health,
    HealthRequest,
    Message,
    Observation,
    ReloadReply,
    ReloadRequest,
    ThinkRequest,
)
from robot_bridge.protocol.security.access import Client, write_clients
from robot_bridge.protocol.security.curve import ClientKeys, Security
from robot_bridge.protocol.security.key_files import KeyPair, make_pair
from robot_bridge.protocol.thought import Thought
from robot_bridge.protocol.wire import connect


class OneWordPolicy:
    checkpoint, device, parameters = "first", "cpu", 1

    def think(self, observation, context, forced="", on_token=None):
        return Thought(subtask="wait"), 0

    def act(self, observation, context, thought):
        return np.zeros((1, 38), np.float32), 0.1


def pair() -> KeyPair:
    return KeyPair(*(half.decode() for half in zmq.curve_keypair()))


@pytest.fixture
def server(tmp_path: Path):
    """Address, public key and key folder of a server that lists a bridge, a viewer, a coach and one who may promote."""
    own = make_pair(tmp_path / "keys")
    pairs = {name: pair() for name in ("bridge", "viewer", "coach", "lead")}
    roles = {"bridge": "bridge", "viewer": "viewer", "coach": "coach", "lead": "coach"}
    write_clients(tmp_path / "keys", tuple(
        Client(name, keys.public, roles[name], ("promote",) if name == "lead" else ()) for name, keys in pairs.items()
    ))  # fmt: skip
    stop, ready, where = threading.Event(), threading.Event(), []

    def note(address: str) -> None:
        where.append(address)
        ready.set()

    thread = threading.Thread(target=serve, args=(OneWordPolicy(), "tcp://127.0.0.1:*", stop), daemon=True,
                              kwargs={"load": lambda name: OneWordPolicy(), "ready": note,
                                      "security": Security(tmp_path / "keys", always=True)})  # fmt: skip
    thread.start()
    assert ready.wait(5)
    yield where[0], own.public, pairs
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def ask(address: str, keys: ClientKeys | None, message: Message, timeout_s: float = 3.0) -> Message | None:
    context, codec = zmq.Context(), Codec()
    line = connect(context, zmq.DEALER, address, keys)
    try:
        line.send_multipart(codec.encode(message))
        return codec.decode(line.recv_multipart()) if line.poll(int(timeout_s * 1000)) else None
    finally:
        line.close()
        context.term()


def test_requests_are_taken_by_role_when_keys_are_listed(server):
    address, own, pairs = server
    observation = Observation(sequence=1, time_s=0.0, state=np.zeros(38, np.float32), images={})
    requests = {
        "health": HealthRequest(request_id=1),
        "think": ThinkRequest(request_id=2, observation=observation, context=Context(instruction="x")),
        "reload": ReloadRequest(request_id=3),
    }
    allowed = {"viewer": {"health"}, "bridge": {"health", "think"}, "coach": {"health", "think"}, "lead": {*requests}}
    for who, keys in pairs.items():
        for what, request in requests.items():
            reply = ask(address, ClientKeys(keys, own), request)
            assert reply is not None and reply.request_id == request.request_id
            assert (getattr(reply, "code", "") == "access") is (what not in allowed[who]), (who, what, reply)
    assert isinstance(ask(address, ClientKeys(pairs["lead"], own), ReloadRequest(request_id=4)), ReloadReply)


def test_strangers_and_plain_peers_get_nothing_when_keys_are_listed(server):
    address, own, pairs = server
    assert isinstance(ask(address, ClientKeys(pairs["viewer"], own), HealthRequest(request_id=1)), Health)
    for keys in (None, ClientKeys(pair(), own), ClientKeys(pairs["lead"], pair().public)):
        assert ask(address, keys, HealthRequest(request_id=1), 0.6) is None


def test_server_refuses_to_start_when_others_could_reach_it_and_there_are_no_keys(tmp_path):
    for security in (None, Security(tmp_path / "keys")):
        with pytest.raises(ConfigError, match=r"policy_address is tcp://0\.0\.0\.0:\*.*coach keys new"):
            serve(OneWordPolicy(), "tcp://0.0.0.0:*", threading.Event(), security=security)
    make_pair(tmp_path / "keys")
    with pytest.raises(ConfigError, match="cannot listen on tcp://203"):
        serve(OneWordPolicy(), "tcp://203.0.113.7:5650", threading.Event(), security=Security(tmp_path / "keys"))


def test_line_is_cut_when_its_key_is_struck_off(server, tmp_path):
    address, public, pairs = server
    context, codec = zmq.Context(), Codec()
    lines = {name: connect(context, zmq.DEALER, address, ClientKeys(pairs[name], public)) for name in pairs}
    watch = lines["bridge"].get_monitor_socket(zmq.EVENT_DISCONNECTED)

    def answers(name: str, wait_ms: int) -> bool:
        lines[name].send_multipart(codec.encode(HealthRequest(request_id=1)))
        return bool(lines[name].poll(wait_ms) and lines[name].recv_multipart())

    assert answers("bridge", 4000) and answers("coach", 4000)
    write_clients(tmp_path / "keys", (Client("coach", pairs["coach"].public, "coach"),))
    assert watch.poll(3000), "the connection is closed"
    assert not answers("bridge", 500)
    assert any(answers("coach", 500) for _ in range(8))
    lines["bridge"].disable_monitor()
    watch.close(linger=0)
    context.destroy(linger=0)
