"""A listening socket knows who is gone, and no peer makes it keep a message that never ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import zmq
from waiting import until
from zmtp_peer import ZmtpPeer

from robot_bridge.protocol.connections import Connections
from robot_bridge.protocol.wire import bind, connect, rebind
from robot_bridge.rates import memory_mb

MOST_BYTES, MB = 4 << 20, 1 << 20


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    made = zmq.Context()
    yield made
    made.destroy(linger=0)


class Server:
    """A listening socket whose owner answers everything."""

    def __init__(self, context: zmq.Context) -> None:
        self.socket = bind(context, zmq.ROUTER, "tcp://127.0.0.1:*", "a test", "an address", most_bytes=MB)
        self.address = self.socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self.lines = Connections(self.socket, MOST_BYTES)
        self.heard: list[int] = []
        self.gone: list[int] = []

    def serve(self) -> None:
        while self.socket.poll(5):
            frames = self.socket.recv_multipart(copy=False)
            self.heard.append(self.lines.heard(frames[-1]))
            self.socket.send_multipart([frame.bytes for frame in frames])
        self.gone += self.lines.look()


@pytest.fixture
def server(context: zmq.Context) -> Iterator[Server]:
    made = Server(context)
    yield made
    made.lines.close()


def ask(server: Server, peer: zmq.Socket, text: bytes = b"hello") -> bool:
    peer.send(text)
    until_s = time.monotonic() + 5
    while not peer.poll(0) and time.monotonic() < until_s:
        server.serve()
    return bool(peer.poll(0)) and peer.recv() == text


def test_memory_stays_when_a_peer_sends_parts_without_an_end(server):
    honest = connect(server.socket.context, zmq.DEALER, server.address)
    assert ask(server, honest)
    before_mb, answers = memory_mb(), 0
    with closing(ZmtpPeer(server.address)) as peer:
        sending = threading.Thread(target=peer.send_parts, args=(300, MB))
        sending.start()
        while sending.is_alive():
            answers += ask(server, honest)
        sending.join()
        server.serve()
    assert server.lines.counts == {"endless_message": 1} and peer.sent_bytes < 200 * MB
    assert memory_mb() - before_mb < 150, "of the 300 MB that were to come"
    assert answers and len(server.gone) == 1, "the honest peer kept its line"
    assert ask(server, honest)


def test_honest_peer_is_not_cut_off_when_its_messages_add_up_to_more_than_one_may_have(server):
    peer = connect(server.socket.context, zmq.DEALER, server.address)
    for _ in range(3 * MOST_BYTES // MB):
        assert ask(server, peer, bytes(MB))
    assert not server.gone and not server.lines.counts


def test_connection_is_told_gone_when_the_peer_that_spoke_over_it_leaves(server):
    leaving, staying = (connect(server.socket.context, zmq.DEALER, server.address) for _ in range(2))
    assert ask(server, staying) and ask(server, leaving)
    left = server.heard[-1]
    leaving.close()
    until(lambda: server.serve() or server.gone)
    assert server.gone == [left] and server.heard[0] != left


def test_connections_are_told_gone_when_the_address_is_taken_away_for_a_moment(server):
    peer = connect(server.socket.context, zmq.DEALER, server.address)
    assert ask(server, peer)
    rebind(server.socket)
    until(lambda: server.serve() or server.gone)
    assert server.heard[0] in server.gone
    assert ask(server, peer)
