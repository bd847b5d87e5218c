"""States and actions in the model's units, and back.

The state is scaled to about −1…1 by its 1st and 99th percentile. Actions are taken relative to the state
they start from (grippers too) and divided by their spread, row by row: the first rows move little, the
last ones far, and each is learned to the same relative precision.

Source: quantile scaling as in openpi, src/openpi/transforms.py (`Normalize`, `DeltaActions`).
"""

from __future__ import annotations

import msgspec
import numpy as np

from robot_bridge.protocol.errors import CheckpointError
from robot_bridge.protocol.messages import WIDTH

_SMALLEST_RANGE = 0.02  # rad or m; a joint that hardly moved in the data must not blow up noise


class Normalizer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Statistics of the training data.

    Args:
        width: joints of the body in the data; numbers behind it stay zero.
        state_low, state_high: 1st and 99th percentile per joint, `width` numbers each.
        action_scale: spread of the relative action, `horizon` rows of `width` numbers.
    """

    width: int
    state_low: list[float]
    state_high: list[float]
    action_scale: list[list[float]]

    @classmethod
    def fit(cls, states: np.ndarray, actions: np.ndarray) -> Normalizer:
        """Statistics of float32[n, width] states and the float32[n, horizon, width] absolute actions after them."""
        low, high = np.percentile(states, [1, 99], axis=0)
        middle, half = (low + high) / 2, np.maximum((high - low) / 2, _SMALLEST_RANGE)
        spread = np.maximum((actions - states[:, None]).std(0), _SMALLEST_RANGE)
        return cls(width=states.shape[1], state_low=_rounded(middle - half),
                   state_high=_rounded(middle + half), action_scale=_rounded(spread))  # fmt: skip

    def check(self, horizon: int) -> None:
        """Raises: CheckpointError: the numbers do not fit the width or the model's horizon."""
        scale = np.array(self.action_scale)
        if (
            scale.shape != (horizon, self.width)
            or not len(self.state_low) == len(self.state_high) == self.width <= WIDTH
        ):
            raise CheckpointError(f"normalisation of {scale.shape} actions and {len(self.state_low)} joints",
                                  f"{horizon} rows of {self.width} joints")  # fmt: skip

    def state(self, state: np.ndarray) -> np.ndarray:
        """float32[…, width or 38] in the body's units → float32[…, 38] in the model's, clipped to ±1.5."""
        low, high = np.array(self.state_low, np.float32), np.array(self.state_high, np.float32)
        scaled = (state[..., : self.width] - low) / (high - low) * 2 - 1
        return _pad(np.clip(scaled, -1.5, 1.5))

    def blur(self, state: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
        """A state, float32[…, width], with Gaussian noise of `share` of half the range (σ) on the joints; finger
        openings, which have a range of centimetres, stay exact."""
        half = (np.array(self.state_high, np.float32) - np.array(self.state_low, np.float32)) / 2
        return state + rng.normal(size=state.shape).astype(np.float32) * share * np.where(half > 0.05, half, 0)

    def actions(self, actions: np.ndarray, state: np.ndarray) -> np.ndarray:
        """float32[…, horizon, width] targets in the body's units → float32[…, horizon, 38]."""
        relative = actions - state[..., None, : self.width]
        return _pad(relative / np.array(self.action_scale, np.float32))

    def targets(self, actions: np.ndarray, state: np.ndarray) -> np.ndarray:
        """The inverse of `actions`: float32[…, horizon, 38] → the same shape, absolute targets, zero-padded."""
        relative = actions[..., : self.width] * np.array(self.action_scale, np.float32)
        return _pad(relative + state[..., None, : self.width])


def _rounded(numbers: np.ndarray) -> list:
    """As a person would write them into a file."""
    rounded: list = numbers.astype(np.float64).round(5).tolist()
    return rounded


def _pad(vector: np.ndarray) -> np.ndarray:
    padded = np.zeros((*vector.shape[:-1], WIDTH), np.float32)
    padded[..., : vector.shape[-1]] = vector
    return padded
