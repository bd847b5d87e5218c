"""`coach bridge serve` and `coach policy serve` as a person starts them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coach.bench.home import free_addresses
from coach.config import Config
from coach.processes.plan import find_checkpoint
from robot_bridge.client import BridgeClient
from robot_bridge.protocol.errors import CoachError, ConfigError


def serve(home: Path, part: str, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "coach", part, "serve", "--home", str(home), *flags]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_bridge_answers_and_ends_cleanly_when_told_to_stop(tmp_path: Path) -> None:
    bind, events, policy = free_addresses(3)
    process = serve(tmp_path, "bridge", "--bind", bind, "--events", events, "--policy", policy, "--seed", "3")
    client = BridgeClient(bind)
    try:
        deadline_s = time.monotonic() + 20
        while True:
            try:
                status = client.status()
                break
            except CoachError:
                assert process.poll() is None and time.monotonic() < deadline_s
        assert status.arms == "kitchen" and not status.policy_ok
        second = serve(tmp_path, "bridge", "--bind", bind, "--events", events)
        _, words = second.communicate(timeout=20)
        assert second.returncode == 1
        assert "port is in use" in words.splitlines()[-1] and "bridge_address" in words.splitlines()[-1]
    finally:
        client.close()
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=10)
    assert process.returncode == 0, words
    assert "Traceback" not in words


def test_one_sentence_and_status_2_when_there_is_no_such_checkpoint(tmp_path: Path) -> None:
    process = serve(tmp_path, "policy", "--checkpoint", str(tmp_path / "nothing"))
    _, words = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(words.strip().splitlines()) == 1 and "no checkpoint" in words and "embedded" in words


def test_name_in_the_home_is_found_before_a_folder_when_a_checkpoint_is_named(tmp_path: Path) -> None:
    config = Config(home=tmp_path)
    (config.checkpoints / "mine").mkdir(parents=True)
    assert find_checkpoint(config, "mine") == str(config.checkpoints / "mine")
    assert find_checkpoint(config, str(tmp_path)) == str(tmp_path)
    assert find_checkpoint(config, "") == find_checkpoint(config, "embedded") == ""
    with pytest.raises(ConfigError, match="no checkpoint 'mien'; allowed: embedded, mine,"):
        find_checkpoint(config, "mien")
