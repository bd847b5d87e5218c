"""The voices: every English accent of `espeak-ng` spoken by every variant, some of them never used for training."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from coach.interpreter.lexicon import split_words
from coach.speech.ears.made_up_voices import made_up_name

ACCENTS = ("en-us", "en", "en-us-nyc", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029")
_ACCENT_WEIGHTS = (6, 5, 2, 2, 1, 1, 1, 1)

HELD_OUT_VARIANTS = split_words("Annie Gene2 Marco Michael Nguyen aunty david f4 iven3 klatt3 linda m6")
"""Never heard in training, in any accent."""

VARIANTS = split_words(
    "Alex Alicia Andrea Andy AnxiousAndy Demonic Denis Diogo Gene Henrique Hugo Jacky Lee Mario Mike RicishayMax "
    "RicishayMax2 RicishayMax3 Storm Tweaky UniRobot adam anika anikaRobot announcer antonio belinda benjamin boris "
    "caleb croak ed edward edward2 f1 f2 f3 f5 fast grandma grandpa gustave iven iven2 iven4 john kaukovalta klatt "
    "klatt2 klatt4 klatt5 klatt6 m1 m2 m3 m4 m5 m7 m8 marcelo max michel miguel norbert pablo paul pedro quincy rob "
    "robert robosoft robosoft2 robosoft3 robosoft4 robosoft5 robosoft6 robosoft7 robosoft8 sandro shelby steph steph2 "
    "steph3 travis victor whisper whisperf zac"
)


@dataclass(frozen=True)
class Voice:
    """How one sentence is spoken; the arguments of `Espeak.say`."""

    name: str
    words_per_minute: int
    pitch: int
    pitch_range: int


def any_voice(random: Random, *, held_out: bool = False, made_up: float = 0.0) -> Voice:
    """An accent, a variant, a speed and a pitch, all drawn at random.

    Args:
        made_up: how often the variant is a made-up one, which only training knows.
    """
    accent = random.choices(ACCENTS, _ACCENT_WEIGHTS)[0]
    if made_up and random.random() < made_up:
        variant = made_up_name(random)
    else:
        variant = random.choice(HELD_OUT_VARIANTS if held_out else VARIANTS)
    return Voice(f"{accent}+{variant}", round(random.gauss(165, 18)), round(random.uniform(30, 70)),
                 round(random.uniform(30, 70)))  # fmt: skip
