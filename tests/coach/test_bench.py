"""The measurement of the whole loop, with real processes all round and a stub in the model's place."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from coach.__main__ import main
from coach.bench import home, report, terminal
from coach.bench.report import Report, Row
from coach.processes.child import Spec


@pytest.fixture
def stub_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = home.server_specs

    def with_stub(config, config_file, delay_s=0.0) -> list[Spec]:  # type: ignore[no-untyped-def]
        command = (sys.executable, str(Path(__file__).with_name("stub_policy.py")), config.policy_address)
        return [dataclasses.replace(spec, command=command) if spec.name == "policy" else spec
                for spec in specs(config, config_file, delay_s)]  # fmt: skip

    monkeypatch.setattr(home, "server_specs", with_stub)
    monkeypatch.setattr(terminal, "SETTLE_S", 2.0)


@pytest.mark.usefixtures("stub_policy")
def test_correction_reaches_disk_model_and_joints_when_the_whole_loop_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "loop", "--rounds", "1", "--seed", "5", "--home", str(tmp_path), "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["notes"] == [] and table["checkpoint"] == "stub" and table["seed"] == 5 and table["machine"]
    rows = {row["name"]: row for row in table["rows"]}
    durable, thought, target = (rows[f"text entered → {what}"]["median"] for what in (
        "correction durable in SQLite", "corrected thought in the model", "first changed joint target"))  # fmt: skip
    assert 0 < durable < 5000 and 0 < thought < target < 5000
    assert {name for name in rows if name.startswith("memory")} == {
        "memory, bridge", "memory, policy", "memory, terminal UI", "memory, supervisor"}  # fmt: skip
    assert all(row["median"] > 0 for row in rows.values())


def test_table_is_kept_with_all_that_is_needed_to_repeat_it_when_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Row.of("latency", "ms", [float(n) for n in range(1, 102)])
    assert (row.n, row.median, row.p95) == (101, 51.0, 96.0)
    made = Report("loop", "coach bench loop", (row,), 3, 1, "embedded", report.machine(), "abc", ("round 2: too late",))
    assert "| latency | 51 | 96 | ms | 101 |" in made.table() and "round 2: too late" in made.table()
    monkeypatch.setattr(report, "source_root", lambda: tmp_path)
    (tmp_path / "tests").mkdir()
    stored = json.loads(made.write().read_text("utf-8"))
    assert stored["rows"][0]["median"] == 51.0
    assert {"command", "commit", "machine", "seed", "checkpoint", "rounds"} <= stored.keys()
    assert (tmp_path / "tests" / "results" / "loop.json").is_file()


@pytest.mark.parametrize("rounds", ["0", "-3", "1001"])
def test_one_sentence_when_the_rounds_make_no_sense(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "loop", f"--rounds={rounds}"]) == 2
    assert "1 to 1000" in capsys.readouterr().err
