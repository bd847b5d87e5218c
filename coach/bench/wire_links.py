"""How long an observation takes over lines as there are between rooms and houses, as it is and as JPEG.

The pictures are noise with the spectrum of photographs, and the sensor's own noise on it: JPEG finds in them what it
finds in a kitchen, and no more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from coach.bench.report import Row
from coach.bench.wire_lines import line
from coach.bench.wire_payload import KEPT_QUALITY, OURS

LINKS = ((10.0, 40.0), (20.0, 20.0), (100.0, 5.0), (1000.0, 1.0))  # Mbit/s, ms there and back
SIZES = {"photo_a": "3×224×224×3", "photo_b": "3×480×640×3"}
PATHS = {"tcp_curve": "as they are", "jpeg": f"JPEG {KEPT_QUALITY} where it helps"}
OPENPI = {"openpi": "openpi websocket"}
SETTLING, TRIPS = 4, 3  # round trips until the bandwidth is known, and of one round


def rows(rounds: int, keys: str, openpi: bool, tell: Callable[[str], None]) -> Iterator[Row]:
    """Latency over each line, ms. Encrypted, but for the peer."""
    paths = {**PATHS, **(OPENPI if openpi else {})}
    for mbit, delay_ms in LINKS:
        tell(f"{mbit:g} Mbit/s, {delay_ms:g} ms")
        with contextlib.ExitStack() as stack:
            lines = [stack.enter_context(line(name, keys, (mbit, delay_ms))) for name in paths]
            for size, pixels in SIZES.items():
                label = f"{mbit:g} Mbit/s, {delay_ms:g} ms there and back, photographs {pixels}, "
                times: dict[str, list[float]] = {name: [] for name in paths}
                for each in lines:
                    each.ask(size, SETTLING if each.name in OURS else 1)
                for _ in range(rounds):
                    for each in lines:
                        told = each.ask(size, TRIPS)
                        times[each.name] += [us / 1e3 for us in told["us"]]
                        if each.name == "jpeg":
                            chosen = f" (chose {told['pictures']}; {told['mbit']:.3g} Mbit/s measured)"
                for name, words in paths.items():
                    yield Row.of(label + words + (chosen if name == "jpeg" else ""), "ms", times[name])
