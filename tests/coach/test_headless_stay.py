"""`coach run --headless --stay`: a service outlives the end of its input; what is due comes without a person."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from pathlib import Path

from bridge_stand_in import StandIn

from coach.config import Config
from coach.session.headless import run_headless


def test_it_goes_on_after_the_end_of_the_input_until_it_is_told_to_end(tmp_path: Path) -> None:
    bridge = StandIn()
    config = Config(home=tmp_path, bridge_address=bridge.address, events_address=bridge.events_address, person="Ada")
    before, stayed = signal.getsignal(signal.SIGTERM), []

    def end_it() -> None:
        while signal.getsignal(signal.SIGTERM) is before:  # else it would end the tests
            time.sleep(0.02)
        time.sleep(0.5)
        stayed.append(True)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_it, daemon=True).start()
    try:
        assert run_headless(config, lines=[], out=io.StringIO(), stay=True) == 0
    finally:
        bridge.close()
    assert stayed, "it did not end by itself"
