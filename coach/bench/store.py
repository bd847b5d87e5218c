"""How the memory behaves with 100,000 lessons in it: search, listing, one more lesson, replay beside the bare disk."""

from __future__ import annotations

import itertools
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from coach.bench.report import Report, Row, commit, machine
from memory import corrections, episodes, frames
from memory.records import CorrectionDraft
from memory.replay import stream
from memory.store import Store
from robot_bridge.protocol.messages import Observation

LESSONS = 100_000
SEEN = 60  # of them with what the robot saw, 40 frames each
FRAMES_EACH = 40
BATCH = 2000
TASK = 5  # lessons in one episode
_COLORS = ("red", "blue", "green", "yellow", "white")
_THINGS = ("plate", "cup", "bowl", "sponge", "towel", "bottle")
_PLACES = ("in the sink", "in the drying rack", "in the bin", "in the dishwasher", "on the counter")
_SAYINGS = ("no, {p}", "not the {o}, the {t}", "put it {p}", "I said the {t}", "the {t} goes {p}", "no, no, {p} please",
            "wrong one, take the {t}", "the other {o}", "{t}s always go {p}", "gently, and {p}")  # fmt: skip
_RARE = ("grandmother", "crooked", "chipped", "underneath", "birthday", "slippery", "upside", "handle")
Progress = Callable[[str], None]


def measure(rounds: int, seed: int, command: str, progress: Progress, lessons: int = LESSONS) -> Report:
    """Args: rounds: searches of each kind."""
    with tempfile.TemporaryDirectory(prefix="coach-bench-store-") as folder:
        path = Path(folder) / "memory.db"
        with Store.open(path) as store:
            begin = time.perf_counter()
            _fill(store, lessons, random.Random(seed), progress)
            filled_s = time.perf_counter() - begin
        with Store.open(path) as store:
            progress("searching")
            rows = [*_searches(store, rounds, random.Random(seed + 1)), *_others(store, rounds)]
            progress("replaying")
            rows += _replay(store, path, lessons)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    notes = (f"{lessons:,} lessons, {min(SEEN, lessons):,} of them with {FRAMES_EACH} frames of three cameras; "
             f"{size / 2**20:,.0f} MiB; filled in {filled_s:,.0f} s",
             "the file was just written, so that both ways of reading it find it in the system's cache")  # fmt: skip
    return Report("store", command, tuple(rows), rounds, seed, "none", machine(), commit(), notes)


def _seen_numbers(lessons: int) -> list[int]:
    """Those lessons that come with frames, spread over all of them."""
    return sorted({round(number * (lessons - 1) / max(SEEN - 1, 1)) for number in range(SEEN)})


def _fill(store: Store, lessons: int, chance: random.Random, progress: Progress) -> None:
    seen = set(_seen_numbers(lessons))
    pictures = _pictures(chance.randrange(2**31))
    episode = 0
    for first in range(0, lessons, BATCH):
        with store._connection.writing() as db:
            for number in range(first, min(first + BATCH, lessons)):
                if number % TASK == 0:
                    task = {"task_id": f"task-{number}", "instruction": "put the red cup in the sink", "by": "Ada"}
                    episode = episodes.begin(db, home="home", checkpoint="embedded", embodiment="kitchen", **task)
                shown = _shown(number, pictures) if number in seen else ()
                around = [frames.encode(episode, observation) for observation in shown]
                corrections.add(db, _draft(number, episode, chance), around)
        progress(f"{min(first + BATCH, lessons):,} lessons written")


def _draft(number: int, episode: int, chance: random.Random) -> CorrectionDraft:
    color, thing, place = chance.choice(_COLORS), chance.choice(_THINGS), chance.choice(_PLACES)
    words = chance.choice(_SAYINGS).format(o=chance.choice(_THINGS), t=f"{color} {thing}", p=place)
    if chance.random() < 0.001:
        words = f"{words}, the {chance.choice(_RARE)} one"
    reason = f"reason: the {color} {thing} is on the counter and goes"
    was, now = f"put the {color} {thing} in the sink", f"put the {color} {thing} {place}"
    return CorrectionDraft(
        id=f"{number:08x}-{chance.getrandbits(64):016x}", words=words, episode_id=episode,
        by=chance.choice(("Ada", "Bo")), thought_was=f"{reason} in the sink\nsubtask: pick up the {color} {thing}",
        thought_should=f"{reason} {place}\n", instruction_was=was,
        instruction_now=now, wall_s=1.7e9 + number, time_s=number * 10.0, observation_sequence=number * 100,
        checkpoint="embedded", home="home", embodiment="kitchen",
    )  # fmt: skip


def _pictures(seed: int) -> list[dict[str, np.ndarray]]:
    """Twenty sets of 96-pixel pictures with edges and grain, about as large as those of the kitchen."""
    rng = np.random.default_rng(seed)
    sets = []
    for _ in range(20):
        blocks = rng.integers(0, 255, (12, 12, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        grain = rng.integers(0, 12, (96, 96, 3), np.uint8)
        sets.append({camera: np.clip(blocks.astype(int) + grain, 0, 255).astype(np.uint8)
                     for camera in ("base", "left_wrist", "right_wrist")})  # fmt: skip
    return sets


def _shown(number: int, pictures: list[dict[str, np.ndarray]]) -> Iterator[Observation]:
    for step in range(FRAMES_EACH):
        images = pictures[(number + step) % len(pictures)]
        yield Observation(sequence=number * 100 - FRAMES_EACH + step, time_s=number * 10.0 - 2.0 + step / 10,
                          state=np.full(38, step, np.float32), images=images)  # fmt: skip


def _searches(store: Store, rounds: int, chance: random.Random) -> list[Row]:
    kinds = {
        "search: one common word": lambda: chance.choice(_THINGS),
        "search: colour and thing": lambda: f"{chance.choice(_COLORS)} {chance.choice(_THINGS)}",
        "search: a whole sentence": lambda: f"no, the {chance.choice(_COLORS)} {chance.choice(_THINGS)} in the rack",
        "search: a rare word": lambda: chance.choice(_RARE),
        "search: the beginning of a word": lambda: chance.choice(_THINGS)[:3],
        "search: a word that is nowhere": lambda: "xylophone",
    }  # fmt: skip
    rows = []
    for name, query in kinds.items():
        taken = [_both_ms(partial(store.search_corrections, query(), 20)) for _ in range(rounds)]
        rows.append(Row.of(name, "ms", [wall for wall, _ in taken]))
        rows.append(Row.of(f"{name}, processor time", "ms", [cpu for _, cpu in taken]))
    return rows


def _others(store: Store, rounds: int) -> list[Row]:
    latest = store.corrections(limit=1)[0]
    added = (CorrectionDraft(id=f"bench-{number}", words="no, in the bin", thought_should="reason: x\n", time_s=1e9)
             for number in itertools.count())  # fmt: skip
    return [
        Row.of("list: the newest 50", "ms", [_ms(lambda: store.corrections(50)) for _ in range(rounds)]),
        Row.of("list: a page in the middle", "ms", [_ms(lambda: store.corrections(50, 50_000)) for _ in range(rounds)]),
        Row.of("one lesson by its id", "ms", [_ms(lambda: store.correction(latest.id)) for _ in range(rounds)]),
        Row.of("one more, durable", "ms", [_ms(lambda: store.add_correction(next(added))) for _ in range(rounds)]),
    ]  # fmt: skip


def _replay(store: Store, path: Path, lessons: int) -> list[Row]:
    """All lessons with what the robot saw, against the same file read from end to end."""
    bare, whole = [], []
    for _ in range(1):
        begin = time.perf_counter()
        with path.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
        bare.append(os.path.getsize(path) / 2**20 / (time.perf_counter() - begin))
        begin, size, count = time.perf_counter(), 0, 0
        for lesson in stream(store):
            count += 1
            size += sum(len(frame.state_bytes) + sum(map(len, frame.jpegs.values())) for frame in lesson.frames)
        took = time.perf_counter() - begin
        whole.append((size / 2**20 / took, count / took))
    frames_only = _frames_alone(store, lessons)
    return [
        Row.of("the bare file, from end to end", "MiB/s", bare),
        Row.of("replay: frames of lessons, by processor time", "MiB/s", frames_only),
        Row.of("replay: every lesson, most without frames", "lessons/s", [rate for _, rate in whole]),
    ]


def _frames_alone(store: Store, lessons: int) -> list[float]:
    """MiB/s over the lessons that have frames."""
    found = []
    numbers = _seen_numbers(lessons)
    for _ in range(3):
        begin, size = time.thread_time(), 0
        for number in numbers:
            with store.reading() as db:
                lesson = corrections.select(db, "WHERE number = ?", (number + 1,))[0]
            for frame in store.frames(lesson.episode_id, lesson.window_start_s, lesson.window_end_s):
                size += len(frame.state_bytes) + sum(map(len, frame.jpegs.values()))
        found.append(size / 2**20 / (time.thread_time() - begin))
    return found


def _both_ms(act: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and what the processor spent on it: where others use the machine, the two differ."""
    begin, spent = time.perf_counter(), time.thread_time()
    act()
    return (time.perf_counter() - begin) * 1000, (time.thread_time() - spent) * 1000


def _ms(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000
