"""`python -m coach.processes.probe KIND ADDRESS`: exit status 0 if a policy server or bridge of ours answers there.

A process of its own, so that the supervisor stays small.
"""

from __future__ import annotations

import sys

import zmq

from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Health, HealthRequest, Status, StatusRequest

ANSWER_S = 1.0


def answers(kind: str, address: str) -> bool:
    """Whether the server there is one of this kind, `policy` or `bridge`."""
    request = HealthRequest(request_id=1) if kind == "policy" else StatusRequest()
    context = zmq.Context()
    client = context.socket(zmq.DEALER)
    try:
        client.connect(address)
        client.send_multipart(Codec().encode(request))
        if not client.poll(int(ANSWER_S * 1000)):
            return False
        return isinstance(Codec().decode(client.recv_multipart()), Health if kind == "policy" else Status)
    except (CoachError, zmq.ZMQError):
        return False
    finally:
        client.close(linger=0)
        context.term()


if __name__ == "__main__":
    sys.exit(0 if answers(*sys.argv[1:3]) else 1)
