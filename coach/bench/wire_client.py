"""`python -m coach.bench.wire_client NAME ADDRESS [KEY_FOLDER]`: one client of `coach bench wire`.

Each line of its input, `SIZE TRIPS`, is answered by one line of JSON: the µs of each round trip, how often the pictures
were copied, and what happened to them on the way.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from coach.bench.wire_payload import OURS, Path, answer, payload

WARM_UP = 3


def connect(name: str, address: str, keys: str) -> Path:
    """A client of the path with this name."""
    if name in OURS:
        from coach.bench.wire_ours import Ours

        return Ours(address, keys, OURS[name])
    if name == "openpi":
        from coach.bench.wire_openpi import OpenPi

        return OpenPi(address, keys)
    if name == "gr00t":
        from coach.bench.wire_gr00t import Gr00tLike

        return Gr00tLike(address, keys)
    from coach.bench.wire_lerobot import LeRobotLike

    return LeRobotLike(address, keys)


def main(name: str, address: str, keys: str = "") -> None:
    """Until the input ends. Raises: ValueError: an answer was not what its server sent."""
    client, warm, seen = connect(name, address, keys), "", None
    for line in sys.stdin:
        size, trips = line.split()
        if size != warm or seen is None:
            warm, seen = size, payload(size)
            for _ in range(WARM_UP):
                if not np.array_equal(client.round_trip(seen), answer()):
                    raise ValueError(f"the answer over {name} was not what its server sent")
        times = []
        for _ in range(int(trips)):
            asked_s = time.perf_counter()
            client.round_trip(seen)
            times.append((time.perf_counter() - asked_s) * 1e6)
        told: dict[str, object] = getattr(client, "told", dict)()
        print(json.dumps({"us": times, **told}), flush=True)
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
