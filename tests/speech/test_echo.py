"""The robot does not hear itself, and hears a person who cuts in: a simulated room around real voices."""

import shutil
import subprocess
from functools import cache

import numpy as np
import pytest

from coach.speech.audio import CHUNK, RATE, level_db
from coach.speech.echo import EchoGate
from coach.speech.resample import Resampler

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@cache
def voice(text: str, name: str = "en-us") -> np.ndarray:
    raw = subprocess.run(["espeak-ng", "-v", name, "--stdout", text], capture_output=True, check=True).stdout
    return Resampler(22050).feed(np.frombuffer(raw[44:], "<i2").astype(np.float32) / 32768)


def room(played: np.ndarray, delay_s: float, gain: float) -> np.ndarray:
    """Loudspeaker to microphone: a delay, 60 ms of dying reflections, a little noise."""
    dice = np.random.default_rng(3)
    answer = dice.normal(size=int(0.06 * RATE)) * np.exp(-np.arange(int(0.06 * RATE)) / (0.012 * RATE))
    answer = gain * np.concatenate((np.zeros(int(delay_s * RATE)), answer / np.sqrt(np.sum(answer**2))))
    return np.convolve(played, answer)[: len(played)] + dice.normal(size=len(played)) * 3e-4


def cleaned(heard: np.ndarray, played: np.ndarray) -> np.ndarray:
    return cleaned_by(EchoGate(), heard, played)


def cleaned_by(canceller: EchoGate, heard: np.ndarray, played: np.ndarray) -> np.ndarray:
    chunks = range(0, len(heard) - CHUNK + 1, CHUNK)
    return np.concatenate([canceller.clean(heard[i : i + CHUNK].astype(np.float32), played[i : i + CHUNK])
                           for i in chunks])  # fmt: skip


def robot_speaks() -> np.ndarray:
    text = "I have stopped. Say resume when I may go on. I will put the red cup in the sink, and then I wait for you."
    return np.concatenate((voice(text), np.zeros(RATE, np.float32), voice("All right, I hold still. Say stop.")))


@pytest.mark.parametrize(("delay_s", "gain"), [(0.03, 1.0), (0.06, 0.5), (0.2, 0.1)])
def test_nothing_is_left_of_the_robots_voice_when_nobody_else_speaks(delay_s, gain):
    played = robot_speaks()
    left = cleaned(room(played, delay_s, gain), played)
    assert np.mean(left != 0) < 0.06
    assert level_db(left) < level_db(room(played, delay_s, gain)) - 12


def test_nothing_is_left_when_the_sound_device_skips():
    played = robot_speaks()
    heard = room(played, 0.06, 0.5)
    for at_s, skip_s in ((2.0, 0.021), (4.0, 0.05)):
        at, skip = int(at_s * RATE), int(skip_s * RATE)
        heard = np.concatenate((heard[:at], np.zeros(skip), heard[at:-skip]))
    assert np.mean(cleaned(heard, played) != 0) < 0.06


def test_the_next_answer_is_silence_when_somebody_cut_in_before():
    played = robot_speaks()
    heard, gate = room(played, 0.06, 0.3), EchoGate()
    person = voice("no, put it in the drying rack", "en-gb+f3")
    cut = int(2.5 * RATE)
    heard[cut : cut + CHUNK * 20] += person[: CHUNK * 20]
    end = cut // CHUNK * CHUNK + CHUNK * 16
    cleaned_by(gate, heard[:end], played[:end])
    assert gate.person
    for _ in range(60):
        gate.room(np.zeros(CHUNK, np.float32))
    again = robot_speaks()[: 2 * RATE]
    assert not np.any(cleaned_by(gate, room(again, 0.06, 0.3), again))


def test_steady_noise_is_no_person_who_cuts_in():
    played = robot_speaks()
    water = np.random.default_rng(5).normal(size=len(played) + 2 * RATE) * 0.02
    gate = EchoGate()
    for at in range(0, 2 * RATE, CHUNK):  # before the robot speaks
        gate.room(water[at : at + CHUNK])
    heard = room(played, 0.06, 0.5) + water[2 * RATE :]
    assert np.mean(cleaned_by(gate, heard, played) != 0) < 0.06
    person = voice("no, put it in the drying rack", "en-gb+f3")
    at = int(2.5 * RATE)
    heard[at : at + len(person)] += person
    left = cleaned_by(gate, heard, played)
    assert not np.any(left[: at - CHUNK]) and np.mean(left[at : at + len(person)] != 0) > 0.6


@pytest.mark.parametrize("loudness", [0.5, 1.0])
def test_a_person_is_heard_within_200_ms_when_cutting_in(loudness):
    played = robot_speaks()
    heard = room(played, 0.06, 0.3)
    person = loudness * voice("no, put it in the drying rack", "en-gb+f3")
    at = int(2.5 * RATE)
    heard[at : at + len(person)] += person
    left = cleaned(heard, played)
    sound = np.flatnonzero(np.abs(person) > 0.02)[0] + at
    first = np.flatnonzero(left[at:])[0] + at
    assert first - sound < 0.2 * RATE
    during = left[at : at + len(person)]
    assert np.mean(during != 0) > 0.6


def test_one_plain_chunk_of_a_person_is_enough_when_the_robots_voice_is_well_known():
    gate, played = EchoGate(), robot_speaks()
    cleaned_by(gate, room(played, 0.06, 0.1), played)
    person = voice("wait")
    person = 0.5 * person[np.flatnonzero(np.abs(person) > 0.05)[0] :] / np.abs(person).max()
    heard, at = room(played, 0.06, 0.1), 3 * RATE // CHUNK * CHUNK
    heard[at : at + len(person)] += person
    assert np.flatnonzero(cleaned_by(gate, heard, played))[0] == at
