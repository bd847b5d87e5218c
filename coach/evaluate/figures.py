"""What a suite's rows say: a few rates with their intervals, beside the bars that are set for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from coach.evaluate.rows import Row
from coach.evaluate.statistics import interval, mcnemar, more_needed, verdict, wilson

Counted = tuple[int, int]  # successes, trials


@dataclass(frozen=True)
class Figure:
    """One rate of a suite.

    Args:
        count: successes and trials of the rows.
        bars: grasp → the least rate that is wanted.
    """

    name: str
    count: Callable[[Sequence[Row]], Counted]
    bars: dict[str, float] = field(default_factory=dict)

    def of(self, rows: Sequence[Row], grasp: str) -> dict[str, Any]:
        successes, trials = self.count(rows)
        low, high = wilson(successes, trials)
        found: dict[str, Any] = {"name": self.name, "rate": round(successes / max(trials, 1), 4), "n": trials,
                                 "ci95": [round(low, 4), round(high, 4)]}  # fmt: skip
        return {**found, "bar": self.bars[grasp]} if grasp in self.bars else found


def _rows(right: Callable[[Row], bool], variant: str = "") -> Callable[[Sequence[Row]], Counted]:
    """How many of the rows (of one variant) are right."""

    def count(rows: Sequence[Row]) -> Counted:
        these = [row for row in rows if variant in ("", row.variant)]
        return sum(map(right, these)), len(these)

    return count


def _sums(part: str, whole: str, kinds: tuple[bool, ...] = (False, True)) -> Callable[[Sequence[Row]], Counted]:
    """Two counts of the rows, added up. Args: kinds: of the rows about one thing (False), or about chores (True)."""

    def count(rows: Sequence[Row]) -> Counted:
        these = [row for row in rows if (row.kind in ("clear", "wash")) in kinds]
        return sum(getattr(row, part) for row in these), sum(getattr(row, whole) for row in these)

    return count


def _noticed(row: Row) -> bool:
    return row.thoughts > 0 and row.reasons == row.subtasks == row.thoughts


_RIGHT = Figure("object in the right place", _rows(lambda row: row.success))
_SKILL = replace(_RIGHT, bars={"sticky": 0.92, "contact": 0.80})
_FIRST = Figure("first thought right", _rows(lambda row: row.first_right))
_SUBTASKS = Figure("all subtasks right", _sums("subtasks", "thoughts"))

FIGURES: dict[str, tuple[Figure, ...]] = {
    "pick_place": (_SKILL, _FIRST, _SUBTASKS),
    "clear_counter": (
        Figure("whole job", _rows(lambda row: row.success), {"sticky": 0.75}),
        Figure("objects where they belong", _sums("objects_right", "objects"), {"sticky": 0.93}),
    ),
    "wash_up": (
        Figure("whole job", _rows(lambda row: row.success), {"sticky": 0.75}),
        Figure("dishes where they belong", _sums("objects_right", "objects")),
    ),
    "paraphrases": (
        Figure("trained wording", _rows(lambda row: row.success, "trained")),
        Figure("words never trained on, read by the model", _rows(lambda row: row.success, "raw")),
        Figure("the same words through the interpreter", _rows(lambda row: row.success, "heard")),
        Figure("understood by the interpreter", _rows(lambda row: row.thoughts > 0, "heard")),
        Figure("first thought right, trained wording", _rows(lambda row: row.first_right, "trained")),
        Figure("first thought right, words never trained on", _rows(lambda row: row.first_right, "raw")),
    ),
    "moved_object": (
        replace(_RIGHT, bars={"sticky": 0.80}),
        Figure("of those that were moved", lambda rows: _rows(lambda row: row.success)([r for r in rows if r.event])),
    ),
    "fetched": (_RIGHT, _FIRST),
    "corrected": (
        Figure("thing where the correction says", _rows(lambda row: row.success)),
        Figure("another place, with the same arm", _rows(lambda row: row.success, "place")),
        Figure("another place, with the other arm", _rows(lambda row: row.success, "arm")),
        Figure("another thing", _rows(lambda row: row.success, "thing")),
    ),
    "among_others": (
        Figure("right object picked", _rows(lambda row: bool(row.picked) and row.picked in row.words),
               {"sticky": 0.95}),
        Figure("right object, of those where one was picked",
               lambda rows: _rows(lambda row: row.picked in row.words)([row for row in rows if row.picked])),
        Figure("and put in the right place", _rows(lambda row: row.success)),
    ),
    "home": (
        Figure("whole job as the home wants it", _rows(lambda row: row.success)),
        Figure("things where they belong", _sums("objects_right", "objects")),
        Figure("things in a wrong place", _sums("objects_wrong", "objects")),
    ),
    "thought_text": (
        Figure("whole thought right", _sums("right", "thoughts"), {"sticky": 0.95}),
        Figure("whole thought right, single tasks", _sums("right", "thoughts", (False,))),
        Figure("whole thought right, chores", _sums("right", "thoughts", (True,))),
        Figure("first thought of a task right", _rows(lambda row: row.first_right)),
        Figure("reason right", _sums("reasons", "thoughts")),
        Figure("subtask right", _sums("subtasks", "thoughts")),
        Figure("place within 5 px", _sums("near", "places")),
    ),
    "failures": (
        Figure("empty gripper: the next thought says so", _rows(_noticed, "slip")),
        Figure("taken out again: the next thought says so", _rows(_noticed, "taken")),
        Figure("nothing stays in the hand: asks for help", _rows(lambda row: bool(row.asked), "slips")),
        Figure("and after exactly three tries", _rows(lambda row: bool(row.asked) and row.event == 3, "slips")),
    ),
    "scene": (
        Figure("missing: asks for help", _rows(lambda row: row.subtasks > 0, "missing")),
        Figure("two of a kind: asks which", _rows(lambda row: row.subtasks > 0, "twice")),
        Figure("there once: no false alarm", _rows(lambda row: row.questions == 0, "there")),
    ),
}  # fmt: skip

BY_SUCCESS = ("failures", "scene")  # their figures are each about other rows, so that groups go by success


def summary(suite: str, rows: Sequence[Row], grasp: str, **labels: Any) -> dict[str, Any]:
    """The object that `coach eval --json` prints: the suite's first figure as `success`, then all of them."""
    figures = [figure.of(rows, grasp) for figure in FIGURES[suite]]
    found: dict[str, Any] = {"suite": suite, "grasp": grasp, **labels, "episodes": len(rows),
                             "success": figures[0]["rate"], "ci95": figures[0]["ci95"], "figures": figures}  # fmt: skip
    first = FIGURES[suite][0] if suite not in BY_SUCCESS else Figure("", _rows(lambda row: row.success))
    for title, key in (("per_task", _task_of), ("per_object", _kind_of), ("per_place", _place_of)):
        groups = sorted({key(row) for row in rows})
        rates = {name: _rate(first, [row for row in rows if key(row) == name]) for name in groups if name}
        found[title] = {name: rate for name, rate in rates.items() if rate["episodes"]}
    places = sorted(row.where_px for row in rows if row.where_px is not None)
    found["where_px_p50"] = places[len(places) // 2] if places else None
    if suite == "paraphrases":
        found["against_trained"] = {variant: paired(_of(rows, "trained"), _of(rows, variant))
                                    for variant in ("raw", "heard")}  # fmt: skip
    return found


def paired(first: Sequence[Row], second: Sequence[Row]) -> dict[str, Any]:
    """The second on the same layouts as the first: McNemar's exact test on the pairs that differ, and the 95 % interval
    of the difference in points."""
    pairs = list(zip(first, second, strict=True))
    better = sum(b.success and not a.success for a, b in pairs)
    worse = sum(a.success and not b.success for a, b in pairs)
    points = 100 * (better - worse) / max(len(pairs), 1)
    counts = better, worse, len(pairs)
    return {"better": better, "worse": worse, "points": round(points, 2),
            "points_ci95": [round(100 * end, 2) for end in interval(*counts)], "p": mcnemar(better, worse),
            "verdict": verdict(*counts), "more": more_needed(*counts)}  # fmt: skip


def paired_by(first: Sequence[Row], second: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """What `paired` says, of each task by itself, with both rates."""
    found: dict[str, dict[str, Any]] = {}
    for name in sorted({_task_of(row) for row in first}):
        a, b = ([row for row in rows if _task_of(row) == name] for rows in (first, second))
        rates = [round(sum(row.success for row in rows) / len(rows), 3) for rows in (a, b)]
        found[name] = {"episodes": len(a), "first": rates[0], "second": rates[1], **paired(a, b)}
    return found


def _of(rows: Sequence[Row], variant: str) -> list[Row]:
    return [row for row in rows if row.variant == variant]


def _rate(figure: Figure, rows: Sequence[Row]) -> dict[str, Any]:
    successes, trials = figure.count(rows)
    return {"success": round(successes / max(trials, 1), 3), "episodes": trials}


def _task_of(row: Row) -> str:
    return f"{row.kind} → {row.place}" if row.place else row.kind


def _kind_of(row: Row) -> str:
    return row.kind


def _place_of(row: Row) -> str:
    return row.place
