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
    """The `mujoco` module. Respects a MUJOCO_GL that the person has set; else picks what is there.

    Raises:
        RenderError: the person's MUJOCO_GL does not work here.
    """
    chosen = os.environ.get("MUJOCO_GL")
    if chosen is not None:
        return _import(chosen)
    found = [name for name, library in (("egl", "EGL"), ("osmesa", "OSMesa")) if ctypes.util.find_library(library)]
    try:
        return _import((found or ["disable"])[0])
    except RenderError:  # a library without its other half: physics needs none
        return _import("disable")


def _import(backend: str) -> Any:
    os.environ["MUJOCO_GL"] = backend
    try:
        import mujoco
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        raise RenderError(f"MuJoCo cannot start with MUJOCO_GL={backend} ({error})", "egl, osmesa, disable",
                          f"unset MUJOCO_GL, or install a GL library: {MEND}") from None  # fmt: skip
    return mujoco


def make_renderer(model: Any, size: int) -> Any:
    """A renderer of `size` × `size` px whose GL context belongs to the calling thread.

    Raises:
        RenderError: no GL library, or it cannot open a context.
    """
    mujoco = load_mujoco()
    if not hasattr(mujoco, "GLContext"):
        raise RenderError(
            "pictures cannot be drawn without a GL library", next_step=f"unset MUJOCO_GL, or install one: {MEND}"
        )
    try:
        return mujoco.Renderer(model, size, size)
    except Exception as error:  # the GL layers raise plain RuntimeError, ImportError or AttributeError
        raise RenderError(f"pictures cannot be drawn ({error})", next_step=f"install a GL library: {MEND}") from None
