"""A stand-in for GR00T's path: REQ/REP over ZeroMQ, one msgpack message each way, arrays in NumPy's file format.

Source: NVIDIA/Isaac-GR00T, gr00t/eval/service.py (MsgSerializer, BaseInferenceServer, BaseInferenceClient). The real
package brings a training environment with it; only its wire protocol is repeated here.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import zmq

from coach.bench.wire_payload import PROMPT, THOUGHT, Payload, answer


def _encode(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        file = io.BytesIO()
        np.save(file, value, allow_pickle=False)
        return {"__ndarray_class__": True, "as_npy": file.getvalue()}
    return value


def _decode(value: Any) -> Any:
    if "__ndarray_class__" in value:
        return np.load(io.BytesIO(value["as_npy"]), allow_pickle=False)
    return value


def _pack(value: Any) -> bytes:
    import msgpack

    return msgpack.packb(value, default=_encode)


def _unpack(data: bytes) -> Any:
    import msgpack

    return msgpack.unpackb(data, object_hook=_decode)


def serve(folder: str, ready: Callable[[str], None]) -> None:
    """Until the process is ended."""
    socket = zmq.Context().socket(zmq.REP)
    ready(f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}")
    while True:
        _unpack(socket.recv())
        socket.send(_pack({"actions": answer(), "thought": THOUGHT}))


class Gr00tLike:
    """The client's `call_endpoint`."""

    def __init__(self, address: str, folder: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.linger = 0
        self._socket.connect(address)

    def round_trip(self, payload: Payload) -> np.ndarray:
        data = {**payload.images, "state": payload.state, "prompt": PROMPT}
        self._socket.send(_pack({"endpoint": "get_action", "data": data}))
        return _unpack(self._socket.recv())["actions"]

    def close(self) -> None:
        self._socket.close()
        self._context.term()
