"""A learner's practice: its own states, with what the teacher would have thought and done."""

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


def test_practice_teaches_what_the_expert_would_do_when_it_is_read_for_training(practised: Path) -> None:
    episodes = Episodes(practised, horizon=16, cameras=("base",))
    samples = episodes.draw(np.random.default_rng(0), 12)
    assert samples.usable.all()
    assert samples.actions.shape == (12, 16, 14)
    moves = np.abs(np.diff(np.concatenate([samples.state[:, None], samples.actions], 1), axis=1))
    assert moves[..., np.arange(14) % 7 != 6].max() < 0.5, "joints go on from where they are, in small steps"
    assert moves.max(axis=(1, 2)).max() > 0.01
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


@pytest.mark.parametrize(("flags", "says"), [
    (["--chores", "--kind", "plate"], "--kind without --chores"), (["--learner", "embedded", "--stills", "5"], "alone"),
    (["--learner", "embedded", "--busy", "5"], "alone"),
])  # fmt: skip
def test_one_sentence_when_what_is_asked_for_would_be_left_out(tmp_path: Path, capsys, flags, says) -> None:
    asked = ["demos", *flags, "--episodes", "1", "--out", str(tmp_path / "out"), "--home", str(tmp_path)]
    assert main(asked) == 2
    assert says in capsys.readouterr().err and not (tmp_path / "out").exists()
