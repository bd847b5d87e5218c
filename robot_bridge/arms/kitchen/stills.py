"""Single pictures with what is in them, for learning to see: thousands a minute.

A shard is a folder with `images.npy` uint8[N, 96, 96, 3] (the base camera) and `labels.json`, a list of N lists of
`{"name", "kind", "colour", "dirty", "place", "x", "y"}`, x and y the middle of the object as fractions of the picture
from its top left corner.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from robot_bridge.arms.kitchen import ik
from robot_bridge.arms.kitchen.episodes import stow
from robot_bridge.arms.kitchen.layout import MOST, make_layout
from robot_bridge.arms.kitchen.objects import KINDS
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.arms.kitchen.world import Kitchen


def stills(seeds: range, out_dir: str | Path, per_shard: int = 1000, size: int = 96,
           report: Callable[[str], None] = print, busy: bool = False) -> list[Path]:  # fmt: skip
    """Write labelled pictures for `seeds`; shards already there are kept.

    Args:
        busy: of chores under way: six things, up to four of them put away, a hand down at one of the others.
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    kitchen, written = Kitchen("sticky", size), []
    for start in range(seeds.start, seeds.stop, per_shard):
        part = range(start, min(start + per_shard, seeds.stop))
        target = out / f"stills-{part.start:08d}-{part.stop - 1:08d}"
        written.append(target)
        if target.exists():
            continue
        began = time.perf_counter()
        pairs = [still(kitchen, seed, busy) for seed in part]
        temporary = target.with_suffix(f".part{os.getpid()}")
        temporary.mkdir()
        np.save(temporary / "images.npy", np.stack([image for image, _ in pairs]))
        (temporary / "labels.json").write_text(json.dumps([labels for _, labels in pairs]), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        temporary.rename(target)
        report(f"{target.name}: {60 * len(part) / (time.perf_counter() - began):.0f} a minute")
    return written


def still(kitchen: Kitchen, seed: int, busy: bool = False) -> tuple[np.ndarray, list[dict]]:
    """uint8[size, size, 3] of the base camera, and its labels."""
    rng = np.random.default_rng([seed, 3])
    arms, carrying = _random_arms(kitchen, rng)
    kitchen.reset(make_layout(seed, MOST if busy else None), arms, settle_s=0.0)
    if rng.random() < (0.8 if busy else 0.5):
        stow(kitchen, rng, int(rng.integers(1, len(PLACES) + busy)))
    if busy and not carrying:
        _reach_down(kitchen, rng)
    if carrying:
        thing = kitchen.objects()[int(rng.integers(len(kitchen.objects())))]
        pose = kitchen.state()
        at = 0 if carrying == "left" else 7
        pose[at + 6] = KINDS[thing.kind].half_width
        if KINDS[thing.kind].rim:
            pose[at + 5] = np.pi / 2
        kitchen.pose_arms(pose)
        kitchen.give(carrying, thing.name)
    labels = []
    for thing in kitchen.objects():
        where = kitchen.project("base", thing.centre)
        labels.append({"name": thing.name, "kind": thing.kind, "colour": thing.colour, "dirty": thing.dirty,
                       "place": thing.place, "x": round(where.x, 5), "y": round(where.y, 5)})  # fmt: skip
    return kitchen.render("base"), labels


def _reach_down(kitchen: Kitchen, rng: np.random.Generator) -> None:
    """One hand at, or on its way down to, one of the things on the counter."""
    waiting = [thing for thing in kitchen.objects() if thing.place == "counter"]
    if not waiting:
        return
    thing = waiting[int(rng.integers(len(waiting)))]
    hand = HANDS[int(rng.integers(2))]
    aside = rng.normal(0.0, 0.02, 2)
    point = thing.position + np.array([*aside, rng.uniform(0.02, 0.2)])
    if not ik.reachable(hand, point):
        return
    pose = kitchen.state()
    _bring_hand(pose, hand, point, rng)
    kitchen.pose_arms(pose)


def _random_arms(kitchen: Kitchen, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """float32[14] with at most one arm away from home, and the hand that is to carry something (or empty)."""
    arms = kitchen.body.home + np.where(np.arange(14) % 7 != 6, rng.uniform(-0.15, 0.15, 14), 0)
    if rng.random() < 0.4:
        return arms.astype(np.float32), ""
    hand = HANDS[int(rng.integers(2))]
    sign = 1 if hand == "left" else -1
    while True:
        point = np.array([sign * rng.uniform(-0.45, 0.2), rng.uniform(-0.15, 0.26), rng.uniform(0.13, 0.26)])
        if ik.reachable(hand, point):
            break
    _bring_hand(arms, hand, point, rng)
    return arms.astype(np.float32), hand if rng.random() < 0.4 else ""


def _bring_hand(arms: np.ndarray, hand: str, point: np.ndarray, rng: np.random.Generator) -> None:
    """Change float[14] so that a hand is at a point, m, turned and opened somehow."""
    at = 0 if hand == "left" else 7
    arms[at : at + 6] = ik.solve(hand, point, rng.choice([0.0, np.pi / 2, rng.uniform(-1.5, 1.5)]))
    arms[at + 6] = rng.uniform(0.0, 0.048)
