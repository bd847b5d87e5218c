"""The small tokenizer: household words as single tokens, letters for the rest, and PaliGemma's location tokens.

A word that is not in the vocabulary falls apart into letters, so nothing a person says is lost. Location
tokens are coarser than PaliGemma's 1024: every fourth is kept, and the others are rounded down to it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from robot_bridge.protocol.errors import CheckpointError
from robot_bridge.protocol.thought import KEYS, LOCATION_BINS

PAD, EOS, BOS, UNKNOWN, IMAGE = "<pad>", "<eos>", "<bos>", "<unk>", "<image>"
LOCATION_STEP = 4
LOCATIONS = LOCATION_BINS // LOCATION_STEP
FILE = "tokenizer.json"
_CLOSE = (",", ".", ";", "!", "?")  # stand right behind the word before them
_LOCATION = re.compile(r"<loc(\d{4})>")


def build_tokenizer(words: Iterable[str]) -> Tokenizer:
    """A tokenizer whose vocabulary is `words`, the letters, the keys of a thought and the location tokens."""
    special = [PAD, EOS, BOS, UNKNOWN, IMAGE, *(f"{key}:" for key in KEYS)]
    special += [f"<loc{i * LOCATION_STEP:04d}>" for i in range(LOCATIONS)]
    letters = string.ascii_lowercase + string.digits + string.punctuation
    pieces = [*special, *letters, *(f"##{c}" for c in letters), *sorted({w.lower() for w in words} - set(letters))]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=64))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(r"[^\w]"), "isolated")]
    )
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    tokenizer.add_special_tokens(special)
    return tokenizer


class ThoughtTokenizer:
    """Text to token ids and back, for prompts and thoughts alike; wraps any `transformers` tokenizer.

    Raises:
        CheckpointError: the folder holds no readable tokenizer.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            self._tokenizer = PreTrainedTokenizerFast(
                tokenizer_file=str(path), pad_token=PAD, eos_token=EOS, bos_token=BOS, unk_token=UNKNOWN
            )
        except Exception as error:  # the Rust side raises a bare Exception
            raise CheckpointError(
                f"cannot read {path}: {error}", next_step="copy the checkpoint folder again"
            ) from None
        self.pad, self.eos, self.bos, self.image = (self._id(token) for token in (PAD, EOS, BOS, IMAGE))
        self.unknown, self.first_location = self._id(UNKNOWN), self._id("<loc0000>")
        self._small = self._id("<loc0001>") == self._id(UNKNOWN)

    def __len__(self) -> int:
        return len(self._tokenizer)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, without begin and end marks."""
        return self._tokenizer.encode(_LOCATION.sub(self._round, text), add_special_tokens=False)

    def piece(self, token: int) -> str:
        """The text of one token, as streamed to a person: with a space or line break where one belongs."""
        text = str(self._tokenizer.convert_ids_to_tokens(token))
        if text in (PAD, EOS, BOS, IMAGE):
            return ""
        if text.startswith("##") or text in _CLOSE:
            return text.removeprefix("##")
        if text.endswith(":") and text[:-1] in KEYS:
            return f"\n{text}"
        return f" {text}"

    def decode(self, tokens: Iterable[int]) -> str:
        """The thought or prompt behind token ids, in the thought grammar's spelling."""
        text = "".join(self.piece(t) for t in tokens)
        text = text.replace("> <loc", "><loc")
        return "\n".join(line.strip() for line in text.strip().splitlines())

    def _id(self, token: str) -> int:
        return int(self._tokenizer.convert_tokens_to_ids(token))  # type: ignore[arg-type]

    @property
    def locations(self) -> int:
        """How many location tokens there are."""
        return LOCATION_BINS // self.location_step

    def key(self, name: str) -> int:
        """The token that opens a line of a thought: `reason`, `subtask`, `hand` or `where`."""
        return self._id(f"{name}:")

    @property
    def location_step(self) -> int:
        return LOCATION_STEP if self._small else 1

    def _round(self, match: re.Match[str]) -> str:
        value = min(LOCATION_BINS - 1, int(match[1]))
        return f"<loc{value // self.location_step * self.location_step:04d}>"
