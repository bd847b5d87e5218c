"""openpi's path: its own client (package `openpi-client`), and a server that speaks its websocket protocol.

Source: Physical-Intelligence/openpi, src/openpi/serving/websocket_policy_server.py: metadata first, then one msgpack
message each way; no compression, no size limit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from coach.bench.wire_payload import PROMPT, THOUGHT, Payload, answer


def serve(folder: str, ready: Callable[[str], None]) -> None:
    """Until the process is ended."""
    asyncio.run(_serve(ready))


async def _serve(ready: Callable[[str], None]) -> None:
    import websockets.asyncio.server
    from openpi_client import msgpack_numpy

    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a client that just ends is no news here

    async def handle(line: Any) -> None:
        packer = msgpack_numpy.Packer()
        await line.send(packer.pack({}))
        async for request in line:
            msgpack_numpy.unpackb(request)
            await line.send(packer.pack({"actions": answer(), "thought": THOUGHT}))

    async with websockets.asyncio.server.serve(handle, "127.0.0.1", 0, compression=None, max_size=None) as server:
        ready(f"tcp://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")
        await server.serve_forever()


class OpenPi:
    """`openpi_client.websocket_client_policy.WebsocketClientPolicy`, as it is."""

    def __init__(self, address: str, folder: str) -> None:
        from openpi_client.websocket_client_policy import WebsocketClientPolicy

        self._client = WebsocketClientPolicy("127.0.0.1", int(address.rpartition(":")[2]))

    def round_trip(self, payload: Payload) -> np.ndarray:
        return self._client.infer({**payload.images, "state": payload.state, "prompt": PROMPT})["actions"]

    def close(self) -> None:
        self._client._ws.close()
