"""`coach ears` as it is used: one sentence for every wrong use, a table for a right one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coach.__main__ import main
from coach.speech.ears.espeak import available

needs_espeak = pytest.mark.skipif(not available(), reason="espeak-ng is not installed")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["data", "--count", "0"], 2, "at least 1"),
        (["data", "--seed", "-1"], 2, "0 or more"),
        (["train", "whisper", "--steps", "0"], 2, "at least 1"),
        (["train", "whisper", "--minutes", "nan"], 2, "above 0"),
        (["train", "spotter", "--steps", "1"], 1, "run `coach ears data` first"),
        (["eval", "--hours", "0"], 2, "above 0"),
        (["eval", "--whisper", __file__], 1, "no Whisper model"),
        (["sing"], 2, "invalid choice"),
    ],
)
def test_a_wrong_use_is_one_sentence(
    words: list[str], status: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--whisper" in words and not available():
        pytest.skip("espeak-ng is not installed")
    assert main(["ears", *words, "--home", str(tmp_path)]) == status
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error


@needs_espeak
def test_the_evaluation_prints_every_figure_with_its_interval(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ears", "eval", "--sentences", "2", "--hours", "0.01", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert "--sentences 2" in table["command"]
    assert len(table["rows"]) >= 10
    assert all(row["low"] <= row["value"] <= row["high"] for row in table["rows"])
    assert any("people" in note for note in table["notes"])
