"""A kitchen and a policy live in one process, whichever comes first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from policy import llvm

DRAW = "from robot_bridge.arms.kitchen.world import Kitchen; k = Kitchen(); k.reset(1); k.render('base'); "
THINK = "from policy.loading import load_policy; load_policy('', 'cpu'); "


@pytest.mark.render
@pytest.mark.parametrize("program", [DRAW + THINK, THINK + DRAW], ids=["draws first", "thinks first"])
def test_process_lives_when_it_draws_and_thinks(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]


def test_triton_is_left_alone_when_nothing_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llvm, "_mesa_draws", lambda: False)
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    llvm.keep_triton_out()
    assert "triton" not in sys.modules


def test_triton_stays_where_it_was_there_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llvm, "_mesa_draws", lambda: True)
    monkeypatch.setitem(sys.modules, "triton", sys)
    llvm.keep_triton_out()
    assert sys.modules["triton"] is sys
