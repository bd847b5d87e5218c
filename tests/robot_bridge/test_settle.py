"""A settled process keeps the memory of large messages for the next ones, and collects no garbage among what stays."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PAGES = 2_000_000 // 4096
LARGE = """
import resource, sys
from robot_bridge.protocol.settle import settle
if sys.argv[1] == "settled":
    settle()
def take():
    held = [bytearray(b"x") * 2_000_000 for _ in range(3)]
for _ in range(3):
    take()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    take()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    """Page faults of twenty times three large messages."""
    out = subprocess.run([sys.executable, "-c", LARGE, how], capture_output=True, text=True, check=True,
                         env={**os.environ, "PYTHONPATH": os.getcwd()})  # fmt: skip
    return int(out.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc is told; others need not be")
def test_large_messages_cost_no_page_faults_when_the_process_is_settled():
    assert faults("settled") < PAGES < faults("as it is")


def test_nothing_that_stays_is_looked_through_when_the_process_is_settled():
    code = "import gc; from robot_bridge.protocol.settle import settle; settle(); print(gc.get_freeze_count() > 1000)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         env={**os.environ, "PYTHONPATH": os.getcwd()})  # fmt: skip
    assert out.stdout.strip() == "True"
