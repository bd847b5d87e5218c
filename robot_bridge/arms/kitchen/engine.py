"""The one place that imports MuJoCo, with a way to draw without a screen.

EGL is tried first, then OSMesa. With neither, physics still works and only drawing fails.
"""

from __future__ import annotations

import ctypes.util
import functools
import os
from typing import Any

from robot_bridge.protocol.errors import CoachError

MEND = "sudo apt-get install -y libegl1 libegl-mesa0 libgl1-mesa-dri libopengl0 libgbm1   (or: libosmesa6)"


class RenderError(CoachError):
    """The machine cannot draw pictures."""

    code = "render"


@functools.cache
def load_mujoco() -> Any:
    """The `mujoco` module. Respects a MUJOCO_GL that the person has set.

    Raises:
        RenderError: MUJOCO_GL names a library that is not there.
    """
    if "MUJOCO_GL" not in os.environ:
        found = [name for name, library in (("egl", "EGL"), ("osmesa", "OSMesa")) if ctypes.util.find_library(library)]
        os.environ["MUJOCO_GL"] = found[0] if found else "disable"
    try:
        import mujoco
    except (ImportError, AttributeError, OSError) as error:
        raise RenderError(f"MuJoCo cannot start with MUJOCO_GL={os.environ['MUJOCO_GL']}: {error}", "egl, osmesa",
                          f"install a GL library: {MEND}") from None  # fmt: skip
    return mujoco


def make_renderer(model: Any, size: int) -> Any:
    """A renderer of `size` × `size` px whose GL context belongs to the calling thread.

    Raises:
        RenderError: no GL library, or it cannot open a context.
    """
    mujoco = load_mujoco()
    try:
        return mujoco.Renderer(model, size, size)
    except Exception as error:  # the GL layers raise plain RuntimeError, ImportError or AttributeError
        raise RenderError(f"pictures cannot be drawn ({error})", next_step=f"install a GL library: {MEND}") from None
