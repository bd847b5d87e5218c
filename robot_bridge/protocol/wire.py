"""ZeroMQ sockets as this project uses them: bounded, never lingering, never plain where others can reach them."""

from __future__ import annotations

import time

import zmq

from robot_bridge.protocol.addresses import is_known, is_local
from robot_bridge.protocol.codec import MAX_ARRAY_BYTES
from robot_bridge.protocol.errors import CoachError, ConfigError
from robot_bridge.protocol.security.curve import ClientKeys, ServerKeys

HIGH_WATER_MARK = 200  # messages a peer may be behind before new ones are dropped
RECONNECT_MS = (50, 500)
PINGS = 5  # within the time after which a silent peer counts as gone
REBIND_S = 2.0  # the system may need a moment until a port is free again


def open_socket(
    context: zmq.Context, kind: int, most_bytes: int = MAX_ARRAY_BYTES, most_waiting: int = HIGH_WATER_MARK
) -> zmq.Socket:
    """A socket that forgets what it could not send, bounds what it receives and notices dead peers.

    Args:
        most_bytes: of one part; who sends more is cut off before any of it is stored.
        most_waiting: messages of one peer that are stored unread; the others stay with it.
    """
    socket = context.socket(kind)
    socket.linger = 0
    socket.sndhwm, socket.rcvhwm = HIGH_WATER_MARK, most_waiting
    socket.maxmsgsize = most_bytes
    socket.tcp_keepalive = 1
    socket.reconnect_ivl, socket.reconnect_ivl_max = RECONNECT_MS
    if kind == zmq.ROUTER:
        socket.router_handover = True  # a client that comes back under its old name is let in
    if kind == zmq.XPUB:
        socket.setsockopt(zmq.XPUB_MANUAL, 1)  # whoever owns it says which subscriptions it takes
    return socket


def bind(
    context: zmq.Context, kind: int, address: str, who: str, option: str, keys: ServerKeys | None = None,
    most_bytes: int = MAX_ARRAY_BYTES, most_waiting: int = HIGH_WATER_MARK,
) -> zmq.Socket:  # fmt: skip
    """A listening socket.

    Args:
        who: the program, for the sentence of an error, such as "the bridge".
        option: the name of the setting that holds the address, for the same.
        most_bytes, most_waiting: of what comes in, as `open_socket` has it.

    Raises:
        CoachError: the port is in use.
        ConfigError: the address is none of this machine, or it can be reached by others and there are no keys.
    """
    _check(address, keys)
    socket = open_socket(context, kind, most_bytes, most_waiting)
    if keys is not None:
        keys.apply(socket)
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        socket.close()
        if error.errno == zmq.EADDRINUSE:
            raise CoachError(f"{who} cannot listen on {address}: the port is in use",
                             next_step=f"stop the program that holds it, or set {option} to another "
                                       "port") from None  # fmt: skip
        raise ConfigError(f"{who} cannot listen on {address}: {error.strerror}",
                          f"tcp://ADDRESS:PORT of this machine as {option}") from None  # fmt: skip
    return socket


def connect(
    context: zmq.Context, kind: int, address: str, keys: ClientKeys | None = None, most_bytes: int = MAX_ARRAY_BYTES,
    silent_s: float = 0.0,
) -> zmq.Socket:  # fmt: skip
    """A socket on its way to a peer, which need not be there yet.

    Args:
        most_bytes: of one part of what comes back.
        silent_s: the connection breaks when the peer's system answers no ping for this long; 0: it is not asked. What
            it computes does not matter, but a large message on a slow line holds the answer up.

    Raises:
        ConfigError: the address cannot be one, or it is on another machine and there are no keys.
    """
    _check(address, keys)
    socket = open_socket(context, kind, most_bytes)
    if keys is not None:
        keys.apply(socket)
    if silent_s:
        socket.heartbeat_timeout = int(silent_s * 1e3)
        socket.heartbeat_ivl = int(silent_s * 1e3 / PINGS)
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        socket.close()
        raise ConfigError(f"'{address}' is not an address: {error.strerror}", "tcp://HOST:PORT") from None
    return socket


def rebind(socket: zmq.Socket) -> None:
    """Close every connection of a listening socket, and listen again; honest peers come back by themselves.

    Raises:
        CoachError: another program has taken the address meanwhile.
    """
    address = socket.getsockopt_string(zmq.LAST_ENDPOINT)
    socket.unbind(address)
    give_up_s = time.monotonic() + REBIND_S
    while True:
        try:
            socket.bind(address)
            return
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE or time.monotonic() > give_up_s:
                raise CoachError(f"cannot listen on {address} again: {error.strerror}",
                                 next_step="start the server again") from None  # fmt: skip
            time.sleep(0.005)


def _check(address: str, keys: object) -> None:
    """Raises: ConfigError: it is of a kind that we do not speak, or others can reach it and there are no keys."""
    if not is_known(address):
        raise ConfigError(f"'{address}' is not an address", "tcp://HOST:PORT")
    if keys is None and not is_local(address):
        raise ConfigError(f"{address} can be reached by other machines, and a socket there is never left unencrypted",
                          next_step="make keys with coach keys new")  # fmt: skip
