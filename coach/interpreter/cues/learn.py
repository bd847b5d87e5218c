"""Draws the weights of the cues from what people said: `python -m coach.interpreter.cues.learn TABLE.yaml …`.

Tables hold entries {say: …, items: […]}; `examples.yaml` beside this module is always read. The same words give the
same weights. A held-out table stays out, so that it can tell how well words are understood that were never seen.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from coach.interpreter.cues.features import cues_in
from coach.interpreter.cues.weigh import SEVERAL, WEIGHTS, Weights

EXAMPLES = Path(__file__).parent / "examples.yaml"
Lesson = tuple[str, str]  # what was said, what kind it is
SCALE = 25.0
SPREAD = 10.0  # variance of the prior on a weight
MIN_COUNT = 2  # neighbours seen once say nothing; a word does
MIN_WEIGHT = 5  # in steps of 1 / SCALE; what weighs less is left out
STEPS = 120


def lessons_of(tables: Iterable[Path]) -> list[Lesson]:
    """Every utterance of the tables and of the examples, with its kind; `several` where it holds more than one."""
    found = [(said, kind) for kind, block in yaml.safe_load(EXAMPLES.read_text("utf-8")).items()
             for said in block.splitlines()]  # fmt: skip
    for table in tables:
        for case in yaml.safe_load(table.read_text("utf-8")):
            kinds = {item["kind"] for item in case["items"]}
            found.append((case["say"], kinds.pop() if len(kinds) == 1 else SEVERAL))
    return found


def learn(lessons: Sequence[Lesson]) -> Weights:
    """The most likely weights under a normal prior, by L-BFGS."""
    read = [(cues, kind) for said, kind in lessons for cues in cues_in(said)]
    seen = [cues for cues, _ in read]
    counts = Counter(cue for cues in seen for cue in cues)
    known = sorted(cue for cue, count in counts.items() if count >= MIN_COUNT or " " not in cue)
    column = {cue: index for index, cue in enumerate(known)}
    kinds = tuple(sorted({kind for _, kind in read}))
    rows, columns, values = [], [], []
    for row, cues in enumerate(seen):
        there = [column[cue] for cue in sorted(cues) if cue in column]
        rows += [row] * len(there)
        columns += there
        values += [1 / np.sqrt(max(len(there), 1))] * len(there)
    matrix = csr_matrix((values, (rows, columns)), shape=(len(read), len(known)))
    wanted = np.eye(len(kinds))[[kinds.index(kind) for _, kind in read]]
    fitted = _fit(matrix, wanted)
    whole = np.rint(fitted * SCALE).astype(int)
    rounded = {cue: tuple(map(int, whole[index])) for cue, index in column.items()
               if abs(whole[index]).max() >= MIN_WEIGHT}  # fmt: skip
    return Weights(kinds, SCALE, tuple(map(int, whole[-1])), rounded)


def _fit(matrix: csr_matrix, wanted: np.ndarray) -> np.ndarray:
    """float64[cues + 1, kinds]: one row a cue, the bias last."""
    cues, kinds = matrix.shape[1], wanted.shape[1]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(cues + 1, kinds)
        logits = matrix @ weights[:-1] + weights[-1]
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        missed = -np.log(shares[wanted > 0] + 1e-12).sum() + (weights[:-1] ** 2).sum() / (2 * SPREAD)
        slope = np.vstack([matrix.T @ (shares - wanted) + weights[:-1] / SPREAD, (shares - wanted).sum(axis=0)])
        return float(missed), slope.ravel()

    start = np.zeros((cues + 1) * kinds)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return np.asarray(found.x).reshape(cues + 1, kinds)


def write(weights: Weights, file: Path = WEIGHTS) -> None:
    """One cue a line, so that a change can be read."""
    head = msgspec.json.encode({"kinds": weights.kinds, "scale": weights.scale, "bias": weights.bias}).decode()
    lines = (f"{msgspec.json.encode(cue).decode()}:{msgspec.json.encode(row).decode()}"
             for cue, row in sorted(weights.cues.items()))  # fmt: skip
    file.write_text(head[:-1] + ',"cues":{\n' + ",\n".join(lines) + "\n}}\n", "utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m coach.interpreter.cues.learn", description=__doc__)
    parser.add_argument("tables", nargs="*", type=Path, help="tables of utterances to learn from")
    tables = parser.parse_args(argv).tables
    lessons = lessons_of(tables)
    weights = learn(lessons)
    write(weights)
    print(f"{len(lessons)} utterances, {len(weights.cues)} cues, {WEIGHTS.stat().st_size / 1000:.0f} kB in {WEIGHTS}")


if __name__ == "__main__":
    main()
