"""A learner's practice: its own states, the teacher's thoughts, in shards that train thoughts alone."""

from pathlib import Path

import numpy as np
import pytest

from coach.__main__ import main
from policy.training.episodes import Episodes
from robot_bridge.protocol.thought import Thought

pytestmark = pytest.mark.render


@pytest.fixture(scope="module")
def practised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("practice")
    asked = ["demos", "--learner", "embedded", "--seed", "500", "--episodes", "2", "--out", str(out)]
    assert main([*asked, "--home", str(out / "home")]) == 0
    return out / "demos"


def test_practice_teaches_thoughts_and_no_motion_when_it_is_read_for_training(practised: Path) -> None:
    episodes = Episodes(practised, horizon=16, cameras=("base",))
    samples = episodes.draw(np.random.default_rng(0), 12)
    assert not samples.usable.any()
    assert samples.pictures.shape[1:] == (1, 96, 96, 3)
    assert all(Thought.parse(text).subtask for text in samples.thoughts)


def test_practice_is_kept_when_it_is_asked_for_again(practised: Path, tmp_path: Path) -> None:
    (shard,) = practised.glob("demos-*")
    stamp = (shard / "images.npy").stat().st_mtime_ns
    asked = ["demos", "--learner", "embedded", "--seed", "500", "--episodes", "2", "--out", str(practised.parent)]
    assert main([*asked, "--home", str(tmp_path)]) == 0
    assert (shard / "images.npy").stat().st_mtime_ns == stamp


def test_practice_is_refused_when_its_seeds_are_those_of_the_evaluation(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    asked = ["demos", "--learner", "embedded", "--seed", "10000000", "--episodes", "2", "--home", str(tmp_path)]
    assert main(asked) == 2
    assert "evaluation" in capsys.readouterr().err
