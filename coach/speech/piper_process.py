"""A piper voice, loaded: a text in, 16-bit samples at 16 kHz out, each with its length in front."""

from __future__ import annotations

import sys

import numpy as np

from coach.speech.audio import to_pcm
from coach.speech.resample import Resampler
from coach.speech.voices import LENGTH
from coach.speech.worker import own_pipes


def main(path: str) -> int:
    incoming, outgoing = own_pipes()
    from piper import PiperVoice

    voice = PiperVoice.load(path)
    while len(head := incoming.read(LENGTH.size)) == LENGTH.size:
        text = incoming.read(LENGTH.unpack(head)[0]).decode()
        spoken = b"".join(_samples(voice, text))
        outgoing.write(LENGTH.pack(len(spoken)) + spoken)
        outgoing.flush()
    return 0


def _samples(voice: object, text: str) -> list[bytes]:
    pieces = []
    for chunk in voice.synthesize(text):  # type: ignore[attr-defined]
        resampler = Resampler(chunk.sample_rate)
        sound = np.frombuffer(chunk.audio_int16_bytes, "<i2").astype(np.float32) / 32768
        pieces.append(to_pcm(np.concatenate((resampler.feed(sound), resampler.finish()))))
    return pieces


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
