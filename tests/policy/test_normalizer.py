"""Units of the model and back."""

import numpy as np
import pytest

from policy.model.normalizer import Normalizer
from robot_bridge.protocol.errors import CheckpointError


def fitted() -> tuple[Normalizer, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    states = rng.normal(size=(200, 14)).astype(np.float32)
    actions = states[:, None] + np.cumsum(rng.normal(size=(200, 4, 14)) * 0.1, 1).astype(np.float32)
    return Normalizer.fit(states, actions), states, actions


def test_actions_return_when_normalised_and_back():
    normalizer, states, actions = fitted()
    back = normalizer.targets(normalizer.actions(actions, states), states)
    assert back.shape == (200, 4, 38) and not back[..., 14:].any()
    np.testing.assert_allclose(back[..., :14], actions, atol=1e-5)


def test_every_row_has_unit_spread_when_fitted():
    normalizer, states, actions = fitted()
    np.testing.assert_allclose(normalizer.actions(actions, states)[..., :14].std(0), 1, atol=0.3)


def test_noise_is_not_blown_up_when_a_joint_never_moved():
    states = np.zeros((50, 2), np.float32)
    normalizer = Normalizer.fit(states, np.zeros((50, 3, 2), np.float32))
    assert np.abs(normalizer.state(states + 0.001)).max() < 0.11


def test_checkpoint_error_when_rows_are_missing():
    normalizer, *_ = fitted()
    with pytest.raises(CheckpointError):
        normalizer.check(horizon=5)


def test_joints_are_blurred_and_fingers_stay_exact():
    normalizer = Normalizer(width=2, state_low=[-1.0, 0.0], state_high=[1.0, 0.05], action_scale=[[1.0, 1.0]])
    state = np.zeros((500, 2), np.float32)
    blurred = normalizer.blur(state, 0.1, np.random.default_rng(0))
    assert 0.08 < blurred[:, 0].std() < 0.12 and not blurred[:, 1].any()
