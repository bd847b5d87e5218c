"""The listening process's rules, with a scripted voice and a scripted spotter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from coach.speech.audio import CHUNK, RATE, to_pcm
from coach.speech.listener import TOGETHER, Listener
from coach.speech.messages import BargedIn, Block, Ended, Hold, Listen, Onset, Release, StopHeard
from coach.speech.segmenter import Timing

VOICE, STOP, QUIET = 0.2, 0.4, 0.0


@dataclass
class Hit:
    time_s: float
    score: float = 0.9


class ScriptedVoice:
    """A chunk's first sample says whether it is voice."""

    def probability(self, chunk: np.ndarray) -> float:
        return 0.95 if abs(chunk[0]) > 0.1 else 0.01

    def reset(self) -> None:
        return


class ScriptedSpotter:
    """A chunk's first sample says whether the word ends in it; times count from its own first sample."""

    fed: ClassVar[list[int]] = []

    def __init__(self) -> None:
        self.seen = 0

    def feed(self, samples: np.ndarray) -> list[Hit]:
        before, self.seen = self.seen, self.seen + len(samples)
        self.fed.append(len(samples))
        stops = np.flatnonzero(np.abs(samples[::CHUNK] - STOP) < 0.01)
        return [Hit((before + (int(chunk) + 1) * CHUNK) / RATE) for chunk in stops]


class Bench:
    def __init__(self) -> None:
        self.told: list[Any] = []
        self.listener = Listener(ScriptedVoice(), ScriptedSpotter, Timing(), self.told.append)
        self.at = 0

    def hear(self, level: float, seconds: float = CHUNK / RATE, **values: Any) -> None:
        for _ in range(max(1, round(seconds * RATE / CHUNK))):
            self.listener.take(Block(first=self.at, pcm=to_pcm(np.full(CHUNK, level, np.float32)), **values))
            self.at += CHUNK

    def kinds(self) -> list[type]:
        return [type(message) for message in self.told]


def test_speech_is_a_segment_in_numbers_of_the_microphone():
    bench = Bench()
    bench.at = 5 * RATE
    bench.hear(QUIET, 1.0)
    bench.hear(VOICE, 1.0)
    bench.hear(QUIET, 1.5)
    onset = next(message for message in bench.told if isinstance(message, Onset))
    ended = next(message for message in bench.told if isinstance(message, Ended))
    assert 5 * RATE <= onset.start < 6.1 * RATE and 6.9 * RATE < ended.end < 7.5 * RATE


def test_the_stop_word_is_told_once_and_where_it_ended():
    bench = Bench()
    bench.at = 3 * RATE
    bench.hear(QUIET, 1.0)
    bench.hear(STOP)
    bench.hear(STOP)
    (stop,) = [message for message in bench.told if isinstance(message, StopHeard)]
    assert abs(stop.at - 4 * RATE) < 2 * CHUNK
    bench.hear(QUIET, 1.5)
    bench.hear(STOP)
    assert bench.kinds().count(StopHeard) == 2


def test_the_spotter_waits_for_more_sound_only_while_nobody_speaks():
    bench = Bench()
    ScriptedSpotter.fed.clear()
    bench.hear(QUIET, (2 * TOGETHER + 1) * CHUNK / RATE)
    assert ScriptedSpotter.fed == [TOGETHER * CHUNK] * 2
    bench.hear(VOICE)  # with the quiet chunk before it
    bench.hear(VOICE)
    assert ScriptedSpotter.fed[2:] == [2 * CHUNK, CHUNK]


def test_only_the_stop_word_is_heard_between_two_talks():
    bench = Bench()
    bench.listener.take(Listen(to="stop"))
    bench.hear(VOICE, 1.0)
    bench.hear(STOP)
    assert bench.kinds() == [StopHeard]
    bench.listener.take(Listen(to="nothing"))
    bench.hear(QUIET, 1.5)
    bench.hear(STOP)
    assert bench.kinds() == [StopHeard]


def test_the_talk_key_opens_a_segment_with_its_preroll_and_closes_it():
    bench = Bench()
    bench.listener.take(Listen(to="stop"))
    bench.hear(VOICE, 1.0)  # the first syllable came before the key
    bench.listener.take(Hold())
    bench.hear(VOICE, 0.5)
    bench.hear(QUIET, 2.0)
    bench.listener.take(Release())
    onset, *_, ended = bench.told
    assert isinstance(onset, Onset) and onset.start < 0.5 * RATE
    assert isinstance(ended, Ended) and ended.why == "released" and ended.end == bench.at


def test_the_talk_key_waits_for_the_first_sound_when_the_microphone_is_still_being_opened():
    bench = Bench()
    bench.listener.take(Listen(to="stop"))
    bench.listener.take(Hold())
    bench.at = 5 * RATE  # the microphone counts from where it likes
    bench.hear(QUIET, 1.0)
    bench.listener.take(Release())
    onset, *_, ended = bench.told
    assert isinstance(onset, Onset) and onset.start <= 5 * RATE
    assert isinstance(ended, Ended) and ended.held and ended.why == "released" and ended.end == bench.at
    assert bench.kinds().count(Onset) == 1


def test_a_press_without_a_sound_is_an_empty_sentence():
    bench = Bench()
    bench.listener.take(Hold())
    bench.listener.take(Release())
    onset, ended = bench.told
    assert isinstance(onset, Onset) and isinstance(ended, Ended) and ended.end == onset.start


def test_a_microphone_that_was_away_ends_what_was_open():
    bench = Bench()
    bench.hear(VOICE, 1.0)
    bench.at += RATE
    bench.hear(QUIET)
    assert next(message for message in bench.told if isinstance(message, Ended)).why == "interrupted"
    bench.hear(STOP)
    stop = next(message for message in bench.told if isinstance(message, StopHeard))
    assert abs(stop.at - bench.at) < 2 * CHUNK  # its numbers go on after the gap


def test_nothing_is_heard_while_the_robot_speaks_and_it_is_not_known_what():
    bench = Bench()
    bench.hear(VOICE, 2.0, robot_speaks=True)
    assert bench.told == []


def test_somebody_who_speaks_right_after_the_robot_is_heard():
    bench = Bench()
    bench.hear(VOICE, 1.0, robot_speaks=True)
    bench.hear(QUIET, 0.6)
    bench.hear(VOICE, 1.0)
    assert bench.kinds() == [Onset] and BargedIn not in bench.kinds()
