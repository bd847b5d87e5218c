"""A virtual microphone for the tests that need one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from virtual_microphone import VirtualMicrophone, missing


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualMicrophone]:
    """Plugged in; PortAudio of this process hears it."""
    why = missing()
    if why:
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="mic"))
    microphone = VirtualMicrophone(folder)
    monkeypatch.setenv("PULSE_SERVER", microphone.server)
    microphone.plug_in()
    yield microphone
    microphone.pull_out()
    shutil.rmtree(folder, ignore_errors=True)
