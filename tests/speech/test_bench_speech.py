"""What `coach bench speech` plays and how it counts."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from coach.bench.barge_in import DEVICES_S, Dialogue
from coach.bench.speech import LEAD_S, UTTERANCE_S, clips, cpu_s, share, stops
from coach.speech.audio import RATE, level_db
from coach.speech.ears.espeak import Espeak, available

needs_voices = pytest.mark.skipif(not available(), reason="the library of espeak-ng is not installed")


@needs_voices
def test_sentences_of_three_seconds_end_where_it_is_said():
    for clip in clips(Espeak(), 2, 0):
        assert UTTERANCE_S[0] <= clip.end / RATE - LEAD_S <= UTTERANCE_S[1]
        words, after = clip.sound[int(LEAD_S * RATE) : clip.end], clip.sound[clip.end + RATE // 2 :]
        assert level_db(words) > level_db(after) + 4  # kitchen noise is all that is left
        assert clip.sound.dtype == np.float32 and np.abs(clip.sound).max() <= 1.0


@needs_voices
def test_the_same_seed_gives_the_same_sound():
    one, other = (next(stops(Espeak(), 1, 7)).sound for _ in range(2))
    assert np.array_equal(one, other)


@needs_voices
@pytest.mark.parametrize("cuts_in", [True, False])
def test_the_time_until_the_robot_is_silent_is_counted_from_the_first_sound(cuts_in: bool):
    person = np.full(RATE, 0.9, np.float32)
    dialogue: Dialogue

    def hear(first: int, samples: np.ndarray) -> None:
        if cuts_in and samples.mean() > 0.5:  # perfect ears
            dialogue.player.hush()

    dialogue = Dialogue(Espeak(), hear, 0)
    delay_ms = dialogue.cut_in(0, person, 0.5)
    if cuts_in:
        assert delay_ms is not None and 1000 * DEVICES_S - 20 < delay_ms < 200
    else:
        assert delay_ms is None


def test_a_share_has_its_interval():
    row = share("heard", 8, 10)
    assert row.name == "heard (49 to 94)" and (row.median, row.n) == (80.0, 10)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
def test_processor_time_is_counted():
    before_s, until = cpu_s(os.getpid()), time.process_time() + 0.2
    while time.process_time() < until:
        pass
    assert 0.1 < cpu_s(os.getpid()) - before_s < 1.0
