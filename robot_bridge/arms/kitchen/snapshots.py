"""A kitchen as bytes, and back: NumPy's own format, no pickle."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from robot_bridge.arms.kitchen.engine import load_mujoco
from robot_bridge.arms.kitchen.layout import Layout, LayoutObject
from robot_bridge.arms.kitchen.objects import slots
from robot_bridge.protocol.errors import UsageError

_STATE = ("qpos", "qvel", "act", "ctrl", "eq_active", "qacc_warmstart")


@dataclass(frozen=True)
class Kept:
    """The state of a simulation that its future depends on, and what its objects are."""

    arrays: dict[str, np.ndarray]
    objects: dict[str, LayoutObject]


def collect(model: Any, data: Any, objects: dict[str, LayoutObject]) -> Kept:
    """Copies; hold the kitchen's lock meanwhile."""
    arrays = {name: np.array(getattr(data, name)) for name in _STATE}
    return Kept({**arrays, "eq_data": model.eq_data.copy(), "time": np.array(data.time)}, dict(objects))


def pack(kept: Kept) -> bytes:
    buffer = io.BytesIO()
    things = json.dumps({slot: asdict(thing) for slot, thing in kept.objects.items()})
    columns: dict[str, Any] = {**kept.arrays, "objects": np.array(things)}
    np.savez_compressed(buffer, **columns)
    return buffer.getvalue()


def unpack(snapshot: bytes, data: Any) -> Kept:
    """Read a snapshot that fits a simulation.

    Raises:
        UsageError: other bytes, damaged, or of another model.
    """
    try:
        with np.load(io.BytesIO(snapshot), allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in (*_STATE, "eq_data", "time")}
            things = json.loads(str(saved["objects"]))
        objects = {slot: LayoutObject(**{**t, "position": tuple(t["position"])}) for slot, t in things.items()}
        Layout(tuple(objects.values()))
        if any(np.shape(getattr(data, name)) != arrays[name].shape for name in _STATE) or not set(objects) <= set(
            slots()
        ):
            raise ValueError("it is of another kitchen")
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("it holds a number that is not finite")
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(f"these bytes are not a snapshot of the kitchen ({error})") from None
    return Kept(arrays, objects)


def apply(kept: Kept, model: Any, data: Any) -> None:
    """Set the simulation to it; hold the kitchen's lock meanwhile."""
    for name in _STATE:
        getattr(data, name)[:] = kept.arrays[name]
    model.eq_data[:], data.time = kept.arrays["eq_data"], float(kept.arrays["time"])
    load_mujoco().mj_forward(model, data)
    data.qacc_warmstart[:] = kept.arrays["qacc_warmstart"]
