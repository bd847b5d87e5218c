"""A disk that is full is told in one sentence, whatever writes to it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors import SafetensorError

import coach.__main__ as program
from coach.__main__ import main


def command(monkeypatch: pytest.MonkeyPatch, error: Exception | None, write: Any = None) -> None:
    """`coach checkpoints`, replaced by something that writes."""

    def run(args: Any, config: Any) -> int:
        if error is not None:
            raise error
        write()
        return 0

    module = SimpleNamespace(
        EXAMPLE="coach checkpoints", configure=lambda parser: parser.add_argument("--out"), run=run
    )
    monkeypatch.setattr(program, "load_command", lambda name: module)


def full(file: str = "") -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *([file] if file else []))


@pytest.mark.parametrize("error", [
    full(), SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    OSError("48000 requested and 812 written"), OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
])  # fmt: skip
def test_one_sentence_names_the_folder_when_a_disk_is_full(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    command(monkeypatch, error)
    small = tmp_path / "small"
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0 if "small" in str(path) else 1 << 40))
    small.mkdir()
    assert main(["checkpoints", "--home", str(tmp_path), "--out", str(small / "later")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"the disk under {small / 'later'} is full" in said and "make room" in said


def test_folder_of_the_file_is_named_when_it_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, full(str(tmp_path / "shard" / "state.npy")))
    assert main(["checkpoints", "--home", str(tmp_path)]) == 1
    assert f"the disk under {tmp_path / 'shard'} is full" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_disk_is_told_full_when_numpy_meets_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, None, lambda: np.save(Path("/dev/full").open("wb"), np.zeros(100_000)))  # noqa: SIM115
    assert main(["checkpoints", "--home", str(tmp_path)]) == 1
    assert "is full" in capsys.readouterr().err


def test_file_is_named_when_it_may_not_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, OSError(errno.EROFS, os.strerror(errno.EROFS), "/cdrom/demos"))
    assert main(["checkpoints", "--home", str(tmp_path)]) == 1
    assert "/cdrom/demos cannot be used: Read-only file system" in capsys.readouterr().err


def test_other_failures_are_not_taken_for_a_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command(monkeypatch, ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        main(["checkpoints", "--home", str(tmp_path)])
