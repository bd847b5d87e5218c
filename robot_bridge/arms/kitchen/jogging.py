"""A hand moved by a person: joint steps that move the pinch point and keep the hand's pose.

Damped least squares on the hand's Jacobian J (6 rows: position, orientation; 6 joints) at the commanded joints, not
the measured ones, so that the way does not sag with the arms' lag:

    Δq = Jᵀ (J Jᵀ + λ² I)⁻¹ v Δt

Source: Wampler 1986, IEEE Trans. SMC 16(1), eq. 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from robot_bridge.arms.kitchen.world import Kitchen

DAMPING = 0.01
LOWEST_M, HIGHEST_M = -0.06, 0.45  # of the pinch point
STEP_S = 0.02


class Jogger:
    """Works on a copy of the kitchen's arms; the kitchen itself stays as it is."""

    def __init__(self, kitchen: Kitchen, mujoco: Any) -> None:
        self._kitchen, self._mj = kitchen, mujoco
        self._scratch = mujoco.MjData(kitchen.model)

    def step(self, hand: str, present: np.ndarray, velocity: np.ndarray, dt_s: float) -> np.ndarray:
        """float32[14], the joint target `dt_s` after `present` (float32[14]).

        Args:
            velocity: float[4], m/s right, away and up, and rad/s of the wrist.

        Raises:
            UsageError: no such hand, or a number that is not finite.
        """
        velocity = np.asarray(velocity, np.float64)
        if hand not in HANDS:
            raise UsageError(f"there is no hand '{hand}'", ", ".join(HANDS))
        if velocity.shape != (4,) or not np.isfinite(velocity).all() or not np.isfinite(dt_s):
            raise UsageError(f"a velocity of {velocity}", "four finite numbers")
        joints, steps = np.asarray(present, np.float64).copy(), max(1, round(dt_s / STEP_S))
        for _ in range(steps):
            joints = self._small_step(hand, joints, velocity, dt_s / steps)
        return joints.astype(np.float32)

    def _small_step(self, hand: str, joints: np.ndarray, velocity: np.ndarray, dt_s: float) -> np.ndarray:
        at = 7 * HANDS.index(hand)
        jacobian, height = self._look(hand, joints)
        twist = np.array([*velocity[:3], 0.0, 0.0, velocity[3]])
        twist[2] = np.clip(twist[2], (LOWEST_M - height) / dt_s, (HIGHEST_M - height) / dt_s)
        square = jacobian @ jacobian.T + DAMPING**2 * np.eye(6)
        moved = joints.copy()
        moved[at : at + 6] += dt_s * (jacobian.T @ np.linalg.solve(square, twist))
        limits = self._kitchen.body.limits
        return np.clip(moved, limits[:, 0], limits[:, 1])

    def _look(self, hand: str, joints: np.ndarray) -> tuple[np.ndarray, float]:
        """The hand's Jacobian float[6, 6] and its height in m, with the arms at these joints."""
        mj, model, data = self._mj, self._kitchen.model, self._scratch
        data.qpos[self._kitchen.joint_addresses] = joints
        mj.mj_kinematics(model, data)
        mj.mj_comPos(model, data)
        position, rotation = np.zeros((3, model.nv)), np.zeros((3, model.nv))
        site = model.site(f"{hand}/pinch").id
        mj.mj_jacSite(model, data, position, rotation, site)
        columns = self._kitchen.joint_columns(hand)
        return np.vstack([position[:, columns], rotation[:, columns]]), float(data.site_xpos[site][2])
