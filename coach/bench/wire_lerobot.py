"""A stand-in for LeRobot's path: pickled observations streamed over gRPC, pickled actions back, as its own code does.

Source: huggingface/lerobot, src/lerobot/async_inference/{robot_client,policy_server}.py and transport/services.proto
(v0.4). The package needs another torch than ours; its wire protocol is repeated here, without the pause that its server
makes by default. The one place in this project where bytes are unpickled: both ends are this benchmark, on loopback.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from typing import Any

import numpy as np

from coach.bench.wire_payload import PROMPT, THOUGHT, Payload, answer

CHUNK_BYTES = 2 << 20
MAX_BYTES = 64 << 20
SERVICE = "transport.AsyncInference"
BEGIN, MIDDLE, END = 1, 2, 3


@dataclass
class Timed:
    """TimedObservation and TimedAction: time, step, content."""

    timestamp: float
    timestep: int
    content: Any


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def _pieces(data: bytes) -> Iterator[bytes]:
    """Messages `Observation {TransferState transfer_state = 1; bytes data = 2;}`."""
    for at in range(0, len(data), CHUNK_BYTES):
        last = at + CHUNK_BYTES >= len(data)
        piece = data[at : at + CHUNK_BYTES]
        yield bytes([8, END if last else BEGIN if not at else MIDDLE, 18]) + _varint(len(piece)) + piece


def _content(message: bytes) -> bytes:
    """The field `data` of an Observation or an Actions message."""
    at = 3 if message[0] == 8 else 1
    while message[at] & 128:
        at += 1
    return message[at + 1 :]


def serve(folder: str, ready: Callable[[str], None]) -> None:
    """Until the process is ended."""
    import grpc
    import torch

    def observe(request: Iterator[bytes], context: Any) -> bytes:
        pickle.loads(b"".join(_content(piece) for piece in request))  # noqa: S301  what is measured does this
        return b""

    def act(request: bytes, context: Any) -> bytes:
        chunk = torch.from_numpy(answer())
        actions = [Timed(time.time(), step, row) for step, row in enumerate(chunk)]  # rows are views, as there
        data = pickle.dumps((actions, THOUGHT))
        return b"\n" + _varint(len(data)) + data

    server = grpc.server(futures.ThreadPoolExecutor(4), options=_options())
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        "SendObservations": grpc.stream_unary_rpc_method_handler(observe),
        "GetActions": grpc.unary_unary_rpc_method_handler(act),
    }),))  # fmt: skip
    ready(f"tcp://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    server.start()
    server.wait_for_termination()


def _options() -> list[tuple[str, int]]:
    return [("grpc.max_send_message_length", MAX_BYTES), ("grpc.max_receive_message_length", MAX_BYTES)]


class LeRobotLike:
    """One `SendObservations`, then one `GetActions`."""

    def __init__(self, address: str, folder: str) -> None:
        import grpc
        import torch

        self._channel = grpc.insecure_channel(address.removeprefix("tcp://"), options=_options())
        self._observe = self._channel.stream_unary(f"/{SERVICE}/SendObservations")
        self._act = self._channel.unary_unary(f"/{SERVICE}/GetActions")
        self._stack = torch.stack

    def round_trip(self, payload: Payload) -> np.ndarray:
        content = {**payload.images, "state": payload.state, "task": PROMPT}
        self._observe(_pieces(pickle.dumps(Timed(time.time(), 0, content))))
        actions, _ = pickle.loads(_content(self._act(b"")))  # noqa: S301  our own server, see above
        return self._stack([action.content for action in actions]).numpy()

    def close(self) -> None:
        self._channel.close()
