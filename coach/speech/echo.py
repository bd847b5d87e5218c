"""The robot's own voice, told from a person's by what was played.

What comes back from the loudspeaker is learnt in bands: how long it takes and how strong it is; so is the steady noise
of the room. Sound that is clearly stronger than both is a person, and is passed on; all else while the robot speaks is
silence. No waveform is subtracted: a sound device that skips a few samples, and a room that changes, would undo it.

Source: double-talk detection from the echo return loss of bands; ITU-T G.167, and E. Hänsler, G. Schmidt, Acoustic Echo
and Noise Control, ch. 8. Noise as the least power of the last seconds: R. Martin, Spectral Subtraction Based on Minimum
Statistics, EUSIPCO 1994.
"""

from __future__ import annotations

import numpy as np

from coach.speech.audio import CHUNK, RATE

LONGEST = 14  # chunks from the loudspeaker's clock to the microphone's: 450 ms
ECHO_TAIL = LONGEST * CHUNK  # samples after the robot's last one in which its voice may still come in
BANDS = 20
LOWEST_HZ, HIGHEST_HZ = 200.0, 6500.0
COMPARED = 48  # chunks whose loudness is compared to find the delay
SURE = 0.6  # correlation of loudness at which the delay counts as found
LEARNING_CHUNKS = 10  # of the robot's voice, before a person can be told from it
WELL_KNOWN = 100  # chunks of it, after which one such chunk is enough
RATE_OF_LEARNING, QUICK_LEARNING = 0.12, 0.4
FADING = 0.5  # a room's echo, from chunk to chunk
LOUDER = 5.0  # times the expected power of a band: more is not the robot's
NOISIER = 8.0  # times the noise of a band: more is not the room's
SHARE = 0.45  # of a chunk's sound that must be neither, twice in three chunks
STEADY_CHUNKS = 32  # 1 s: what is never quieter for twice so long is noise
HOLD_CHUNKS = 20  # a person's pauses between syllables
AUDIBLE = 1e-6  # mean power, -60 dB


class EchoGate:
    """Chunk by chunk; what it has learnt stays between sentences."""

    def __init__(self) -> None:
        edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 1) * 2 * CHUNK / RATE
        self._edges = np.maximum(edges.astype(int), np.arange(BANDS + 1) + int(edges[0]))
        self._window = np.hanning(2 * CHUNK)
        self._before = np.zeros((2, CHUNK))
        self._played = np.zeros((COMPARED + LONGEST, BANDS))  # powers of what was played, the newest last
        self._heard = np.zeros(COMPARED)  # loudness
        self._noise = _SteadyNoise()
        self._delay = 3
        self._gain = np.full(BANDS, 1.0)
        self._fading = np.zeros(BANDS)
        self._learnt = 0
        self._suspicious: list[bool] = []
        self._person_for = 0

    @property
    def person(self) -> bool:
        """Somebody speaks besides the robot."""
        return self._person_for > 0

    def room(self, heard: np.ndarray) -> None:
        """Sound while the robot is silent: the noise is learnt, and whoever cut in last has had their say.

        Args:
            heard: float32[512].
        """
        self._person_for, self._suspicious = 0, []
        if len(heard) == CHUNK:
            self._take(heard, np.zeros(CHUNK))

    def clean(self, heard: np.ndarray, played: np.ndarray) -> np.ndarray:
        """Args: heard: float32[512]; played: of the same time, shorter or empty where the robot has fallen silent."""
        if len(heard) != CHUNK:
            return np.zeros_like(heard)
        said = np.zeros(CHUNK)
        said[: len(played)] = played[:CHUNK]
        self._judge(self._take(heard, said), self._expected())
        known = self.person and bool(np.any(self._played))  # else: better deaf for a moment than hear oneself
        return heard if known else np.zeros(CHUNK, np.float32)

    def _take(self, heard: np.ndarray, said: np.ndarray) -> np.ndarray:
        """Remember a chunk; float64[BANDS], the powers of what was heard."""
        now, robot = self._powers(0, heard), self._powers(1, said)
        self._noise.hear(now)
        self._played = np.concatenate((self._played[1:], robot[None]))
        self._heard = np.append(self._heard[1:], _loudness(now.sum()))
        return now

    def _powers(self, side: int, samples: np.ndarray) -> np.ndarray:
        """float64[BANDS] of this chunk and the one before."""
        whole = np.concatenate((self._before[side], samples))
        self._before[side] = samples
        spectrum = np.abs(np.fft.rfft(whole * self._window)) ** 2 / CHUNK**2
        return np.add.reduceat(spectrum, self._edges[:-1])[:BANDS] + 1e-12

    def _expected(self) -> np.ndarray:
        """The robot's power in each band as it should come back now, its echo in the room included."""
        self._find_delay()
        newest = len(self._played) - 1
        around = [min(newest, max(0, newest - self._delay + step)) for step in (-1, 0, 1)]
        direct = self._gain * self._played[around].max(axis=0)
        self._fading = np.maximum(direct, FADING * self._fading)
        return self._fading

    def _find_delay(self) -> None:
        """Where the loudness of what was played, shifted, is most like that of what is heard."""
        if self.person:
            return
        said = _loudness(self._played.sum(axis=1))
        heard = self._heard - self._heard.mean()
        if heard @ heard < COMPARED:
            return
        best, found = SURE, -1
        for delay in range(LONGEST):
            part = said[len(said) - COMPARED - delay : len(said) - delay]
            part = part - part.mean()
            alike = float(heard @ part) / float(np.sqrt((heard @ heard) * (part @ part)) + 1e-9)
            if alike > best:
                best, found = alike, delay
        if found >= 0:
            self._delay = found

    def _judge(self, now: np.ndarray, expected: np.ndarray) -> None:
        learning = self._learnt < LEARNING_CHUNKS
        if not learning:
            self._notice(now, expected)
        if not self.person and expected.sum() > AUDIBLE and now.sum() > AUDIBLE:
            self._learnt += 1
            self._adapt(now, expected, QUICK_LEARNING if learning else RATE_OF_LEARNING)

    def _notice(self, now: np.ndarray, expected: np.ndarray) -> None:
        """Whether there is a person besides the robot, and for how much longer."""
        total = float(now.sum())
        excess = float(np.maximum(0.0, now - LOUDER * expected - NOISIER * self._noise.power).sum())
        share = excess / total if total > 4 * AUDIBLE else 0.0
        self._suspicious = [*self._suspicious[-2:], share > SHARE]
        if sum(self._suspicious) >= (1 if self._learnt >= WELL_KNOWN else 2):
            self._person_for = HOLD_CHUNKS
        else:
            self._person_for = max(0, self._person_for - 1)

    def _adapt(self, now: np.ndarray, expected: np.ndarray, rate: float) -> None:
        """Quickly up, slowly down: an echo that is stronger than expected would be taken for a person."""
        wrong = np.log(now / np.maximum(expected, 1e-12))
        rates = np.where(wrong > 0, 2 * rate, 0.5 * rate)
        self._gain = np.clip(self._gain * np.exp(rates * np.clip(wrong, -2, 2)), 1e-4, 1e2)


class _SteadyNoise:
    """What is always there: water, a fan. A voice pauses, and is not."""

    def __init__(self) -> None:
        self.power = np.zeros(BANDS)
        self._smooth: np.ndarray | None = None
        self._least = [np.full(BANDS, np.inf), np.full(BANDS, np.inf)]  # of the second before, and of this one
        self._count = 0

    def hear(self, now: np.ndarray) -> None:
        self._smooth = now if self._smooth is None else 0.7 * self._smooth + 0.3 * now
        self._least[1] = np.minimum(self._least[1], self._smooth)
        self._count += 1
        if self._count == STEADY_CHUNKS:
            self._least, self._count = [self._least[1], self._smooth.copy()], 0
        self.power = 1.5 * np.minimum(*self._least)  # the least lies below the mean


def _loudness(power: np.ndarray) -> np.ndarray:
    """In nepers, with a floor: the depth of a silence says nothing."""
    loudness: np.ndarray = np.log(np.maximum(power, AUDIBLE))
    return loudness
