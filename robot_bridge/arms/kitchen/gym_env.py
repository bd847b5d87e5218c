"""The kitchen as a plain `gymnasium.Env`: pictures and joints in, joint targets out, one reward for the task done.

env = KitchenEnv()
observation, info = env.reset(seed=7)          # info["instruction"]: "put the red cup in the sink"
observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from robot_bridge.arms.kitchen.grasp import GraspMode
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.scene import CAMERAS
from robot_bridge.arms.kitchen.tasks import Task, succeeded
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import UsageError

STEP_S = 0.1
_SLACK = 0.2  # a joint pressed against its stop gives a little


class KitchenEnv(gymnasium.Env):
    """One "put X in Y" an episode; the episode ends when X rests in Y, or after `longest` steps of 0.1 s.

    Observation: `base`, `left_wrist`, `right_wrist` uint8[size, size, 3]; `state` float32[14] (rad, m).
    Action: float32[14], joint targets (rad) and finger openings (m) to be reached in 0.1 s.
    Reward: 1 on the step that finishes the task, else 0.

    Args:
        render_mode: `rgb_array` or None.
    """

    metadata = {  # noqa: RUF012 (gymnasium reads it so)
        "render_modes": ["rgb_array"],
        "render_fps": round(1 / STEP_S),
    }

    def __init__(self, render_mode: str | None = None, grasp: GraspMode = "sticky", size: int = 96,
                 longest: int = 200) -> None:  # fmt: skip
        if render_mode not in (None, "rgb_array"):
            raise UsageError(f"no render mode '{render_mode}'", "rgb_array, None")
        self.render_mode, self._longest, self._steps = render_mode, longest, 0
        self.kitchen = Kitchen(grasp, size)
        limits = self.kitchen.body.limits
        picture = spaces.Box(0, 255, (size, size, 3), np.uint8)
        self.observation_space = spaces.Dict(
            {
                **{camera: picture for camera in CAMERAS},
                "state": spaces.Box(limits[:, 0] - _SLACK, limits[:, 1] + _SLACK),
            }
        )
        self.action_space = spaces.Box(limits[:, 0], limits[:, 1])
        self.task = Task("cup")

    def reset(self, *, seed: int | None = None,
              options: dict[str, Any] | None = None) -> tuple[dict[str, np.ndarray], dict[str, Any]]:  # fmt: skip
        """Draw a layout and a task from the seed.

        Args:
            options: `layout` (a layout's seed) and `task` (`put the red cup in the sink`) instead of drawing them.

        Raises:
            UsageError: an unknown option, or a task that cannot be read.
        """
        super().reset(seed=seed)
        options = options or {}
        if unknown := set(options) - {"layout", "task"}:
            raise UsageError(f"no option {', '.join(sorted(unknown))}", "layout, task")
        layout = int(options.get("layout", self.np_random.integers(2**31)))
        self.kitchen.reset(layout)
        self._steps, self.task = 0, self._read(options["task"]) if "task" in options else self._draw()
        return self._observe(), self._info(False)

    def step(self, action: np.ndarray) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Gymnasium's step of `STEP_S` seconds. Args: action: float32[width], absolute joint targets."""
        self.kitchen.step(action, STEP_S)
        self._steps += 1
        done = succeeded(self.kitchen, self.task)
        return self._observe(), float(done), done, self._steps >= self._longest and not done, self._info(done)

    def render(self) -> np.ndarray | None:
        """uint8[size, size, 3] of the base camera, in render mode `rgb_array`."""
        return self.kitchen.render("base") if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        self.kitchen.close()

    def _draw(self) -> Task:
        things, places = self.kitchen.objects(), list(PLACES)
        thing = things[int(self.np_random.integers(len(things)))]
        return Task(thing.kind, thing.colour, places[int(self.np_random.integers(len(places)))])

    def _read(self, words: str) -> Task:
        task = Task.parse(words)
        if task is None:
            raise UsageError(
                f"'{words}' is not a task of the kitchen", "put the red cup in the sink, pick up the towel"
            )
        return task

    def _observe(self) -> dict[str, np.ndarray]:
        space = self.observation_space["state"]  # type: ignore[index]
        return {**self.kitchen.render(), "state": np.clip(self.kitchen.state(), space.low, space.high)}

    def _info(self, success: bool) -> dict[str, Any]:
        return {"instruction": self.task.instruction(), "success": success}
