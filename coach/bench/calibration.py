"""`coach bench calibration`: may the model's certainty be believed? Of thoughts it gives 80 %, 80 % should be right.

Two numbers are fitted on one set of unseen layouts and judged on another, thoughts of whole episodes in both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from coach.bench.report import commit, machine, store
from coach.evaluate.jobs import Job
from coach.evaluate.lane import Lane, LaneConfig
from coach.evaluate.lockstep import Together, play
from coach.evaluate.suites import suite
from policy.checkpoint import embedded_folder
from policy.loading import load_policy
from policy.model.calibration import Calibration, log_odds, write_calibration
from policy.model.pi0_policy import PI0Policy
from robot_bridge.arms.kitchen.tasks import plan
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.thought import Thought

FIT_SEED = 700  # of the suite, added to the seed of the layouts that are judged
LANES = 8
BINS = 10
DOUBTS = (0.3, 0.5, 0.7)  # thresholds that the table tells about


@dataclass(frozen=True)
class Judged:
    """Thoughts and what became of them: float64[n] log odds of the words, bool[n] whether the subtask was right."""

    odds: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Bin:
    """Thoughts of about the same certainty: how many, their mean certainty, and the share that was right."""

    thoughts: int
    certainty: float
    right: float


@dataclass(frozen=True)
class Scores:
    """Of one way to be certain.

    Args:
        ece: expected calibration error, 10 bins of equal width; brier: mean squared error.
        auroc: the chance that a right thought is held more certain than a wrong one.
        doubted: threshold → how many thoughts lie below it, and the share of those that was right.
    """

    ece: float
    brier: float
    auroc: float
    bins: tuple[Bin, ...]
    doubted: dict[str, tuple[int, float]]


@dataclass(frozen=True)
class CalibrationReport:
    """What was fitted, and how it does on layouts that it was not fitted on."""

    command: str
    checkpoint: str
    calibration: Calibration
    thoughts: int
    accuracy: float
    raw: Scores
    calibrated: Scores
    episodes: int
    seed: int
    machine: str
    commit: str
    bench: str = "calibration"

    def table(self) -> str:
        """Markdown, and the reliability plot in characters."""
        lines = [f"{self.thoughts} thoughts of {self.episodes} episodes, subtask right in {self.accuracy:.1%}", "",
                 "| | ECE | Brier | AUROC |", "|---|---:|---:|---:|"]  # fmt: skip
        for name, scores in (("probability of the words", self.raw), ("certainty", self.calibrated)):
            lines.append(f"| {name} | {scores.ece:.3f} | {scores.brier:.3f} | {scores.auroc:.3f} |")
        lines += ["", "certainty   right   thoughts"]
        for one in self.calibrated.bins:
            bar = "█" * round(20 * one.right)
            lines.append(f"  {one.certainty:6.1%}  {one.right:6.1%}  {one.thoughts:6d}  {bar}")
        for below, (count, right) in self.calibrated.doubted.items():
            lines.append(f"below {below}: {count} thoughts, {right:.1%} of them right")
        fitted = f"slope {self.calibration.slope}, intercept {self.calibration.intercept}"
        where = f"fitted on {self.calibration.thoughts} thoughts of layouts {self.calibration.seeds}"
        made = f"{self.machine}; checkpoint {self.checkpoint}; seed {self.seed}; commit {self.commit}"
        return "\n".join([*lines, "", f"{fitted}, {where}", made, f"`{self.command}`"])

    def to_json(self) -> str:
        return json.dumps(self._plain(), ensure_ascii=False)

    def write(self) -> Path:
        """Store it as `tests/results/calibration.json` of the source tree, and the plot beside it."""
        path = store(self.bench, self._plain())
        draw(self, path.with_suffix(".png"))
        return path

    def _plain(self) -> dict[str, object]:
        fitted = {name: getattr(self.calibration, name) for name in self.calibration.__struct_fields__}
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "calibration"}
        plain = {name: asdict(value) if isinstance(value, Scores) else value for name, value in fields.items()}
        return {**plain, "calibration": fitted}


def measure(checkpoint: str, episodes: int, seed: int, fit: bool, command: str,
            progress: Callable[[str], None]) -> CalibrationReport:  # fmt: skip
    """Fit on as many layouts as are judged.

    Args:
        checkpoint: a folder; empty for the one in the package.
        fit: keep the fitted numbers beside the weights; otherwise those that lie there are judged, if any do.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    policy = load_policy(checkpoint, "cpu")
    kitchens = [Kitchen("sticky") for _ in range(min(LANES, episodes))]
    try:
        calibration = policy.calibration
        if fit or calibration is None:
            jobs = suite("pick_place", episodes, FIT_SEED + seed)
            known = judge(policy, kitchens, jobs, lambda n: progress(f"fitting, episode {n} of {episodes}"))
            seeds = f"{jobs[0].seed}-{jobs[-1].seed}"
            calibration = Calibration.fit(list(known.odds), list(known.right), seeds)
        jobs = suite("pick_place", episodes, seed)
        found = judge(policy, kitchens, jobs, lambda n: progress(f"judging, episode {n} of {episodes}"))
    finally:
        torch.set_num_threads(threads)
        for kitchen in kitchens:
            kitchen.close()
    if fit:
        write_calibration(Path(checkpoint) if checkpoint else embedded_folder(), calibration)
    raw, ours = (score(_certainties(c, found.odds), found.right) for c in (Calibration(), calibration))
    return CalibrationReport(command, checkpoint or "embedded", calibration, len(found.right),
                             float(found.right.mean()), raw, ours, episodes, seed, machine(), commit())  # fmt: skip


def judge(policy: PI0Policy, kitchens: Sequence[Kitchen], jobs: Sequence[Job], played: Callable[[int], None]) -> Judged:
    """Play the jobs and compare every thought with the teacher's.

    Raises:
        CoachError: the model wrote nothing of its own.
    """
    policy.calibration = Calibration()  # gives the plain probability, from which the log odds follow
    pairs: list[tuple[float, bool]] = []

    class Listening(Lane):
        def take(self, thought: Thought | CoachError) -> Thought | None:
            if isinstance(thought, Thought) and thought.certainty is not None:
                right = thought.subtask == plan(self.kitchen, self.job.task).thought.subtask
                chance = min(max(thought.certainty, 1e-300), 1 - 1e-15)
                pairs.append((log_odds(float(np.log(chance))), right))
            return super().take(thought)

    for number, _ in enumerate(play(Together(policy), kitchens, jobs, lambda k, job: Listening(k, job, LaneConfig()))):
        played(number + 1)
    if not pairs:
        raise CoachError("this checkpoint wrote no thought of its own", next_step="train it to think first")
    odds, right = zip(*pairs, strict=True)
    return Judged(np.array(odds), np.array(right, bool))


def score(certainty: np.ndarray, right: np.ndarray) -> Scores:
    """How well float64[n] certainties foretell bool[n]."""
    bins = []
    place = np.clip((certainty * BINS).astype(int), 0, BINS - 1)
    for number in range(BINS):
        inside = place == number
        if inside.any():
            bins.append(Bin(int(inside.sum()), float(certainty[inside].mean()), float(right[inside].mean())))
    ece = sum(one.thoughts * abs(one.certainty - one.right) for one in bins) / len(right)
    doubted = {}
    for below in DOUBTS:
        inside = certainty < below
        doubted[str(below)] = (int(inside.sum()), float(right[inside].mean()) if inside.any() else 0.0)
    brier = float(((certainty - right) ** 2).mean())
    return Scores(round(float(ece), 4), round(brier, 4), round(_auroc(certainty, right), 4), tuple(bins), doubted)


def _auroc(certainty: np.ndarray, right: np.ndarray) -> float:
    """By ranks, ties counted half; 0.5 where all or none are right."""
    good, bad = np.sort(certainty[right]), np.sort(certainty[~right])
    if not len(good) or not len(bad):
        return 0.5
    below, up_to = np.searchsorted(bad, good, "left"), np.searchsorted(bad, good, "right")
    return float((below + up_to).mean() / 2 / len(bad))


def _certainties(calibration: Calibration, odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(calibration.slope * odds + calibration.intercept)))


def draw(report: CalibrationReport, path: Path) -> None:
    """The reliability plot as a picture; nothing where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    drawing = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = drawing.add_subplot()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for name, scores, colour in (("probability of the words", report.raw, "#b0b0b0"),
                                 ("certainty", report.calibrated, "#4c78a8")):  # fmt: skip
        sizes = [8 + 300 * one.thoughts / report.thoughts for one in scores.bins]
        x, y = [one.certainty for one in scores.bins], [one.right for one in scores.bins]
        axes.plot(x, y, color=colour, linewidth=1)
        axes.scatter(x, y, s=sizes, color=colour, label=f"{name}, ECE {scores.ece:.3f}")
    axes.set_xlabel("how certain")
    axes.set_ylabel("subtask right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend(loc="upper left")
    drawing.savefig(path, dpi=110)
