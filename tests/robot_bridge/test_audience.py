"""Subscribers get everything that is published, and can make the bridge remember nothing."""

import time

import pytest
import zmq

from robot_bridge.audience import MOST_BYTES, MOST_TOPICS, Audience
from robot_bridge.protocol.connections import Connections
from robot_bridge.protocol.wire import bind


@pytest.fixture
def stage():
    context = zmq.Context()
    socket = bind(context, zmq.XPUB, "tcp://127.0.0.1:*", "a test", "an address", most_bytes=MOST_BYTES)
    listener = context.socket(zmq.XSUB)
    listener.linger = 0
    listener.connect(socket.getsockopt_string(zmq.LAST_ENDPOINT))
    lines = Connections(socket, 1 << 20)
    yield Audience(socket, lines), socket, listener
    lines.close()
    for each in (socket, listener):
        each.close(linger=0)
    context.term()


def hear(audience: Audience, socket: zmq.Socket, count: int = 1) -> None:
    until_s = time.monotonic() + 3
    while count:
        assert socket.poll(max(0, int((until_s - time.monotonic()) * 1e3))), "nothing came"
        before = sum(audience.counts.values())
        audience.listen()
        count -= max(1, sum(audience.counts.values()) - before)


def test_all_is_heard_when_subscribed_and_nothing_any_more_when_not(stage):
    audience, socket, listener = stage
    listener.send(b"\x01")
    hear(audience, socket)
    audience.send([b"one", b"two"])
    assert listener.poll(2000) and listener.recv_multipart() == [b"one", b"two"]
    listener.send(b"\x00")
    hear(audience, socket)
    audience.send([b"three"])
    assert not listener.poll(200)


def test_topics_and_other_bytes_are_counted_and_dropped_when_sent(stage):
    audience, socket, listener = stage
    for number in range(20):
        listener.send(b"\x01topic" + bytes([number]))
        listener.send(b"anything")
    hear(audience, socket, 40)
    assert audience.counts == {"topic": 20, "noise": 20}
    audience.send([b"topic" + bytes([1])])
    assert not listener.poll(200), "a topic is no way to be let in"


def test_line_is_cut_when_a_subscription_is_larger_than_any_of_ours(stage):
    audience, socket, listener = stage
    listener.send(b"\x01" + b"x" * MOST_BYTES * 4)
    assert not socket.poll(300) and not audience.counts


def test_lines_are_closed_and_open_again_when_a_listener_asks_for_one_topic_after_the_other(stage, caplog):
    audience, _, listener = stage
    watch = listener.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    for number in range(MOST_TOPICS + 1):
        listener.send(b"\x01" + number.to_bytes(2, "big"))
    until_s = time.monotonic() + 4
    while not audience.counts["lines_closed"]:
        audience.listen()
        assert time.monotonic() < until_s
        time.sleep(0.005)
    assert watch.poll(2000) and "127.0.0.1 asks for one topic after the other" in caplog.text
    listener.disable_monitor()
    listener.send(b"\x01")
    while not listener.poll(20):
        audience.listen()
        audience.send([b"still here"])
        assert time.monotonic() < until_s
