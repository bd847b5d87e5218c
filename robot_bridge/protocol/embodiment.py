"""The body of a robot: names, limits and cameras from a YAML file, and the way to and from 38 numbers.

A missing limit is an error, and a zero velocity limit means "this joint does not move": a body file that
says too little fails closed.
"""

from __future__ import annotations

import math
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import yaml

from robot_bridge.protocol.errors import EmbodimentError
from robot_bridge.protocol.messages import WIDTH

OPEN_ENOUGH = 0.75  # a gripper opened less than this fraction of its resting opening may hold something


class Joint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number of a body's state and action.

    Args:
        lower, upper: position limits in `unit`.
        velocity: greatest speed in `unit`/s, never negative.
        acceleration: greatest acceleration in `unit`/s².
        home: position of the resting pose.
        hand: `left` or `right`.
        gripper: the joint opens and closes a gripper.
    """

    name: str
    lower: float
    upper: float
    velocity: float
    acceleration: float
    home: float
    hand: Literal["left", "right"]
    unit: Literal["rad", "m"] = "rad"
    gripper: bool = False


class Camera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture source. `width` and `height` are in pixels."""

    name: str
    width: int
    height: int


class Workspace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the hands may be, for arms that know their own shape.

    Args:
        lower, upper: corners of a box in m, in the frame of the arms' model; both hands stay inside.
        margin_m: links that are not neighbours come no nearer to each other than this.
    """

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    margin_m: float

    @property
    def usable(self) -> bool:
        """Whether every limit is there: an empty box or no margin means that nothing moves."""
        numbers = (*self.lower, *self.upper, self.margin_m)
        box = all(low < high for low, high in zip(self.lower, self.upper, strict=True))
        return all(map(math.isfinite, numbers)) and box and self.margin_m > 0


class Embodiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body. Its `joints` come in the order of the state vector; `workspace` is for arms that know their shape."""

    name: str
    description: str
    control_hz: float
    camera_hz: float
    joints: tuple[Joint, ...]
    cameras: tuple[Camera, ...]
    workspace: Workspace | None = None

    @property
    def width(self) -> int:
        return len(self.joints)

    @property
    def limits(self) -> np.ndarray:
        """float32[width, 2], lower and upper."""
        return np.array([(j.lower, j.upper) for j in self.joints], np.float32)

    @property
    def velocity_limits(self) -> np.ndarray:
        """float32[width], units per second."""
        return np.array([j.velocity for j in self.joints], np.float32)

    @property
    def acceleration_limits(self) -> np.ndarray:
        """float32[width], units per second squared."""
        return np.array([j.acceleration for j in self.joints], np.float32)

    @property
    def home(self) -> np.ndarray:
        """float32[width], the resting pose."""
        return np.array([j.home for j in self.joints], np.float32)

    def pad(self, vector: np.ndarray) -> np.ndarray:
        """float32[…, width] → float32[…, 38], zeros behind.

        Raises:
            EmbodimentError: another width.
        """
        if vector.shape[-1] != self.width:
            raise EmbodimentError(f"a vector of {vector.shape[-1]} numbers", f"{self.width}, the width of {self.name}")
        padded = np.zeros((*vector.shape[:-1], WIDTH), np.float32)
        padded[..., : self.width] = vector
        return padded

    def unpad(self, vector: np.ndarray) -> np.ndarray:
        """float32[…, 38] → float32[…, width], for vectors on their way to the robot.

        Raises:
            EmbodimentError: wrong shape or dtype, a number that is not finite, or a number behind the width
                that is not zero (the sender means another body).
        """
        if vector.shape[-1:] != (WIDTH,) or vector.dtype != np.float32:
            raise EmbodimentError(f"an action of {vector.dtype}{list(vector.shape)}", f"float32[…, {WIDTH}]")
        if not np.isfinite(vector).all():
            raise EmbodimentError("an action with a number that is not finite", "finite numbers")
        if np.any(vector[..., self.width :]):
            raise EmbodimentError(f"an action that moves more than {self.width} joints",
                                  f"zeros behind number {self.width}, the width of {self.name}")  # fmt: skip
        return vector[..., : self.width]


def load_embodiment(source: str | Path) -> Embodiment:
    """A body by the name of a packaged file (`kitchen`) or by the path of a YAML file.

    Raises:
        EmbodimentError: the file is missing, misspelt or contradicts itself.
    """
    packaged = resources.files("robot_bridge.protocol") / "bodies" / f"{source}.yaml"
    path = packaged if packaged.is_file() else Path(source)
    try:
        body = msgspec.convert(yaml.safe_load(path.read_text("utf-8")), Embodiment)
    except OSError:
        names = ", ".join(sorted(p.name[:-5] for p in packaged.parent.iterdir() if p.name.endswith(".yaml")))  # type: ignore[attr-defined]
        raise EmbodimentError(f"no body '{source}'", f"{names}, or the path of a YAML file") from None
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise EmbodimentError(
            f"body file {source}: {error}", next_step="compare it with the packaged kitchen.yaml"
        ) from None
    _check(body)
    return body


def _check(body: Embodiment) -> None:
    if not 0 < body.width <= WIDTH:
        raise EmbodimentError(f"body {body.name} has {body.width} joints", f"1 to {WIDTH}")
    for joint in body.joints:
        if not joint.lower < joint.upper or not joint.lower <= joint.home <= joint.upper:
            raise EmbodimentError(f"joint {joint.name}: lower {joint.lower}, home {joint.home}, upper {joint.upper}",
                                  "lower < upper and home between them")  # fmt: skip
        if joint.velocity < 0 or joint.acceleration < 0:
            raise EmbodimentError(f"joint {joint.name} has a negative limit", "0 (does not move) or more")
    for names in ([j.name for j in body.joints], [c.name for c in body.cameras]):
        if len(set(names)) != len(names):
            raise EmbodimentError(f"body {body.name} uses a name twice: {', '.join(names)}")
