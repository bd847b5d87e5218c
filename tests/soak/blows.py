"""What is done to the processes of a soak, what comes of it, and whether that is good enough."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

STILL_MS, BACK_S = 20.0, 3.0
FOLLOWED = ("policy", "ui")  # the processes without which the arms have to hold


@dataclass
class Blow:
    """One thing done to one process, and what came of it.

    Args:
        gone_ms: from the signal to the end of the process, whose connections the system has closed by then.
        still_ms: from there to the first target without speed.
    """

    process: str
    kind: str
    at_s: float
    moving: bool
    gone_ms: float | None = None
    still_ms: float | None = None
    back_s: float | None = None
    said: bool = False


def _interval(good: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, good / of
    middle, spread = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return abs(round((middle - spread) / (1 + z * z / of), 4)), round((middle + spread) / (1 + z * z / of), 4)


def summary(blows: list[Blow]) -> dict:
    """What the blows came to, process by process."""
    rows = {}
    for name in ("ui", "bridge", "policy", "ui parent", "bridge parent", "policy parent", "policy frozen"):
        process = name.removesuffix(" frozen")
        kind = "frozen" if "frozen" in name else "killed"
        back = [b.back_s for b in blows if (b.process, b.kind) == (process, kind) and b.back_s is not None]
        struck = sum((b.process, b.kind) == (process, kind) for b in blows)
        quick = sum(s <= BACK_S for s in back)
        rows[name] = {
            "times": struck, "came_back": len(back), "within_3_s": quick, "within_3_s_ci95": _interval(quick, struck),
            "back_s": [round(float(x), 2) for x in np.percentile(back, (50, 95, 100))] if back else [],
            "said": sum(b.said for b in blows if (b.process, b.kind) == (process, kind)),
        }  # fmt: skip
    return {
        "kills": sum(b.kind == "killed" for b in blows), "processes": rows,
        "gone_ms_after_the_kill": {name: _spread(b.gone_ms for b in blows if b.process == name)
                                   for name in FOLLOWED},
        "arms_still_ms_after_it_was_gone": {name: _spread(b.still_ms for b in blows if b.process == name)
                                            for name in FOLLOWED},
        "bars": bars(blows),
    }  # fmt: skip


def _spread(found: Iterable[float | None]) -> dict:
    values = [value for value in found if value is not None]
    p50, p95, most = (round(float(x), 1) for x in np.percentile(values, (50, 95, 100))) if values else (None,) * 3
    return {"times": len(values), "p50": p50, "p95": p95, "max": most}


def bars(blows: list[Blow]) -> dict[str, str]:
    """Each bar, and whether it is met."""
    measured = [(f"arms still within {STILL_MS:g} ms of the end of the {name}", STILL_MS, "ms",
             [b.still_ms for b in blows if b.process == name and b.still_ms is not None])
            for name in FOLLOWED]  # fmt: skip
    measured += [(f"{name} back within {BACK_S:g} s", BACK_S, "s",
              [b.back_s or math.inf for b in blows if b.process == name])
             for name in sorted({b.process for b in blows})]  # fmt: skip
    told = {}
    if blows:
        mute = sum(not b.said for b in blows)
        told[f"said within {BACK_S:g} s"] = f"{'MISSED' if mute else 'met'} {mute or len(blows)} of {len(blows)} times"
    for what, most, unit, found in measured:
        late = [value for value in found if value > most]
        told[what] = f"MISSED {len(late)} of {len(found)} times, at most {max(late):.3g} {unit}" if late else (
            f"met {len(found)} of {len(found)} times" if found else "not measured: it never came to that")  # fmt: skip
    return told
