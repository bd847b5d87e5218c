"""Whether a joint target brings the hands out of their workspace, or links too near to each other.

Exact distances between the shapes of the model, at the commanded joints: between the two arms, and between links of one
arm that are at least three joints apart. Nearly every pair is settled by its bounding spheres; what is left costs some
microseconds each. A step that leads away from what is too near is always allowed, so that nothing gets stuck for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.protocol.embodiment import Workspace

if TYPE_CHECKING:
    from robot_bridge.arms.kitchen.world import Kitchen

CHAIN = ("base", "shoulder_link", "upper", "forearm", "forearm_roll_link", "wrist", "hand", "finger_l", "finger_r")
NAMES = {"base": "base", "shoulder_link": "shoulder", "upper": "upper arm", "forearm": "forearm",
         "forearm_roll_link": "forearm", "wrist": "wrist", "hand": "hand", "finger_l": "fingers",
         "finger_r": "fingers"}  # fmt: skip
APART = 3  # links of one arm nearer in the chain than this cannot meet
AXES = ("to the side", "away from the robot", "upwards")
_SAME_M = 1e-6


@dataclass(frozen=True)
class _Pose:
    """What one joint target means in space: float[2, 3] of the pinch points, and what is nearest.

    Args:
        gap_m: between the nearest links, no more than the margin.
    """

    hands: np.ndarray
    gap_m: float
    pair: tuple[int, int]


class Collisions:
    """Works on a copy of the kitchen's arms; the kitchen itself stays as it is. For one thread.

    Args:
        workspace: of the hands; None, an empty one or a margin of zero permits no motion at all.
    """

    def __init__(self, kitchen: Kitchen, mujoco: Any, workspace: Workspace | None) -> None:
        self._mj, self._model = mujoco, kitchen.model
        self._data = mujoco.MjData(kitchen.model)
        self._positions = kitchen.joint_addresses
        self._mirror = [int(kitchen.model.joint(f"{hand}/finger_r").qposadr[0]) for hand in HANDS]
        self._fingers = [7 * index + 6 for index in range(len(HANDS))]
        self._sites = [kitchen.model.site(f"{hand}/pinch").id for hand in HANDS]
        self._names: dict[int, str] = {}
        self._pairs = self._find_pairs()
        self._reach = kitchen.model.geom_rbound[self._pairs].sum(axis=1)
        self._usable = workspace is not None and workspace.usable
        self._workspace = workspace
        self._line = np.zeros(6)

    def _find_pairs(self) -> np.ndarray:
        """int[n, 2], geoms that could meet."""
        links: dict[str, list[tuple[int, int]]] = {hand: [] for hand in HANDS}
        for geom in range(self._model.ngeom):
            hand, _, link = self._model.body(self._model.geom_bodyid[geom]).name.partition("/")
            if hand in links and self._model.geom_contype[geom]:
                links[hand].append((geom, min(CHAIN.index(link), CHAIN.index("hand"))))
                self._names[geom] = f"the {hand} {NAMES[link]}"
        left, right = (links[hand] for hand in HANDS)
        pairs = [(one, two) for one, _ in left for two, _ in right]
        for arm in (left, right):
            pairs += [(one, two) for one, low in arm for two, high in arm if high - low >= APART]
        return np.array(pairs)

    def obstacle(self, before: np.ndarray, target: np.ndarray) -> str:
        """Why the step from `before` to `target` (float32[14] both) must not be taken; empty where it may."""
        space = self._workspace
        if space is None or not self._usable:
            return "the body file names no workspace and margin, and without them nothing moves"
        there = self._pose(target, space.margin_m)
        outside = self._outside(there.hands, space)
        if not outside.any() and there.gap_m >= space.margin_m:
            return ""
        here = self._pose(before, space.margin_m)
        further = outside > np.maximum(self._outside(here.hands, space), 0.0) + _SAME_M
        if further.any():
            hand, axis = np.argwhere(further)[0]
            reached, allowed = there.hands[hand, axis], f"{space.lower[axis]:g} to {space.upper[axis]:g} m"
            return f"the {HANDS[hand]} hand would leave its workspace {AXES[axis]} ({reached:.2f} m, allowed {allowed})"
        if there.gap_m < min(space.margin_m, here.gap_m - _SAME_M):
            one, two = (self._names[geom] for geom in there.pair)
            nearness = f"{max(0.0, there.gap_m) * 1e3:.0f} mm, allowed {space.margin_m * 1e3:.0f} mm"
            return f"{one} and {two} would come too near to each other ({nearness})"
        return ""

    def _outside(self, hands: np.ndarray, space: Workspace) -> np.ndarray:
        """float[2, 3] in m, how far each hand is outside on each axis; 0 inside."""
        return np.maximum(np.maximum(np.array(space.lower) - hands, hands - np.array(space.upper)), 0.0)

    def _pose(self, joints: np.ndarray, margin_m: float) -> _Pose:
        data = self._data
        data.qpos[self._positions] = joints
        data.qpos[self._mirror] = np.asarray(joints)[self._fingers]
        self._mj.mj_kinematics(self._model, data)
        one, two = data.geom_xpos[self._pairs[:, 0]], data.geom_xpos[self._pairs[:, 1]]
        rough = np.sqrt(((one - two) ** 2).sum(axis=1)) - self._reach
        gap_m, nearest = margin_m, (-1, -1)
        for index in np.flatnonzero(rough < margin_m):
            first, second = (int(geom) for geom in self._pairs[index])
            apart = self._mj.mj_geomDistance(self._model, data, first, second, margin_m, self._line)
            if apart < gap_m:
                gap_m, nearest = float(apart), (first, second)
        return _Pose(data.site_xpos[self._sites].copy(), gap_m, nearest)
