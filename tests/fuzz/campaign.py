"""`python tests/fuzz/campaign.py`: so many broken messages against each socket, and the figures as JSON.

A target that is done stands in the file at once, so that an interrupted campaign keeps what it has.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from fuzz_lines import KINDS
from mutations import mutate, seeds

from coach.bench.report import commit, machine

BATCH = 50
WARM = 20  # the first twentieth may grow the memory to its working size


def fuzz(kind: str, count: int, seed: int) -> dict:
    """Fire at one socket; raises where something is not answered, dies or hangs."""
    target, chance, right = KINDS[kind](kind), random.Random(seed), seeds()
    began_s, warm_mb, most_mb, sent = time.monotonic(), 0.0, 0.0, 0
    try:
        while sent < count:
            target.exchange([mutate(chance, chance.choice(right)) for _ in range(BATCH)])
            sent += BATCH
            if not warm_mb and sent >= count // WARM:
                warm_mb = target.memory_mb()
            if sent % 5000 == 0:
                most_mb = max(most_mb, target.memory_mb())
            if sent % 50_000 == 0:
                print(kind, sent, f"{target.memory_mb():.1f} MB", dict(target.codes), file=sys.stderr, flush=True)
        target.check_alive()
        end_mb = target.memory_mb()
    finally:
        target.close()
    return {
        "messages": sent, "seconds": round(time.monotonic() - began_s, 1), "answers": dict(target.codes.most_common()),
        "memory_mb": {"warm": round(warm_mb, 1), "most": round(max(most_mb, end_mb), 1), "end": round(end_mb, 1)},
        "growth_mb": round(end_mb - warm_mb, 1), "crashes": 0, "hangs": 0,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N", help="for each socket")
    parser.add_argument("--sockets", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON, what is in it of other sockets is kept")
    args = parser.parse_args()
    command = f"make fuzz FUZZ_MESSAGES={args.messages}"
    table = {"bench": "fuzz", "command": command, "seed": args.seed, "machine": machine(), "commit": commit()}
    known = json.loads(args.out.read_text()) if args.out and args.out.exists() else {}
    sockets = known.get("sockets", {})
    for kind in args.sockets:
        sockets[kind] = fuzz(kind, args.messages, args.seed)
        print(kind, sockets[kind], flush=True)
        if args.out:
            args.out.write_text(json.dumps({**table, "sockets": sockets}, indent=1) + "\n")


if __name__ == "__main__":
    main()
