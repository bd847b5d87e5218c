"""The log of a run as a picture."""

import json
from pathlib import Path

import pytest

from policy.training.plot import plot_run, read_log
from robot_bridge.protocol.errors import ConfigError

ROWS = (
    {"stage": "look", "step": 10, "of": 20, "rate": 0.1, "steps_per_s": 2.0, "patches": 3.0},
    {"stage": "look", "step": 20, "of": 20, "rate": 0.1, "steps_per_s": 2.0, "patches": 2.0},
    {"stage": "act", "step": 10, "of": 10, "rate": 0.1, "steps_per_s": 2.0, "act": 0.5},
    {"stage": "act", "step": 10, "of": 10, "success": 0.5, "ci95": [0.3, 0.7], "episodes": 20},
)


def write(folder: Path) -> None:
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def test_steps_of_all_stages_are_counted_on_when_a_log_is_read(tmp_path: Path) -> None:
    write(tmp_path)
    rows, ends = read_log(tmp_path / "log.jsonl")
    assert [row["at"] for row in rows] == [10, 20, 30, 30] and ends == {"look": 20, "act": 30}


def test_picture_shows_losses_and_success_when_a_run_is_drawn(tmp_path: Path) -> None:
    write(tmp_path)
    plot_run(tmp_path, tmp_path / "run.svg")
    drawn = (tmp_path / "run.svg").read_text()
    assert drawn.startswith("<?xml") and all(f"<!-- {name} -->" in drawn for name in ("patches", "act", "loss"))


def test_one_sentence_when_there_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing was trained"):
        plot_run(tmp_path, tmp_path / "run.svg")
