"""`python -m coach.processes.probe KIND ADDRESS [KEY_FOLDER SERVER_KEY ENCRYPTION]`

Exit status 0 if a policy server or bridge of ours answers there. A process of its own, so that the supervisor stays
small.
"""

from __future__ import annotations

import sys
from pathlib import Path

import zmq

from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Health, HealthRequest, Status, StatusRequest
from robot_bridge.protocol.security.curve import Security, client_keys
from robot_bridge.protocol.wire import connect

ANSWER_S = 1.0


def answers(kind: str, address: str, folder: str = "", server: str = "", encryption: str = "auto") -> bool:
    """Whether the server there is one of this kind, `policy` or `bridge`, and talks to us."""
    request = HealthRequest(request_id=1) if kind == "policy" else StatusRequest()
    context = zmq.Context()
    client = None
    try:
        security = Security(Path(folder) if folder else None, encryption == "always")
        client = connect(context, zmq.DEALER, address, client_keys(security, address, server, f"{kind}_address"))
        client.send_multipart(Codec().encode(request))
        if not client.poll(int(ANSWER_S * 1000)):
            return False
        return isinstance(Codec().decode(client.recv_multipart()), Health if kind == "policy" else Status)
    except (CoachError, zmq.ZMQError):
        return False
    finally:
        if client is not None:
            client.close()
        context.term()


if __name__ == "__main__":
    sys.exit(0 if answers(*sys.argv[1:6]) else 1)
