"""What every kind of arms must pass: inherit `ArmsConformance` and give it the fixture `arms` (connected).

Commanded joints must be there, to `tolerance`, after `settle_ticks` commands.
"""

from __future__ import annotations

import abc
import threading

import numpy as np
import pytest

from robot_bridge.arms import Arms, ArmsError
from robot_bridge.protocol.errors import CoachError


class ArmsConformance(abc.ABC):
    settle_ticks = 40
    tolerance = 0.02

    @abc.abstractmethod
    def make(self) -> Arms:
        """Arms of this kind, not connected."""

    def test_read_fits_the_body_when_connected(self, arms: Arms) -> None:
        state = arms.read()
        assert state.shape == (arms.embodiment.width,) and state.dtype == np.float32 and np.isfinite(state).all()

    def test_connecting_keeps_the_scene_when_already_connected(self, arms: Arms) -> None:
        arms.command((arms.embodiment.home + 0.01).astype(np.float32))
        before = arms.read()
        arms.connect()
        np.testing.assert_array_equal(arms.read(), before)

    def test_joints_follow_when_commanded(self, arms: Arms) -> None:
        goal = arms.embodiment.home
        goal[0] += 0.2
        for _ in range(self.settle_ticks):
            arms.command(goal)
        np.testing.assert_allclose(arms.read()[0], goal[0], atol=self.tolerance)

    @pytest.mark.parametrize("bad", ["nan", "short"])
    def test_command_is_refused_when_it_is_no_position(self, arms: Arms, bad: str) -> None:
        target = arms.embodiment.home if bad == "nan" else arms.embodiment.home[:-1]
        if bad == "nan":
            target[3] = np.nan
        before = arms.read()
        with pytest.raises(CoachError):
            arms.command(target)
        np.testing.assert_array_equal(arms.read(), before)

    @pytest.mark.render
    def test_pictures_are_those_of_the_body_when_asked_for(self, arms: Arms) -> None:
        pictures = arms.pictures()
        assert list(pictures) == [camera.name for camera in arms.embodiment.cameras]
        for camera in arms.embodiment.cameras:
            picture = pictures[camera.name]
            assert picture.shape == (camera.height, camera.width, 3) and picture.dtype == np.uint8
            assert picture.std() > 5, "an empty picture"

    @pytest.mark.render
    def test_pictures_come_from_another_thread_when_commands_go_on(self, arms: Arms) -> None:
        taken: list[dict[str, np.ndarray]] = []
        camera = threading.Thread(target=lambda: taken.extend(arms.pictures() for _ in range(5)))
        camera.start()
        home = arms.embodiment.home
        while camera.is_alive():
            arms.command(home)
        camera.join(timeout=20)
        assert len(taken) == 5 and np.isfinite(arms.read()).all()

    def test_scene_is_the_same_when_reset_to_the_same_seed(self, arms: Arms) -> None:
        arms.reset(5)
        first = arms.read()
        arms.command(arms.embodiment.limits[:, 0])
        arms.reset(5)
        np.testing.assert_array_equal(arms.read(), first)

    def test_future_is_the_same_when_restored_from_a_snapshot(self, arms: Arms) -> None:
        if not hasattr(arms, "snapshot"):
            pytest.skip("these arms cannot be set back")
        goal = (arms.embodiment.home * 0.9).astype(np.float32)
        kept = arms.snapshot()
        futures = []
        for _ in range(2):
            arms.restore(kept)  # type: ignore[attr-defined]
            for _ in range(10):
                arms.command(goal)
            futures.append(arms.read())
        np.testing.assert_array_equal(*futures)

    def test_reading_says_so_when_not_connected(self) -> None:
        arms = self.make()
        with pytest.raises(ArmsError, match="not connected"):
            arms.read()

    def test_closing_is_harmless_when_done_twice(self) -> None:
        arms = self.make()
        arms.connect()
        arms.close()
        arms.close()
        with pytest.raises(ArmsError):
            arms.command(arms.embodiment.home)
