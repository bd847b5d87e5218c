"""Starting MuJoCo where pictures cannot be drawn."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
from robot_bridge.protocol.errors import CoachError
try:
    from robot_bridge.arms.kitchen.world import Kitchen
    kitchen = Kitchen()
    kitchen.step(kitchen.body.home)
    print("moved")
    kitchen.render("base")
except CoachError as error:
    print(error)
"""


def run(backend: str) -> str:
    environment = {**os.environ, "MUJOCO_GL": backend}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_arms_move_and_pictures_name_the_mend_when_there_is_no_gl() -> None:
    said = run("disable")
    assert said.startswith("moved") and "apt-get install" in said and "Traceback" not in said


@pytest.mark.parametrize("backend", ["bogus"])
def test_choices_are_named_when_the_gl_backend_is_unknown(backend: str) -> None:
    said = run(backend)
    assert backend in said and "egl, osmesa" in said and "moved" not in said
