"""`coach bench policy`: thoughts and chunks beside `transformers`' `generate` and `sample_actions` on the same weights.

Both sides start from the pictures and end with tokens or actions. Rounds are interleaved – each moment is given to
both, one right after the other – and ratios are taken round by round, since the machine's speed wanders.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from coach.bench.policy_subjects import Scene, Subject, at_work, full_config, random_weights, scaled_config
from coach.bench.report import Report, Row, commit, machine
from policy.checkpoint import embedded_folder
from policy.model.tokenizer import ThoughtTokenizer

WARM_UP = 2  # rounds that are not counted
TOLERANCE = 1e-3
NO_GPU = "full-size π0 on a GPU: not measured: no GPU"


@dataclass
class Samples:
    """Seconds of each round, by what was timed, and what differed where nothing may."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    tokens: list[int] = field(default_factory=list)
    differing: int = 0
    off: float = 0.0

    def add(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)


def measure(checkpoint: str, seed: int, rounds: int, threads: int, command: str,
            progress: Callable[[str], None]) -> Report:  # fmt: skip
    """Run all subjects.

    Args:
        checkpoint: a folder; empty for the one in the package.
        threads: of the processor, for both sides.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    rows: list[Row] = []
    notes: list[str] = []
    try:
        for subject, scenes in _subjects(checkpoint, seed, rounds):
            progress(f"{subject.name}, {subject.parameters / 1e6:,.1f} million parameters")
            samples = run(subject, scenes, progress)
            rows += _rows(subject, samples)
            notes.append(_account(subject, samples))
    finally:
        torch.set_num_threads(before)
    if not torch.cuda.is_available():
        notes.append(NO_GPU)
    return Report(bench="policy", command=command, rows=tuple(rows), rounds=rounds, seed=seed,
                  checkpoint=checkpoint or "embedded", machine=f"{_device()}{machine()}, {threads} threads",
                  commit=commit(), notes=tuple(notes))  # fmt: skip


def _subjects(checkpoint: str, seed: int, rounds: int) -> Iterator[tuple[Subject, Iterator[Scene]]]:
    tokenizer = ThoughtTokenizer(embedded_folder())
    vocabulary, image = len(tokenizer), tokenizer.image
    yield at_work(checkpoint, seed, rounds + WARM_UP, "cpu")
    few = max(3, rounds // 5) + WARM_UP
    yield random_weights("π0 at a quarter of its widths", scaled_config(vocabulary, image), seed, few, "cpu",
                         torch.float32)  # fmt: skip
    if torch.cuda.is_available():
        yield random_weights("full-size π0", full_config(257_152, image), seed, rounds + WARM_UP, "cuda",
                             torch.bfloat16)  # fmt: skip


def run(subject: Subject, scenes: Iterator[Scene], progress: Callable[[str], None]) -> Samples:
    """Time both sides on every moment."""
    samples = Samples()
    for number, scene in enumerate(scenes):
        progress(f"{subject.name}: moment {number + 1}")
        round_ = samples if number >= WARM_UP else Samples()
        _think(subject, scene, round_)
        _act(subject, scene, round_)
    return samples


def _think(subject: Subject, scene: Scene, samples: Samples) -> None:
    places = subject.places(subject.read(scene))
    _, first_s = timed(lambda: subject.generate(scene, places, 1))
    expected, all_s = timed(lambda: subject.generate(scene, places, subject.longest))
    samples.add("generate", all_s)
    samples.add("generate, a token", (all_s - first_s) / max(1, len(expected) - 1))
    for name, writer in (("plain", subject.plain), ("guessing", subject.guessing)):
        reading, read_s = timed(lambda: subject.read(scene))
        tokens, write_s = timed(partial(subject.write, writer, reading, scene))
        samples.add(name, read_s + write_s)
        samples.add(f"{name}, a token", write_s / len(tokens))
        samples.differing += tokens != expected
    samples.tokens.append(len(expected))


def _act(subject: Subject, scene: Scene, samples: Samples) -> None:
    expected, reference_s = timed(lambda: subject.sample_actions(scene))
    reading, read_s = timed(lambda: subject.read(scene))
    actions, denoise_s = timed(lambda: subject.denoise(reading, scene))
    samples.add("sample_actions", reference_s)
    samples.add("act", read_s + denoise_s)
    samples.add("act, prefix shared", denoise_s)
    samples.off = max(samples.off, float((actions - expected).abs().max()))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds that it took."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began_s = time.perf_counter()
    result = work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return result, time.perf_counter() - began_s


def _rows(subject: Subject, samples: Samples) -> list[Row]:
    seconds, name = samples.seconds, subject.name

    def ratio(theirs: str, ours: str) -> list[float]:
        return [a / b for a, b in zip(seconds[theirs], seconds[ours], strict=True)]

    def speed(of: str) -> list[float]:
        return [1 / s for s in seconds[of]]

    def ms(of: str) -> list[float]:
        return [s * 1e3 for s in seconds[of]]

    rows = [
        ("thought tokens, `generate`", "1/s", speed("generate, a token")),
        ("thought tokens, ours without guesses", "1/s", speed("plain, a token")),
        ("thought tokens, ours, like the thought before", "1/s", speed("guessing, a token")),
        ("thought tokens without guesses ÷ `generate`", "×", ratio("generate, a token", "plain, a token")),
        ("thought tokens ÷ `generate`", "×", ratio("generate, a token", "guessing, a token")),
        ("pictures → thought, `generate`", "ms", ms("generate")),
        ("pictures → thought, ours", "ms", ms("guessing")),
        ("pictures → thought, `generate` ÷ ours", "×", ratio("generate", "guessing")),
        ("pictures → chunk, `sample_actions`", "ms", ms("sample_actions")),
        ("pictures → chunk, ours", "ms", ms("act")),
        ("chunk after a thought about the same pictures, ours", "ms", ms("act, prefix shared")),
        ("pictures → chunk, `sample_actions` ÷ ours", "×", ratio("sample_actions", "act")),
        ("chunk after a thought, `sample_actions` ÷ ours", "×", ratio("sample_actions", "act, prefix shared")),
    ]
    return [Row.of(f"{name}: {what}", unit, values) for what, unit, values in rows]


def _account(subject: Subject, samples: Samples) -> str:
    thoughts, tokens = 2 * len(samples.tokens), sum(samples.tokens) / max(1, len(samples.tokens))
    same = thoughts - samples.differing
    return (f"{subject.name}: {subject.parameters / 1e6:,.1f} million parameters, {tokens:.0f} tokens a thought; the "
            f"same tokens as generate's in {same} of {thoughts} thoughts; actions at most {samples.off:.1e} away from "
            f"those of sample_actions for the same noise")  # fmt: skip


def _device() -> str:
    return f"{torch.cuda.get_device_name()}, " if torch.cuda.is_available() else ""
