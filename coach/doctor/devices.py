"""Arms, pictures, microphone, GPU: each tried where a crash or a wait cannot reach this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from coach.doctor.check import Check
from robot_bridge.protocol.errors import ConfigError

if TYPE_CHECKING:
    from coach.config import Config

ARMS_S = 60.0
ASK_S = 10.0
GL_PACKAGES = "libegl1 libegl-mesa0 libgl1-mesa-dri libopengl0 libgbm1"
_TRY_ARMS = """
import sys, time
from robot_bridge.arms import make_arms
arms = make_arms(sys.argv[1], int(sys.argv[2]), sys.argv[3])
arms.connect()
start = time.perf_counter()
pictures = arms.pictures()
seconds = time.perf_counter() - start
assert all(p.any() for p in pictures.values()), "the pictures are black"
print(f"{arms.name}: {len(arms.read())} joints, {len(pictures)} cameras, {1000 * seconds:.0f} ms for the pictures")
arms.close()
"""
_TRY_MICROPHONE = """
import sys
import sounddevice
print(sounddevice.query_devices(sys.argv[1] or None, kind="input")["name"])
"""


def check_arms(config: Config) -> Check:
    """The arms connect and their cameras give pictures; for the simulator that means that OpenGL works."""
    environment = dict(os.environ)
    if sys.platform == "linux":
        environment.setdefault("MUJOCO_GL", "egl")
    status, said = _try(_TRY_ARMS, [config.arms, str(config.seed), config.grasp], ARMS_S, environment)
    if status == 0:
        return Check("arms", True, said)
    install = f"sudo apt-get install -y {GL_PACKAGES}"
    unknown = "no arms called" in said
    return Check("arms", False, said, "set 'arms: kitchen' in config.yaml" if unknown else install)


def check_microphone(config: Config) -> Check:
    status, said = _try(_TRY_MICROPHONE, [config.speech.microphone], ASK_S, dict(os.environ))
    if status == 0:
        return Check("microphone", True, said, needed=False)
    if "PortAudio library not found" in said:
        return Check(
            "microphone", False, "the PortAudio library is missing", "sudo apt-get install -y libportaudio2", False
        )
    return Check(
        "microphone", False, f"no input device ({said})", "plug one in, or type: everything works without", False
    )


def check_controls(config: Config) -> Check:
    """A gamepad or pedal to move the arms with; the keys of the terminal always work."""
    from coach.takeover.controls import resolve_controls
    from coach.takeover.events import present_devices
    from coach.takeover.listener import Wanted

    try:
        resolve_controls(config.controls)
    except ConfigError as error:
        return Check("controls", False, error.what, error.next_step or "mend 'controls' in config.yaml")
    found = Wanted(config.gamepad, config.pedal).choose(present_devices())
    if not found:
        return Check("controls", True, "no gamepad or pedal found; the arms are moved with keys", needed=False)
    closed = [device for device in found if not os.access(device.path, os.R_OK)]
    if closed:
        there = "may not be read" if os.path.exists(closed[0].path) else "is not there"
        return Check("controls", False, f"the {closed[0].kind} {closed[0].name} {there}",
                     "sudo usermod -aG input $USER, and log in again", needed=False)  # fmt: skip
    return Check("controls", True, ", ".join(f"{device.kind} {device.name}" for device in found), needed=False)


def check_gpu(config: Config) -> Check:
    """A GPU is a help, never a need: the embedded model runs on the processor."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Check(
            "gpu", True, f"none found; the model runs on the {os.cpu_count()} cores of the processor", needed=False
        )
    command = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=ASK_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("gpu", False, f"nvidia-smi did not answer: {error}", "sudo nvidia-smi", needed=False)
    said = " ".join((done.stdout or done.stderr).split())
    return Check(
        "gpu", done.returncode == 0, said, "" if done.returncode == 0 else "reinstall the driver", needed=False
    )


def _try(code: str, arguments: list[str], deadline_s: float, environment: dict[str, str]) -> tuple[int, str]:
    """Run Python code in a process of its own; its status and the last line that it wrote."""
    command = [sys.executable, "-c", code, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=deadline_s, check=False, env=environment,
                              stdin=subprocess.DEVNULL)  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1, f"no answer within {deadline_s:g} s"
    if done.returncode == 0:
        return 0, " ".join(done.stdout.split())
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return done.returncode, lines[-1].strip() if lines else f"ended with status {done.returncode}"
