"""How well utterances are understood: intents and slots against a table that says what was meant."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from coach.bench.report import Report, Row, commit, machine
from coach.evaluate.statistics import wilson
from coach.interpreter import interpret
from robot_bridge.protocol.errors import ConfigError

UNSCORED = frozenset(("kind", "text"))


@dataclass(frozen=True)
class Score:
    """What came of one utterance. `slots`: right, wrong or missing ones; empty where the intent was not understood."""

    said: str
    intent: bool
    whole: bool
    slots: Counter[str]
    missed: Counter[str]
    stop_meant: bool
    stop_heard: bool
    seconds: float


def score(case: dict[str, Any]) -> Score:
    """Every kind in order is the intent; a slot counts where it was meant or was found."""
    start = time.perf_counter()
    found = msgspec.to_builtins(list(interpret(case["say"]).items))
    seconds = time.perf_counter() - start
    meant = case["items"]
    kinds_meant, kinds_found = [item["kind"] for item in meant], [item["kind"] for item in found]
    intent = kinds_meant == kinds_found
    right: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for index, item in enumerate(meant):
        other = found[index] if intent else {}
        for slot in sorted({*item, *other} - UNSCORED - ({"about"} - set(item))):
            (right if item.get(slot) == other.get(slot) else missed)[slot] += 1
    return Score(case["say"], intent, intent and not missed, right, missed, "stop" in kinds_meant,
                 "stop" in kinds_found, seconds)  # fmt: skip


def measure(file: Path) -> Report:
    """What is understood today; beside it what the head of the table says of its first measurement.

    Raises:
        ConfigError: the file is no table of utterances.
    """
    try:
        text = file.read_text("utf-8")
        cases = yaml.safe_load(text)
        scores = [score(case) for case in cases]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigError(f"{file} is no table of utterances ({type(error).__name__})", "entries {say: …, items: […]}",
                          "see tests/coach/heldout_utterances.yaml") from None  # fmt: skip
    right: Counter[str] = sum((s.slots for s in scores), Counter())
    missed: Counter[str] = sum((s.missed for s in scores), Counter())
    first = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# First measured")]
    notes = [
        *first,
        _told("intent right", sum(s.intent for s in scores), len(scores)),
        _told("intent and every slot right", sum(s.whole for s in scores), len(scores)),
        _told("slots right", sum(right.values()), sum(right.values()) + sum(missed.values())),
        _told("stops heard", sum(s.stop_heard for s in scores if s.stop_meant), sum(s.stop_meant for s in scores)),
        _told("stops heard where none was said", sum(s.stop_heard for s in scores if not s.stop_meant),
              sum(not s.stop_meant for s in scores)),
        *(_told(f"slot {slot}", right[slot], right[slot] + missed[slot]) for slot in sorted(right | missed)),
        *(f"not as meant: {s.said}" for s in scores if not s.whole),
    ]  # fmt: skip
    row = Row.of("one utterance", "ms", [s.seconds * 1000 for s in scores])
    return Report("interpret", f"coach bench interpret --table {file}", (row,), len(scores), 0, "none: rules alone",
                  machine(), commit(), tuple(notes))  # fmt: skip


def _told(name: str, count: int, of: int) -> str:
    low, high = wilson(count, of)
    rate = f"{100 * count / of:.1f} %" if of else "–"
    return f"{name}: {count} of {of}, {rate} (95 % {100 * low:.1f} to {100 * high:.1f})"
