"""Drawing the kitchen, from any thread, and where a point is in a picture."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from robot_bridge.arms.kitchen.engine import load_mujoco, make_renderer
from robot_bridge.arms.kitchen.scene import CAMERAS
from robot_bridge.protocol.thought import Where


class Painter:
    """Draws copies of the simulation's state. Each thread gets its own GL context, on first use."""

    def __init__(self, model: Any, size: int) -> None:
        self._model, self._size = model, size
        model.vis.global_.offwidth = model.vis.global_.offheight = size
        self._mine = threading.local()

    def paint(self, data: Any, lock: Any, cameras: list[str]) -> dict[str, np.ndarray]:
        """Camera → uint8[size, size, 3]. Holds the lock only while it copies.

        Raises:
            RenderError: no GL library.
        """
        mujoco = load_mujoco()
        if not hasattr(self._mine, "renderer"):
            self._mine.renderer, self._mine.data = make_renderer(self._model, self._size), mujoco.MjData(self._model)
        renderer, copy = self._mine.renderer, self._mine.data
        with lock:
            copy.qpos[:], copy.time = data.qpos, data.time
        mujoco.mj_kinematics(self._model, copy)
        mujoco.mj_comPos(self._model, copy)
        mujoco.mj_camlight(self._model, copy)
        pictures = {}
        for camera in cameras:
            renderer.update_scene(copy, camera=CAMERAS[camera])
            pictures[camera] = renderer.render()
        return pictures

    def close(self) -> None:
        """Free the calling thread's GL context; those of other threads go with their threads."""
        if hasattr(self._mine, "renderer"):
            self._mine.renderer.close()
            del self._mine.renderer


def project(model: Any, data: Any, camera: str, point: np.ndarray) -> Where:
    """Where a point (float[3], m, world frame) is in a camera's square picture, clipped to its edge."""
    index = model.camera(CAMERAS[camera]).id
    seen = data.cam_xmat[index].reshape(3, 3).T @ (np.asarray(point) - data.cam_xpos[index])
    scale = 0.5 / np.tan(np.deg2rad(model.cam_fovy[index]) / 2) / max(1e-6, -seen[2])
    x, y = np.clip([0.5 + scale * seen[0], 0.5 - scale * seen[1]], 0, 1 - 1e-6)
    return Where(camera=camera, x=float(x), y=float(y))
