"""Every socket of ours under fire: who sends the broken messages, who takes them, and what is counted.

    bridge      requests of coaches, answered one by one        policy      the same of the policy server
    events      what subscribers send up their line             subscriber  what a coach hears of a false bridge
    coach       replies of a false bridge                       link        replies of a false policy server

A target has `exchange(messages)`, which returns once all are dealt with, `check_alive()`, `memory_mb()`, `codes`.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import msgspec
import zmq
from mutations import Parts

from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import (
    Error,
    Health,
    HealthRequest,
    Heartbeat,
    Message,
    Status,
    StatusRequest,
    ThoughtToken,
)

ROOT = Path(__file__).parents[2]
ANSWER_S = 10.0
CUT_EVERY = 1001
LAST = "last"  # who sent the message that ends a batch


def memory_mb(pid: int) -> float:
    """Resident set."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Server:
    """A server in a process of its own, and one line to it: every message is answered exactly once."""

    def __init__(self, kind: str) -> None:
        self.kind, self.codec, self.codes = kind, Codec(), Counter[str]()
        command = [
            sys.executable,
            str(Path(__file__).parent / "targets.py"),
            "policy" if kind == "policy" else "bridge",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        self.address, *self.events_address = self.process.stdout.readline().split()
        self.context = zmq.Context()
        self.line = self._connect(zmq.DEALER, self.address)

    def _connect(self, kind: int, address: str) -> zmq.Socket:
        line = self.context.socket(kind)
        line.linger = 0
        line.connect(address)
        return line

    def close(self) -> None:
        self.context.destroy(linger=0)
        self.process.kill()
        self.process.communicate()

    def exchange(self, messages: list[Parts]) -> None:
        """Send all over a line of their own, as one client has only so much to say, and take one answer to each."""
        self.line.close()
        self.line = self._connect(zmq.DEALER, self.address)
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
        return memory_mb(self.process.pid)


class Events(Server):
    """What subscribers send up: the bridge counts it and goes on publishing. Its counts come when it ends."""

    def __init__(self, kind: str = "events") -> None:
        super().__init__(kind)
        self.up = self._connect(zmq.XSUB, self.events_address[0])
        self.up.sndhwm = 10_000
        self.ears = EventSubscriber(self.events_address[0], ["Status"])
        self._sent = self._number = 0

    def exchange(self, messages: list[Parts]) -> None:
        for parts in messages:
            self._number += 1
            if self._number % CUT_EVERY:  # what is larger than a subscription cuts the line, and all behind it is lost
                parts = [part[:4000] for part in parts]
            self.up.send_multipart([b"\x01" + parts[0][:200], *parts[1:]] if self._number % 2 else parts)
        self._sent += sum(map(len, messages))  # each part of a message is one for the other side

    def check_alive(self) -> None:
        super().check_alive()
        self.ears.close()
        self.ears = EventSubscriber(self.events_address[0], ["Status"])
        assert self.ears.poll(ANSWER_S), "it publishes no more"

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=20)
        found = re.search(r"refusals: (\{.*\})", said)
        for code, count in re.findall(r"'(\w+)': (\d+)", found.group(1) if found else ""):
            self.codes[code] += int(count)
        self.codes["a subscription, or lost with a line that was cut"] = self._sent - sum(self.codes.values())
        self.ears.close()
        super().close()


class False_:
    """A bridge or policy server that answers whatever it is told to, for sockets of ours that connect."""

    def __init__(self, kind: int) -> None:
        self.codec, self.codes = Codec(), Counter[str]()
        self.context = zmq.Context()
        self.socket = self.context.socket(kind)
        self.socket.linger, self.socket.sndhwm = 0, 0
        self.address = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"

    def memory_mb(self) -> float:
        return memory_mb(os.getpid())

    def close(self) -> None:
        self.context.destroy(linger=0)


class Subscriber(False_):
    """A coach that hears a false bridge."""

    def __init__(self, kind: str = "subscriber") -> None:
        super().__init__(zmq.PUB)
        self.kind, self.ears = kind, EventSubscriber(self.address)
        self.check_alive()

    def exchange(self, messages: list[Parts]) -> None:
        for parts in messages:
            self.socket.send_multipart(parts)
        before, got = self.ears.unreadable, 0
        self._end()
        while True:
            message = self.ears.poll(ANSWER_S)
            assert message is not None
            if isinstance(message, Heartbeat) and message.who == LAST:
                break
            got += 1
            self.codes[type(message).__name__] += 1
        self.codes["unreadable"] += self.ears.unreadable - before
        self.codes["doubles and overtaken"] = self.ears.repeated + self.ears.overtaken

    def _end(self) -> None:
        self.socket.send_multipart(self.codec.encode(Heartbeat(who=LAST, time_s=1.0)))

    def check_alive(self) -> None:
        until_s = time.monotonic() + ANSWER_S
        while True:
            self._end()
            if self.ears.poll(0.05) is not None:
                break
            assert time.monotonic() < until_s
        while self.ears.poll(0.05) is not None:
            pass

    def close(self) -> None:
        self.ears.close()
        super().close()


class Replies(False_):
    """Something of ours asks, and a false server answers; each question with one broken message.

    The answers lie ready before the questions come, so that nobody waits for a thread. A right answer lies behind each
    broken one, since who asks goes on waiting where the broken one bears another question's number.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(zmq.ROUTER)
        self.kind, self._asked = kind, 0
        self.client = BridgeClient(self.address) if kind == "coach" else None
        self.link = PolicyLink(self.context, self.address, share=False) if kind == "link" else None
        first = threading.Thread(target=self._ask)
        first.start()
        assert self.socket.poll(int(ANSWER_S * 1e3))
        self._who = self.socket.recv_multipart()[0]
        self._answer(self.codec.encode(self._right()))
        first.join()

    def _right(self) -> Health:
        return Health(request_id=self._asked, checkpoint="x", device="cpu", parameters=1, memory_mb=1, uptime_s=1,
                      sent=self._asked)  # fmt: skip

    def _answer(self, parts: Parts) -> None:
        self.socket.send_multipart([self._who, *parts])

    def exchange(self, messages: list[Parts]) -> None:
        for parts in messages:
            self._answer(parts)
            self._asked += 1
            self._answer(self.codec.encode(self._right()))
            self._asked -= 1
            self._ask()
            while self.socket.poll(0):
                self.socket.recv_multipart()

    def _ask(self) -> None:
        self._asked += 1
        try:
            if self.client is not None:
                reply = self.client.request(StatusRequest(), ANSWER_S)
            else:
                assert self.link is not None
                reply = self.link.health(ANSWER_S, lambda: False)
            self.codes[type(reply).__name__] += 1
        except CoachError as error:
            assert "answer" not in str(error), f"a broken answer is no silence: {error}"
            self.codes[error.code] += 1

    def check_alive(self) -> None:
        known = self.codes["Health"]
        self.exchange([self.codec.encode(msgspec.structs.replace(self._right(), request_id=self._asked + 1))])
        assert self.codes["Health"] == known + 1

    def close(self) -> None:
        for end in (self.client, self.link):
            if end is not None:
                with contextlib.suppress(zmq.ZMQError):
                    end.close()
        super().close()


KINDS = {"bridge": Server, "policy": Server, "events": Events, "subscriber": Subscriber, "coach": Replies,
         "link": Replies}  # fmt: skip
