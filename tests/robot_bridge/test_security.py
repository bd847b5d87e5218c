"""Keys, roles and refusals on real sockets; encryption is switched on for loopback, since tests have no other net."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from fake_arms import MemoryArms
from waiting import until

from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.config import BridgeConfig
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import AccessError, ConfigError, FloorError, UnreachableError
from robot_bridge.protocol.messages import Intervention, Status, StatusRequest
from robot_bridge.protocol.security.access import Client, read_clients, write_clients
from robot_bridge.protocol.security.curve import ClientKeys, Security, client_keys
from robot_bridge.protocol.security.key_files import KeyPair, make_pair, read_pair
from robot_bridge.protocol.wire import bind, connect
from robot_bridge.server import serve

SOON_S = 0.7


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_pair(tmp_path / "keys")
    return tmp_path / "keys"


def stranger() -> KeyPair:
    return KeyPair(*(half.decode() for half in zmq.curve_keypair()))


@contextlib.contextmanager
def secured_bridge(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Addresses of requests and events, and the public key."""
    stop, ready, addresses = threading.Event(), threading.Event(), []

    def note(*listening: str) -> None:
        addresses.extend(listening)
        ready.set()

    free = "tcp://127.0.0.1:*"
    config = BridgeConfig(address=free, events_address=free, policy_address="tcp://127.0.0.1:1",
                          security=Security(folder, always=True))  # fmt: skip
    thread = threading.Thread(target=serve, args=(config, MemoryArms(), stop, note), daemon=True)
    thread.start()
    try:
        assert ready.wait(5)
        yield addresses[0], addresses[1], read_pair(folder).public
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


@contextlib.contextmanager
def client(address: str, keys: ClientKeys) -> Iterator[BridgeClient]:
    line = BridgeClient(address, keys)
    try:
        yield line
    finally:
        line.close()


def test_listed_key_is_heard_and_strangers_get_nothing_when_the_socket_is_encrypted(folder, caplog):
    anna, nobody = stranger(), stranger()
    write_clients(folder, (Client("anna", anna.public, "coach"),))
    with caplog.at_level(logging.WARNING), secured_bridge(folder) as (address, _, server):
        with client(address, ClientKeys(anna, server)) as line:
            assert line.status(SOON_S * 4).state == "idle"
        with client(address, ClientKeys(nobody, server)) as line, pytest.raises(UnreachableError, match="coach keys"):
            line.status(SOON_S)
        with client(address, ClientKeys(anna, nobody.public)) as line, pytest.raises(UnreachableError):
            line.status(SOON_S)  # an impostor in the bridge's place could not answer either
        assert f"unknown key {nobody.public}" in caplog.text
        assert anna.secret not in caplog.text and nobody.secret not in caplog.text
        write_clients(folder, (Client("late", nobody.public),))
        with client(address, ClientKeys(nobody, server)) as line:
            assert line.status(SOON_S * 4).state == "idle", "the list is read again when it changes"


def test_plain_peer_gets_no_byte_of_content_when_the_socket_is_encrypted(folder, caplog):
    with caplog.at_level(logging.WARNING), secured_bridge(folder) as (address, events, _):
        context = zmq.Context()
        for kind, where in ((zmq.DEALER, address), (zmq.SUB, events)):
            peer = context.socket(kind)
            peer.linger = 0
            peer.connect(where)
            if kind == zmq.SUB:
                peer.subscribe(b"")
            else:
                peer.send_multipart(Codec().encode(StatusRequest()))
            assert not peer.poll(int(SOON_S * 1000))
            peer.close()
        context.term()
        until(lambda: "without encryption" in caplog.text)


def test_events_are_seen_only_when_the_key_is_listed(folder):
    viewer = stranger()
    write_clients(folder, (Client("screen", viewer.public),))
    with secured_bridge(folder) as (_, events, server):
        for pair, sees in ((viewer, True), (stranger(), False)):
            ears = EventSubscriber(events, ["Status"], ClientKeys(pair, server))
            assert isinstance(ears.poll(4.0 if sees else SOON_S), Status) is sees
            ears.close()


def test_role_decides_what_is_taken_when_a_listed_client_speaks(folder):
    viewer, coach, lead, bridge = (stranger() for _ in range(4))
    write_clients(folder, (
        Client("screen", viewer.public), Client("ben", coach.public, "coach"),
        Client("anna", lead.public, "coach", ("takeover",)), Client("robot", bridge.public, "bridge"),
    ))  # fmt: skip
    task = {"kind": "task", "instruction": "put the red cup in the sink", "by": "ben"}
    with secured_bridge(folder) as (address, _, server), contextlib.ExitStack() as stack:
        lines = [stack.enter_context(client(address, ClientKeys(p, server))) for p in (viewer, coach, lead, bridge)]
        for line in (lines[0], lines[3]):
            with pytest.raises(AccessError, match="may not tell the robot what to do; allowed: role coach"):
                line.send(Intervention(id="1", **task), 4.0)
            with pytest.raises(AccessError, match="may not keep the arms going"):
                line.heartbeat("x", 4.0)
        assert lines[1].send(Intervention(id="2", **task)).state == "running"
        with pytest.raises(AccessError, match=r"'ben' is a coach here and may not take over.*--may takeover"):
            lines[1].send(Intervention(id="3", kind="takeover"))
        with pytest.raises(FloorError, match="ben coaches the robot now"):
            lines[2].send(Intervention(id="4", kind="takeover"))
        lines[2].take_floor("anna")
        assert lines[2].send(Intervention(id="4", kind="takeover")).state == "takeover"
        assert lines[0].send(Intervention(id="5", kind="stop")).state == "stopped", "anybody in the house may say stop"
        write_clients(folder, ())
        with pytest.raises(UnreachableError):
            lines[1].status(SOON_S)  # struck off while connected


def test_listener_is_cut_off_when_its_key_is_struck_off_and_others_come_back(folder, caplog):
    anna, ben = stranger(), stranger()
    write_clients(folder, (Client("anna", anna.public, "coach"), Client("ben", ben.public)))
    with caplog.at_level(logging.WARNING), secured_bridge(folder) as (address, events, server):
        lines = [BridgeClient(address, ClientKeys(pair, server)) for pair in (anna, ben)]
        ears = [EventSubscriber(events, ["Status"], ClientKeys(pair, server)) for pair in (anna, ben)]
        for line, ear in zip(lines, ears, strict=True):
            assert line.status(SOON_S * 4).state == "idle" and ear.poll(4.0)
        write_clients(folder, (Client("anna", anna.public, "coach"),))
        until(lambda: "cut off: ben" in caplog.text)
        while ears[1].poll(0.0):  # what was under way already
            pass
        assert not ears[1].poll(1.5)
        with pytest.raises(UnreachableError):
            lines[1].status(SOON_S)
        until(lambda: ears[0].poll(0.5))
        assert lines[0].status(SOON_S * 4).state == "idle"
        assert f"unknown key {ben.public}" in caplog.text, "and refused at the door"
        for part in (*lines, *ears):
            part.close()


def test_bridge_refuses_to_start_when_others_could_reach_it_and_there_are_no_keys(tmp_path):
    for option in ("address", "events_address"):
        config = BridgeConfig(**{"address": "tcp://127.0.0.1:*", option: "tcp://0.0.0.0:*"},
                              security=Security(tmp_path / "keys"))  # fmt: skip
        with pytest.raises(ConfigError, match=r"0\.0\.0\.0:\*, where words travel encrypted.*coach keys new"):
            serve(config, MemoryArms(), threading.Event())


def test_no_plain_socket_leaves_the_machine_when_any_part_asks_for_one():
    context = zmq.Context()
    for open_it in (
        lambda: bind(context, zmq.ROUTER, "tcp://0.0.0.0:*", "the bridge", "bridge_address"),
        lambda: connect(context, zmq.DEALER, "tcp://192.0.2.1:5651"),
        lambda: PolicyLink(context, "tcp://192.0.2.1:5650"),
        lambda: BridgeClient("tcp://robot.example:5651"),
        lambda: EventSubscriber("tcp://robot.example:5652"),
    ):
        with pytest.raises(ConfigError, match="never left unencrypted"):
            open_it()
    context.term()


@pytest.mark.parametrize(
    "address", ["tipc://{1001,10}", "udp://127.0.0.1:1", "pgm://lo;239.0.0.1:1", "ws://127.0.0.1:1", "127.0.0.1:1", ""]
)
def test_no_socket_is_opened_when_the_address_is_of_a_kind_that_is_not_spoken(folder, address):
    context, pair = zmq.Context(), read_pair(folder)
    for keys in (None, ClientKeys(pair, pair.public)):
        with pytest.raises(ConfigError, match=r"is not an address; allowed: tcp://HOST:PORT"):
            connect(context, zmq.DEALER, address, keys)
    with pytest.raises(ConfigError, match="is not an address"):
        bind(context, zmq.ROUTER, address, "the bridge", "bridge_address")
    context.term()
    for option in ("address", "events_address", "policy_address"):
        config = BridgeConfig(
            **{"address": "tcp://127.0.0.1:*", "events_address": "tcp://127.0.0.1:*", option: address}
        )
        with pytest.raises(ConfigError, match="is not an address"):
            serve(config, MemoryArms(), threading.Event())
    assert not is_local(address)


def test_missing_server_key_is_named_when_the_server_is_on_another_machine(folder):
    security = Security(folder)
    assert client_keys(security, "tcp://127.0.0.1:1", "", "bridge_address") is None
    with pytest.raises(ConfigError, match="policy_key is not set"):
        client_keys(security, "tcp://gpu:5650", "", "policy_address")
    with pytest.raises(ConfigError, match="policy_key is not a key: 'short'"):
        client_keys(security, "tcp://gpu:5650", "short", "policy_address")
    found = client_keys(security, "tcp://gpu:5650", stranger().public, "policy_address")
    assert found is not None and found.own == read_pair(folder)


@pytest.mark.parametrize("name", ["", "secret.key"])
def test_keys_are_not_used_when_others_could_read_them(folder, name):
    (folder / name).chmod(0o750 if not name else 0o604)
    with pytest.raises(ConfigError, match=r"can be read by others \(mode .*chmod [67]00"):
        read_pair(folder)


@pytest.mark.parametrize(
    "text", ["clients: 3", "clients: [{name: a}]", "clients: [{name: a, key: b}]", "- a", "a: [", "{others: []}"]
)
def test_list_of_clients_is_refused_in_one_sentence_when_it_is_damaged(folder, text):
    (folder / "allowed.yaml").write_text(text)
    (folder / "allowed.yaml").chmod(0o600)
    with pytest.raises(ConfigError, match=r"allowed\.yaml") as refused:
        read_clients(folder)
    assert "\n" not in str(refused.value)


def test_second_pair_is_refused_when_there_is_one(folder):
    before = read_pair(folder)
    with pytest.raises(ConfigError, match="exists already"):
        make_pair(folder)
    assert read_pair(folder) == before and before.secret not in repr(before)
