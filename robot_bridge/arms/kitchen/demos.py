"""Demonstrations of the expert, every frame labelled with its thought, in files that train quickly.

A demonstration is a pure function of its seed. A shard is a folder of arrays, one row a frame (10 Hz):

    images.npy          uint8[N, cameras, 96, 96, 3]
    state.npy           float32[N, 14]
    action.npy          float32[N, 14]           the target for the next 0.1 s, without the noise that was executed
    episode.npy         int32[N]                 index into texts.json "episodes"
    step.npy            int32[N]                 counts from 0 within an episode
    thought_id.npy      int32[N]                 index into texts.json "thoughts"
    instruction_id.npy  int32[N]                 index into texts.json "instructions"
    doing_id.npy        int32[N]                 index into texts.json "doings", -1: what the thoughts before say
    chunk.npy           float32[N, steps, 14]    practice alone: what the expert would do from each frame on
    texts.json          {"thoughts": […], "instructions": […],
                         "episodes": [{"seed", "mix", "ok", "frames", "noise_rad", "motion"}],
                         "config": {…}, "cameras": […]}

An instruction may have lines after the first: notes of the home.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from robot_bridge.arms.kitchen.episodes import DemoConfig, Episode, record
from robot_bridge.arms.kitchen.world import Kitchen

Report = Callable[[str], None]


def generate(seeds: range, out_dir: str | Path, workers: int = 1, config: DemoConfig | None = None,
             episodes_per_shard: int = 50, report: Report = print) -> list[Path]:  # fmt: skip
    """Write demonstrations for `seeds`, in shards; those already there are kept. Safe to interrupt.

    Args:
        workers: processes; 1 works in this one.
        report: is told one line per shard.
    """
    config, out = config or DemoConfig(), Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    starts = range(seeds.start, seeds.stop, episodes_per_shard)
    jobs = [(range(s, min(s + episodes_per_shard, seeds.stop)), out, config) for s in starts]
    todo = [job for job in jobs if not shard_path(*job[:2]).exists()]
    for line in _over(workers, _write_shard, todo):
        report(line)
    return [shard_path(*job[:2]) for job in jobs]


def shard_path(seeds: range, out: Path) -> Path:
    """Folder of the shard of these seeds."""
    return out / f"demos-{seeds.start:08d}-{seeds.stop - 1:08d}"


def _over(workers: int, work: Callable, jobs: list) -> Iterator[str]:
    if workers <= 1 or len(jobs) <= 1:
        yield from map(work, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(work, jobs)


def _write_shard(job: tuple[range, Path, DemoConfig]) -> str:
    """Record the episodes of one shard."""
    seeds, out, config = job
    start, kitchen, shard = time.perf_counter(), _kitchen(config), ShardWriter()
    for seed in seeds:
        shard.add(record(kitchen, seed, config))
    target = shard_path(seeds, out)
    shard.save(target, config)
    took, ok = time.perf_counter() - start, [episode["ok"] for episode in shard.episodes]
    return (
        f"{target.name}: {len(ok)} episodes, {sum(ok)} ok, {shard.frames} frames, {3600 * len(ok) / took:.0f} an hour"
    )


_kitchens: dict[tuple[str, int], Kitchen] = {}


def _kitchen(config: DemoConfig) -> Kitchen:
    """One kitchen per process and setting: compiling the model and opening a GL context take a second."""
    key = (config.grasp, config.size)
    if key not in _kitchens:
        _kitchens[key] = Kitchen(config.grasp, config.size)
    return _kitchens[key]


@dataclass
class ShardWriter:
    """Frames of several episodes on their way to a folder."""

    arrays: dict[str, list[np.ndarray]] = field(default_factory=dict)
    texts: dict[str, dict[str, int]] = field(default_factory=lambda: {"thoughts": {}, "instructions": {}, "doings": {}})
    episodes: list[dict] = field(default_factory=list)
    frames: int = 0

    def add(self, episode: Episode) -> None:
        n = len(episode.thoughts)
        columns = {
            "images": episode.images,
            "state": episode.states,
            "action": episode.actions,
            "episode": np.full(n, len(self.episodes), np.int32),
            "step": np.arange(n, dtype=np.int32),
            "thought_id": self._ids("thoughts", episode.thoughts),
            "instruction_id": self._ids("instructions", episode.instructions),
            "doing_id": self._ids("doings", episode.doing) if episode.doing else np.full(n, -1, np.int32),
        }
        if episode.chunks is not None:
            columns["chunk"] = episode.chunks
        for name, rows in columns.items():
            self.arrays.setdefault(name, []).append(rows)
        self.episodes.append({"seed": episode.seed, "mix": episode.mix, "ok": episode.ok, "frames": n,
                              "noise_rad": episode.noise_rad, "motion": episode.motion})  # fmt: skip
        self.frames += n

    def _ids(self, table: str, texts: list[str]) -> np.ndarray:
        known = self.texts[table]
        return np.array([known.setdefault(text, len(known)) for text in texts], np.int32)

    def save(self, folder: Path, config: DemoConfig) -> None:
        """Write the shard and put its folder in place in one move."""
        part = folder.with_suffix(f".part{os.getpid()}")
        part.mkdir(parents=True)
        for name, rows in self.arrays.items():
            np.save(part / f"{name}.npy", np.concatenate(rows))
            rows.clear()
        texts = {table: list(known) for table, known in self.texts.items()}
        meta = {**texts, "episodes": self.episodes, "config": asdict(config), "cameras": list(config.cameras)}
        (part / "texts.json").write_text(json.dumps(meta, indent=0), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
