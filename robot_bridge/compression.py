"""Whether pictures travel to the policy as they are or as JPEG: whatever is expected to be there first."""

from __future__ import annotations

import statistics
from collections import deque

REMEMBERED = 8  # answers from which the bandwidth is taken, and messages from which the time to compress is
MEASURABLE_BYTES = 16 << 10  # less says nothing about a bandwidth
RATIO = 0.25  # JPEG ÷ raw, until it is known
CODING_S = 4e-9  # a byte to compress, until it is known
DECODING = 1.8  # time to decompress ÷ time to compress
ENOUGH = 4  # messages compressed before their time is held against compressing
TRY_AGAIN = 30  # messages sent as they are before what compressing took is forgotten: the processor may be free again
HYSTERESIS = 0.8  # the other way must promise this fraction of the time


class Compression:
    """For one line.

    The bandwidth is the best of the last answers, since everything else that takes time, such as waiting for a busy
    policy, can only make it look smaller. The time to compress is the median of the last messages: what a processor
    that is always busy takes counts, a single stall does not.

    Args:
        quality: of JPEG, 1 to 95; 0: pictures always travel as they are.
        local: the policy is on this machine, so that a fast line is assumed until it proves slow.
    """

    def __init__(self, quality: int, local: bool) -> None:
        self._quality = quality
        self._active = bool(quality) and not local
        self._ratio = RATIO
        self._codings_s: deque[float] = deque(maxlen=REMEMBERED)  # for each byte
        self._plain = 0  # messages since one was compressed
        self._round_trip_s = float("inf")
        self._bits_per_s: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def quality(self) -> int:
        """Of the next message; 0: as they are."""
        return self._quality if self._active else 0

    @property
    def bandwidth_mbit(self) -> float | None:
        """Measured, or None as long as it has not been."""
        return max(self._bits_per_s) / 1e6 if self._bits_per_s else None

    def compressed(self, raw_bytes: int, sent_bytes: int, took_s: float) -> None:
        """Learn from a message that was compressed."""
        self._plain = 0
        if raw_bytes >= MEASURABLE_BYTES:
            self._ratio = 0.5 * self._ratio + 0.5 * sent_bytes / raw_bytes
            self._codings_s.append(took_s / raw_bytes)

    def answered(self, raw_bytes: int, sent_bytes: int, took_s: float, computed_s: float) -> None:
        """Learn from an answer.

        Args:
            raw_bytes: of the message as it is; sent_bytes: of what was sent in its place.
            took_s: from sending to the answer, without compressing; computed_s: the policy's own part of it.
        """
        travelled_s = max(took_s - computed_s, 1e-6)
        if sent_bytes < MEASURABLE_BYTES:
            self._round_trip_s = min(self._round_trip_s, travelled_s)
            return
        self._plain += 1
        if self._plain > TRY_AGAIN:
            self._codings_s.clear()
        if sent_bytes < raw_bytes:
            travelled_s -= DECODING * self._coding_s() * raw_bytes
        rest_s = 0.0 if self._round_trip_s == float("inf") else self._round_trip_s
        self._bits_per_s.append(8 * sent_bytes / max(travelled_s - rest_s, 0.1 * travelled_s, 1e-6))
        self._decide(raw_bytes)

    def _coding_s(self) -> float:
        return statistics.median(self._codings_s) if len(self._codings_s) >= ENOUGH else CODING_S

    def _decide(self, raw_bytes: int) -> None:
        seconds_a_byte = 8 / max(self._bits_per_s)
        raw_s = raw_bytes * seconds_a_byte
        jpeg_s = raw_bytes * (self._ratio * seconds_a_byte + (1 + DECODING) * self._coding_s())
        if self._active and raw_s < HYSTERESIS * jpeg_s:
            self._active = False
        elif not self._active and jpeg_s < HYSTERESIS * raw_s:
            self._active = bool(self._quality)
