"""From the trained weights to a file that `whisper.load_model` takes like any other.

The file has Whisper's whole English vocabulary. Words that were never learnt share one row, whose logit is a constant
far below the others: the last number of every state is kept free for it (`Learner.keep_last_column_free`). These rows
compress to nothing, so the file stays small: a torch file, the only kind that `whisper.load_model` takes, is a zip
archive, and torch reads compressed ones.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from coach.speech.ears.checkpoints import UNREADABLE, read_checkpoint
from coach.speech.ears.data import DataError
from coach.speech.ears.tokens import N_VOCAB, Tokens

_NEVER = 30.0


def export(checkpoint: Path, path: Path) -> Path:
    """Write the weights of a training checkpoint for `whisper.load_model`, in half precision.

    Raises:
        DataError: the checkpoint is not one of `whisper_training.train`, or knows other words than this release.
    """
    from coach.speech.ears.whisper_training import dimensions

    try:
        learner = read_checkpoint(checkpoint)["average"]
    except UNREADABLE as error:
        raise DataError(f"'{checkpoint}' is no checkpoint of the tiny ears ({type(error).__name__})",
                        next_step="train one: coach ears train whisper") from None  # fmt: skip
    prefix = "whisper."
    weights = {name.removeprefix(prefix): value for name, value in learner.items() if name.startswith(prefix)}
    kept, learnt = Tokens.household().kept, len(weights["decoder.token_embedding.weight"])
    if learnt != len(kept):
        raise DataError(f"'{checkpoint}' has learnt {learnt} tokens, this release has {len(kept)}",
                        next_step="train anew in an empty folder: coach ears train whisper --out DIR")  # fmt: skip
    weights |= _whole_vocabulary(weights, kept)
    weights["encoder.positional_embedding"] = learner["positions"]
    stored = io.BytesIO()
    torch.save(
        {"dims": asdict(dimensions(N_VOCAB)), "model_state_dict": {k: v.half() for k, v in weights.items()}}, stored
    )
    part = path.with_suffix(".part")
    with zipfile.ZipFile(stored) as plain, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as small:
        for entry in plain.infolist():
            small.writestr(zipfile.ZipInfo(entry.filename), plain.read(entry), zipfile.ZIP_DEFLATED)
    os.replace(part, path)
    return path


def _whole_vocabulary(weights: dict[str, Tensor], kept: Sequence[int]) -> dict[str, Tensor]:
    learnt = weights["decoder.token_embedding.weight"]
    rows = torch.zeros(N_VOCAB, learnt.shape[1])
    rows[:, -1] = -1.0
    rows[list(kept)] = learnt
    rows[list(kept), -1] = 0.0
    gain, shift = weights["decoder.ln.weight"].clone(), weights["decoder.ln.bias"].clone()
    gain[-1], shift[-1] = 0.0, _NEVER
    return {"decoder.token_embedding.weight": rows, "decoder.ln.weight": gain, "decoder.ln.bias": shift}
