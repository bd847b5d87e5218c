"""Understanding, measured on tables of what people say at home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from coach.__main__ import main
from coach.bench.interpret import measure, score

HERE = Path(__file__).parent
TABLES = {
    name: yaml.safe_load((HERE / f"{name}_utterances.yaml").read_text("utf-8"))
    for name in ("heldout", "known", "household", "development", "everyday")
}


def test_held_out_table_is_large_and_shares_nothing_when_compared_with_the_others() -> None:
    own = yaml.safe_load((HERE / "interpreter_cases.yaml").read_text("utf-8"))
    held_out, used = (
        {case["say"].lower() for case in cases}
        for cases in (TABLES["heldout"], own + [case for name in TABLES if name != "heldout" for case in TABLES[name]])
    )
    assert len(held_out) == len(TABLES["heldout"]) >= 300
    assert not held_out & used


@pytest.mark.parametrize("name", TABLES)
def test_every_stop_is_heard_and_no_other_when_measured(name: str) -> None:
    scores = [score(case) for case in TABLES[name]]
    assert [s.said for s in scores if s.stop_meant and not s.stop_heard] == []
    assert [s.said for s in scores if s.stop_heard and not s.stop_meant] == []


@pytest.mark.parametrize(
    ("name", "intents", "whole"),
    [
        ("heldout", 0.98, 0.965),
        ("known", 0.97, 0.96),
        ("household", 0.99, 0.98),
        ("development", 0.99, 0.985),
        ("everyday", 0.98, 0.97),
    ],
)
def test_understanding_does_not_fall_behind_when_the_rules_change(name: str, intents: float, whole: float) -> None:
    scores = [score(case) for case in TABLES[name]]
    assert sum(s.intent for s in scores) / len(scores) >= intents
    assert sum(s.whole for s in scores) / len(scores) >= whole


def test_table_is_printed_with_intervals_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "two.yaml"
    table.write_text('- {say: "stop", items: [{kind: stop}]}\n- {say: "pick up the cup", items: [{kind: praise}]}\n')
    assert main(["bench", "interpret", "--table", str(table), "--json", "--home", str(tmp_path)]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert "intent right: 1 of 2, 50.0 % (95 % 9.5 to 90.5)" in notes
    assert "not as meant: pick up the cup" in notes


def test_first_measurement_is_told_beside_the_figure_of_today_when_the_table_has_one() -> None:
    notes = measure(HERE / "heldout_utterances.yaml").notes
    assert notes[0].startswith("First measured: intent right 312 of 318")


def test_one_sentence_says_so_when_the_table_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "interpret", "--table", str(tmp_path / "none.yaml"), "--home", str(tmp_path)]) == 2
    assert "is no table of utterances" in capsys.readouterr().err
