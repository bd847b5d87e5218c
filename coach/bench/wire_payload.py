"""What every path of `coach bench wire` carries, and how a path is told from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

STATE, HORIZON, WIDTH = 38, 50, 38
CAMERAS = ("base", "left", "right")
PROMPT = "put the red cup in the sink"
THOUGHT = ("reason: the red cup is on the counter and goes in the sink\nsubtask: pick up the red cup\n" * 3)[:200]
SIZES = {"a": (224, 224), "b": (480, 640)}
SENSOR_NOISE = 2.0  # grey levels
KEPT_QUALITY = 90  # of JPEG, as `jpeg_quality` of the configuration


@dataclass(frozen=True)
class OurWay:
    """One way of ours to the policy.

    Args:
        shared: pictures through shared memory.
        quality: of JPEG, where it helps.
    """

    title: str
    shared: bool = False
    encrypted: bool = False
    quality: int = 0


OURS = {
    "shared_curve": OurWay("shared memory + CURVE", shared=True, encrypted=True),
    "shared": OurWay("shared memory", shared=True),
    "tcp": OurWay("TCP"),
    "tcp_curve": OurWay("TCP + CURVE", encrypted=True),
    "jpeg": OurWay("TCP + CURVE, JPEG", encrypted=True, quality=KEPT_QUALITY),
}


@dataclass(frozen=True)
class Payload:
    """One observation. `images` is camera → uint8[height, width, 3]."""

    images: dict[str, np.ndarray]
    state: np.ndarray


class Path(Protocol):
    """A client of one way to serve a policy."""

    def round_trip(self, payload: Payload) -> np.ndarray:
        """float32[50, 38], from a server that does nothing but answer."""
        ...

    def close(self) -> None: ...


def payload(size: str) -> Payload:
    """`a`, `b`: noise, so that nothing on the way compresses or seems to; `photo_a`, `photo_b`: as photographs are."""
    kind, _, name = size.rpartition("_")
    height, width = SIZES[name]
    noise = np.random.default_rng(0)
    if kind == "photo":
        images = {camera: photograph(height, width, noise) for camera in CAMERAS}
    else:
        images = {camera: noise.integers(0, 256, (height, width, 3), np.uint8) for camera in CAMERAS}
    return Payload(images, noise.random(STATE, np.float32))


def photograph(height: int, width: int, noise: np.random.Generator) -> np.ndarray:
    """uint8[height, width, 3] whose amplitudes fall with frequency as those of photographs do.

    Source: D. J. Field, Relations between the statistics of natural images, J. Opt. Soc. Am. A 4 (1987).
    """
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1.0
    planes = []
    for _ in range(4):  # what the colours share, then each colour's own
        waves = noise.standard_normal((2, *frequency.shape))
        plane = np.fft.irfft2((waves[0] + 1j * waves[1]) / frequency, (height, width))
        planes.append((plane - plane.mean()) / plane.std())
    colours = 0.8 * planes[0][..., None] + 0.2 * np.stack(planes[1:], -1)
    grain = noise.normal(0.0, SENSOR_NOISE, colours.shape)
    return np.clip(128 + 50 * colours + grain, 0, 255).astype(np.uint8)


def answer() -> np.ndarray:
    """The chunk that every server answers with."""
    return np.arange(HORIZON * WIDTH, dtype=np.float32).reshape(HORIZON, WIDTH)
