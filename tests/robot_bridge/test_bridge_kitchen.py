"""The bridge with the simulated kitchen behind it."""

import time

import numpy as np
import pytest
from fake_policy import sweep

from robot_bridge.arms import make_arms
from robot_bridge.protocol.messages import ChunkEvent, Jog, Observation

pytestmark = pytest.mark.render


class Watched:
    """Arms that note what they were commanded."""

    def __init__(self, arms):
        self._arms, self.commands = arms, []

    def __getattr__(self, name):
        return getattr(self._arms, name)

    def command(self, target):
        self.commands.append((time.monotonic(), target.copy()))
        self._arms.command(target)


def test_kitchen_is_driven_stopped_nudged_and_kept_when_behind_a_bridge(policy, start_rig, tmp_path):
    policy.acts, kept = lambda request: sweep(request, speed=0.3), tmp_path / "scene"
    arms = Watched(make_arms("kitchen", seed=3))
    rig = start_rig(arms, snapshot_path=kept, snapshot_period_s=0.2, think_deadline_s=5.0, act_deadline_s=5.0)
    rig.task()
    rig.until(lambda: abs(rig.arms.commands[-1][1][0]) > 0.1, 20)
    seen = rig.all(Observation)[-1]
    assert set(seen.images) == {"base", "left_wrist", "right_wrist"} and seen.images["base"].std() > 5
    assert rig.all(ChunkEvent)
    rig.say("pause")
    before = rig.arms.read()
    rig.say("nudge", offset=(0.0, 0.0, 0.03))
    rig.until(lambda: np.abs(rig.arms.read() - before).max() > 0.02)
    rig.say("resume")
    rig.until(lambda: rig.status().state == "running")
    taken_s = time.monotonic()
    rig.say("takeover")
    start = arms.kitchen.pinch("right")
    for _ in range(30):
        rig.client.request(Jog(hand="right", direction=(0.0, 0.0, -1.0), speed=0.6))
        time.sleep(0.03)
    assert arms.kitchen.pinch("right")[2] < start[2] - 0.05
    rig.say("release")
    rig.until(lambda: rig.status().state == "running")
    time.sleep(0.5)
    sent = np.array([target for at, target in list(arms.commands) if at >= taken_s])
    assert (np.abs(np.diff(sent, axis=0)) <= arms.embodiment.velocity_limits * 0.02 + 1e-5).all()
    rig.say("stop")
    time.sleep(1.0)
    where = rig.arms.read()
    rig.close()
    again = start_rig(make_arms("kitchen", seed=3), snapshot_path=kept)
    np.testing.assert_allclose(again.arms.read(), where, atol=0.02)
