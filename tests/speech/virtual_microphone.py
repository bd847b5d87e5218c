"""A microphone without a sound card: a PulseAudio server of its own, whose loudspeaker is what its microphone hears.

Nothing outside its folder is touched; it needs no D-Bus, no systemd and no sound card.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np

from coach.speech.audio import RATE
from coach.speech.wav_file import wav_bytes

PROGRAMS = {"pulseaudio": "pulseaudio", "paplay": "pulseaudio-utils", "espeak-ng": "espeak-ng"}
SCRIPT = """.fail
load-module module-null-sink sink_name=loudspeaker rate=16000 channels=1
load-module module-remap-source master=loudspeaker.monitor source_name=microphone
load-module module-native-protocol-unix socket={folder}/native auth-anonymous=1
set-default-sink loudspeaker
set-default-source microphone
"""
FLAGS = ("-n", "--exit-idle-time=-1", "--disable-shm=1", "--daemonize=no", "--use-pid-file=no", "--log-level=error",
         "--realtime=no", "--high-priority=no")  # fmt: skip


def missing() -> str:
    """Why there can be none here, for a skip; empty where there can."""
    packages = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    try:
        import sounddevice  # noqa: F401
    except OSError:
        packages.append("libportaudio2")
    alsa = any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so"))
    packages += [] if alsa else ["libasound2-plugins"]
    return f"needs {', '.join(packages)}: sudo apt-get install -y {' '.join(packages)}" if packages else ""


class VirtualMicrophone:
    """Args: folder: of its own, with a short path: a socket's name has an end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "default.pa").write_text(SCRIPT.format(folder=folder))
        self._server: subprocess.Popen[bytes] | None = None
        self.server = f"unix:{folder}/native"

    @property
    def environment(self) -> dict[str, str]:
        return dict(os.environ, PULSE_SERVER=self.server)

    def plug_in(self) -> None:
        own = {"PULSE_RUNTIME_PATH": str(self.folder), "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        self._server = subprocess.Popen(["pulseaudio", *FLAGS, "-F", str(self.folder / "default.pa")],
                                        env=os.environ | own, stderr=subprocess.DEVNULL)  # fmt: skip
        until = time.monotonic() + 10
        while not (self.folder / "native").exists():
            assert time.monotonic() < until and self._server.poll() is None, "PulseAudio does not start"
            time.sleep(0.02)
        time.sleep(0.3)

    def pull_out(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(10)
            self._server = None
        (self.folder / "native").unlink(missing_ok=True)

    def play(self, sound: np.ndarray, wait: bool = True) -> subprocess.Popen[bytes]:
        """Into the loudspeaker, and so into the microphone. Args: sound: float32[n] at 16 kHz."""
        path = self.folder / f"{time.monotonic_ns()}.wav"
        path.write_bytes(wav_bytes(sound))
        playing = subprocess.Popen(["paplay", "--device=loudspeaker", str(path)], env=self.environment)
        if wait:
            assert playing.wait(60) == 0
        return playing

    def say(self, text: str, voice: str = "en-us", wait: bool = True) -> subprocess.Popen[bytes]:
        return self.play(spoken(text, voice), wait)


def spoken(text: str, voice: str = "en-us", speed: int = 160) -> np.ndarray:
    """float32[n] at 16 kHz, from espeak-ng."""
    from coach.speech.audio import from_pcm
    from coach.speech.resample import Resampler

    done = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", text], capture_output=True, check=True
    )
    raw = done.stdout[44:]
    resampler = Resampler(22050, RATE)
    return np.concatenate((resampler.feed(from_pcm(raw[: len(raw) // 2 * 2])), resampler.finish()))
