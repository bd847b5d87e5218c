"""`python -m coach.bench.wire_server KIND [KEY_FOLDER or HOW]`: a server of `coach bench`; prints its address."""

from __future__ import annotations

import importlib
import sys

KINDS = ("ours", "openpi", "gr00t", "lerobot", "serving")


def main(kind: str, folder: str = "") -> None:
    """Serve until ended. Raises: KeyError: there is no such kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    module = importlib.import_module(f"coach.bench.wire_{kind}")
    module.serve(folder, lambda address: print(address, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
