"""`coach doctor`: is everything there, and if not, which command mends it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from coach.doctor.check import Check

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach doctor
coach doctor --json"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"{parser.epilog}\n\nThe status is 1 where something is missing that the robot cannot work without."


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.doctor import devices, network, software, speech

    checks: list[tuple[str, Callable[[Config], Check]]] = [
        ("python", software.check_python), ("packages", software.check_packages), ("disk", software.check_disk),
        ("home", software.check_home), ("memory", software.check_memory), ("weights", software.check_weights),
        ("arms", devices.check_arms), ("policy", network.check_policy), ("bridge", network.check_bridge),
        ("events", network.check_events), ("keys", network.check_keys), ("controls", devices.check_controls),
        ("microphone", devices.check_microphone),
        ("ears", speech.check_ears), ("stop word", speech.check_stop_word), ("voice", speech.check_voice),
        ("gpu", devices.check_gpu),
    ]  # fmt: skip
    found = []
    for name, check in checks:
        found.append(_guarded(name, check, config))
        if not args.json:
            print(_line(found[-1]), flush=True)
    missing = [c for c in found if c.needed and not c.ok]
    if args.json:
        print(json.dumps({"checks": [c.to_json() for c in found]}, ensure_ascii=False))
    else:
        names = ", ".join(c.name for c in missing)
        print(f"\nnot ready: {names}" if missing else "\nready", file=sys.stderr)
    return 1 if missing else 0


def _guarded(name: str, check: Callable[[Config], Check], config: Config) -> Check:
    """A check that fails in a way nobody thought of is a finding too, and the others still run."""
    try:
        return check(config)
    except Exception as error:
        return Check(name, False, f"the check itself failed: {type(error).__name__}: {error}", "report this sentence")


def _line(check: Check) -> str:
    mark = "ok  " if check.ok else "FAIL" if check.needed else "note"
    told = f"{mark}  {check.name:10}  {check.detail}"
    return told + (f"\n                  mend: {check.mend}" if check.mend and not check.ok else "")
