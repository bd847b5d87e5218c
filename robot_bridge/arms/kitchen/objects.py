"""The things on the counter: kinds, colours and what they are built of.

Every kind exists as `COPIES` bodies in the one compiled model (`cup0`, `cup1`). Geoms are named
`<slot>/<role><n>`; the role says how a layout colours them: `paint` the object's colour, `shade` the same
darker, `stain` brown when dirty and invisible when clean, `trim` as built.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

COPIES = 2
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.82, 0.07, 0.07),
    "blue": (0.10, 0.25, 0.90),
    "green": (0.05, 0.60, 0.15),
    "yellow": (1.00, 0.84, 0.05),
    "white": (1.00, 1.00, 1.00),
}
STAIN = (0.23, 0.11, 0.03)
SHADE = 0.6


@dataclass(frozen=True)
class Kind:
    """What a kind of object is like. Lengths in m.

    Args:
        radius: of the circle around its footprint.
        height: of its top above the surface it stands on.
        half_width: half of what lies between the fingers when it is held.
        grip_height: of the pinch point above the surface.
        opening: finger opening on approach.
        rim: radius of the rim that is pinched; 0 where the object is held around its middle.
        box: it has a long side, so that the fingers must close across the short one.
        dish: it can be dirty.
    """

    name: str
    radius: float
    height: float
    half_width: float
    grip_height: float
    opening: float = 0.048
    rim: float = 0.0
    box: bool = False
    dish: bool = False


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("plate", 0.072, 0.026, 0.004, 0.030, opening=0.030, rim=0.068, dish=True),
        Kind("cup", 0.031, 0.080, 0.031, 0.052, dish=True),
        Kind("bowl", 0.053, 0.046, 0.004, 0.042, opening=0.030, rim=0.049, dish=True),
        Kind("sponge", 0.039, 0.032, 0.025, 0.026, opening=0.040, box=True),
        Kind("towel", 0.055, 0.030, 0.026, 0.026, opening=0.041, box=True),
        Kind("bottle", 0.026, 0.128, 0.026, 0.062),
    )
}


@dataclass(frozen=True)
class ObjectState:
    """An object as it is now.

    Args:
        slot: its body in the model, unique in a scene.
        position: float[3] in m, of the middle of its underside.
        yaw: rad; tilt: rad between its axis and the vertical.
        place: `counter`, a receptacle, `left hand`, `right hand` or `floor`.
    """

    slot: str
    name: str
    kind: str
    colour: str
    position: np.ndarray
    yaw: float
    tilt: float
    dirty: bool
    place: str

    @property
    def centre(self) -> np.ndarray:
        """float[3], half-way up."""
        up = np.array([0, 0, KINDS[self.kind].height / 2]) if self.tilt < 0.5 else np.zeros(3)
        return self.position + up


_SOLID = 'condim="4" friction="1 .02 .0005" solimp=".95 .99 .001" solref=".006 1"'
_GHOST = 'contype="0" conaffinity="0" mass="0"'
_RING = 12


def slots() -> list[str]:
    """Names of all object bodies in the model: `plate0`, `plate1`, `cup0`, …"""
    return [f"{kind}{i}" for kind in KINDS for i in range(COPIES)]


def object_xml(slot: str) -> str:
    """MJCF of one body with a free joint, standing on its own z = 0."""
    parts = {"plate": _plate, "cup": _cup, "bowl": _bowl, "sponge": _sponge, "towel": _towel, "bottle": _bottle}
    geoms = "".join(f'<geom name="{slot}/{role}{n}" {shape}/>' for n, (role, shape) in enumerate(parts[slot[:-1]]()))
    return f'<body name="{slot}" gravcomp="0"><freejoint name="{slot}"/>{geoms}</body>'


Parts = list[tuple[str, str]]


def _cylinder(radius: float, z0: float, z1: float, extra: str) -> str:
    return f'type="cylinder" size="{radius} {(z1 - z0) / 2:.4f}" pos="0 0 {(z0 + z1) / 2:.4f}" {extra}'


def _box(half: tuple[float, float, float], pos: tuple[float, float, float], extra: str) -> str:
    return f'type="box" size="{half[0]} {half[1]} {half[2]}" pos="{pos[0]} {pos[1]} {pos[2]}" {extra}'


def _ring(radius: float, z0: float, z1: float, half_thick: float, extra: str) -> list[str]:
    """A wall of flat facets; `radius` is that of its middle line."""
    half = radius * math.tan(math.pi / _RING) + half_thick * 0.3
    out = []
    for i in range(_RING):
        a = 2 * math.pi * i / _RING
        out.append(
            f'type="box" size="{half_thick} {half:.4f} {(z1 - z0) / 2:.4f}" euler="0 0 {a:.4f}" '
            f'pos="{radius * math.cos(a):.4f} {radius * math.sin(a):.4f} {(z0 + z1) / 2:.4f}" {extra}'
        )
    return out


def _plate() -> Parts:
    solid = f'density="500" {_SOLID}'
    parts = [("paint", _cylinder(0.068, 0, 0.008, solid))]
    parts += [("paint", ring) for ring in _ring(0.068, 0.008, 0.026, 0.004, solid)]
    parts += [
        ("stain", _cylinder(0.036, 0.008, 0.0095, _GHOST)),
        ("stain", _box((0.016, 0.012, 0.010), (0.03, 0.03, 0), _GHOST)),
    ]
    return parts


def _bowl() -> Parts:
    solid = f'density="500" {_SOLID}'
    parts = [("paint", _cylinder(0.049, 0, 0.008, solid)), ("shade", _cylinder(0.046, 0.008, 0.010, _GHOST))]
    parts += [("paint", ring) for ring in _ring(0.049, 0.008, 0.046, 0.004, solid)]
    parts += [
        ("stain", _cylinder(0.044, 0.010, 0.026, _GHOST)),
        ("stain", _box((0.050, 0.010, 0.010), (0.006, 0, 0.032), _GHOST)),
    ]
    return parts


def _cup() -> Parts:
    return [
        ("paint", _cylinder(0.031, 0, 0.080, f'density="300" {_SOLID}')),
        ("shade", _cylinder(0.026, 0.080, 0.0806, _GHOST)),
        ("stain", _cylinder(0.0268, 0.080, 0.0815, _GHOST)),
        ("stain", _cylinder(0.0318, 0.028, 0.050, _GHOST)),
    ]


def _sponge() -> Parts:
    return [("paint", _box((0.030, 0.025, 0.016), (0, 0, 0.016), f'density="150" {_SOLID}'))]


def _towel() -> Parts:
    parts = [("paint", _box((0.048, 0.026, 0.014), (0, 0, 0.014), f'density="200" {_SOLID}'))]
    parts += [("shade", _box((0.006, 0.0262, 0.0142), (x, 0, 0.0142), _GHOST)) for x in (-0.028, 0.028)]
    return parts


def _bottle() -> Parts:
    return [
        ("paint", _cylinder(0.026, 0, 0.086, f'density="500" {_SOLID}')),
        ("paint", _cylinder(0.012, 0.086, 0.112, f'density="300" {_SOLID}')),
        ("trim", _cylinder(0.014, 0.112, 0.128, f'density="300" rgba=".12 .12 .13 1" {_SOLID}')),
    ]
