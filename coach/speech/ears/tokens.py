"""The tokens that the tiny ears write: Whisper's English vocabulary, cut to what household sentences need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

N_VOCAB = 51_864  # of Whisper's English-only models
EOT, SOT, NO_SPEECH, NO_TIMESTAMPS, FIRST_TIMESTAMP = 50256, 50257, 50361, 50362, 50363
MAX_SECONDS = 10


@cache
def encoding() -> Any:
    """Whisper's `tiktoken` encoding for English-only models."""
    from whisper.tokenizer import get_encoding

    return get_encoding("gpt2", num_languages=99)


@dataclass(frozen=True)
class Tokens:
    """Which tokens are kept, in ascending order; inside the training a token is its place in that row."""

    kept: tuple[int, ...]
    places: dict[int, int]

    @classmethod
    @cache
    def household(cls) -> Tokens:
        """Those of every word that a training sentence may have."""
        from coach.speech.ears.sentences import vocabulary

        special = {EOT, SOT, NO_SPEECH, NO_TIMESTAMPS, *(_timestamp(t / 10) for t in range(MAX_SECONDS * 10 + 1))}
        words = {token for word in vocabulary() for token in encoding().encode(f" {word}")}
        kept = tuple(sorted(special | words))
        return cls(kept, {token: place for place, token in enumerate(kept)})

    def __len__(self) -> int:
        return len(self.kept)

    def encode(self, text: str) -> list[int]:
        """Raises: KeyError: a word that the household does not have."""
        return [self.places[token] for token in encoding().encode(f" {text}")]

    def time(self, seconds: float) -> int:
        return self.places[_timestamp(seconds)]

    @property
    def eot(self) -> int:
        return self.places[EOT]

    @property
    def sot(self) -> int:
        return self.places[SOT]

    @property
    def no_speech(self) -> int:
        return self.places[NO_SPEECH]

    @property
    def no_timestamps(self) -> int:
        return self.places[NO_TIMESTAMPS]


def _timestamp(seconds: float) -> int:
    """Rounded to a tenth of a second: fewer tokens to learn. Whisper counts them in steps of 0.02 s."""
    return FIRST_TIMESTAMP + round(min(max(seconds, 0.0), MAX_SECONDS) * 10) * 5
