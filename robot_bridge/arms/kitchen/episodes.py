"""One demonstration from one seed: a task, what may go wrong on the way, and the expert's recoveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robot_bridge.arms.kitchen.expert import STEP_S, Expert
from robot_bridge.arms.kitchen.grasp import GraspMode
from robot_bridge.arms.kitchen.layout import make_layout
from robot_bridge.arms.kitchen.objects import COLOURS, KINDS
from robot_bridge.arms.kitchen.places import MIDDLE, PLACES
from robot_bridge.arms.kitchen.tasks import Chores, Task, plan, succeeded
from robot_bridge.arms.kitchen.wordings import CHORE_WORDINGS, NOTE_WORDINGS, PICK_WORDINGS, PUT_WORDINGS
from robot_bridge.arms.kitchen.world import Kitchen

Drive = Callable[[np.ndarray, float], None]  # a target float[14] and the seconds to get there
_JOINTS = np.arange(14) % 7 != 6
_HOME_TOLERANCE = 0.05
_IDLE_STEPS = 6  # at home after the task
_ASK_STEPS = 12
_DIRTY = 0.3  # share of homes with rules where dirty dishes go somewhere of their own


@dataclass(frozen=True)
class DemoConfig:
    """What demonstrations are made of. Shares are of episodes, 0 to 1.

    Args:
        put, pick, change, ask, clear, wash, fetch: shares of "put X in Y", "pick up X", a change of mind on the way,
            instructions that call for a question, chores, and "put X in Y" of something that lies in another
            receptacle; they are scaled to sum to 1.
        noisy: share with noise of `noise_rad` (σ) on the executed joint targets.
        jittered: share that starts up to `jitter_rad` from home.
        slip: share in which the hand once closes too early.
        moved: share in which somebody moves the object on the way.
        stored: share that starts with something already in a receptacle.
        short_name: share of instructions that leave the colour out where it is not needed.
        noted: share of chores in a home with rules of its own, which stand in the notes.
        kind: what tasks are about, if there is one; empty: anything.
        longest, longest_chore: in steps of a tenth of a second.
        cameras: whose pictures are kept.
    """

    put: float = 0.50
    pick: float = 0.06
    change: float = 0.10
    ask: float = 0.04
    clear: float = 0.20
    wash: float = 0.10
    fetch: float = 0.0
    noisy: float = 0.5
    noise_rad: float = 0.02
    jittered: float = 0.5
    jitter_rad: float = 0.15
    slip: float = 0.10
    moved: float = 0.05
    stored: float = 0.20
    short_name: float = 0.15
    noted: float = 0.5
    kind: str = ""
    longest: int = 200
    longest_chore: int = 450
    cameras: tuple[str, ...] = ("base",)
    grasp: GraspMode = "sticky"
    size: int = 96


@dataclass(frozen=True)
class Episode:
    """A recorded demonstration of N frames; arrays as in `demos`, texts one per frame.

    Args:
        motion: the actions are the expert's, one after the other; else the frames teach thoughts alone.
        doing: the subtask of the thought before, which need not have been right; None: as in `thoughts`.
        chunks: what the expert would do from each frame on, float32[N, horizon, 14]; None: what `actions` says.
    """

    seed: int
    mix: str
    ok: bool
    noise_rad: float
    images: np.ndarray
    states: np.ndarray
    actions: np.ndarray
    thoughts: list[str]
    instructions: list[str]
    motion: bool = True
    doing: list[str] | None = None
    chunks: np.ndarray | None = None


@dataclass(frozen=True)
class Script:
    """What happens in an episode: the tasks in order and the mishaps, by step number (-1: never)."""

    mix: str
    tasks: tuple[Task | Chores, ...]
    words: tuple[str, ...]
    change_at: int = -1
    slip_at: int = -1
    move_at: int = -1
    noise_rad: float = 0.0


def record(
    kitchen: Kitchen, seed: int, config: DemoConfig, drive: Drive | None = None, begin: Callable[[], None] | None = None
) -> Episode:
    """Reset the kitchen to this seed's layout and let the expert work.

    Args:
        drive: takes each target to the arms; left out, they go there straight.
        begin: called once the scene is set up.
    """
    rng = np.random.default_rng([seed, 2])
    set_scene(kitchen, seed, rng, config)
    if begin is not None:
        begin()
    script = write_script(kitchen, rng, config)
    expert, current, calm = Expert(kitchen), 0, 0
    images, states, actions, thoughts, instructions = [], [], [], [], []
    chore = isinstance(script.tasks[0], Chores)
    for step_index in range(config.longest_chore if chore else config.longest):
        if step_index == script.change_at:
            current = 1
        if step_index == script.move_at:
            move_target(kitchen, script.tasks[current], rng)
        step = plan(kitchen, script.tasks[current])
        action = expert.target(step)
        images.append(np.stack([kitchen.render(camera) for camera in config.cameras]))
        states.append(kitchen.state())
        actions.append(action)
        thoughts.append(str(step.thought))
        instructions.append(script.words[current])
        settled = step.action in ("done", "ask") and np.abs(states[-1] - action).max() < _HOME_TOLERANCE
        calm = calm + 1 if settled else 0
        enough = _ASK_STEPS if script.mix == "ask" else _IDLE_STEPS
        if calm >= enough and step_index > script.change_at:
            break
        slipping = 0 <= step_index - script.slip_at < 5 and script.slip_at >= 0
        executed = _disturb(action, step.hand, slipping, script.noise_rad, rng)
        (drive or kitchen.step)(executed, STEP_S)
    task = script.tasks[current]
    ok = calm > 0 and (step.action == "ask" if script.mix == "ask" else succeeded(kitchen, task))
    return Episode(seed, script.mix, bool(ok), script.noise_rad, np.stack(images), np.stack(states),
                   np.stack(actions), thoughts, instructions)  # fmt: skip


def intentions(kitchen: Kitchen, task: Task | Chores, steps: int) -> np.ndarray:
    """What the expert would do from here on, float32[steps, 14]; afterwards nothing has happened."""
    expert, targets = Expert(kitchen), []
    with kitchen.imagined():
        for _ in range(steps):
            targets.append(expert.target(plan(kitchen, task)))
            kitchen.step(targets[-1], STEP_S)
    return np.stack(targets)


def set_scene(kitchen: Kitchen, seed: int, rng: np.random.Generator, config: DemoConfig) -> None:
    """Reset a kitchen to a seed's layout, at times with arms away from home or things put away already."""
    arms = kitchen.body.home.copy()
    if rng.random() < config.jittered:
        arms += np.where(_JOINTS, rng.uniform(-config.jitter_rad, config.jitter_rad, 14), 0).astype(np.float32)
        arms[[6, 13]] = rng.uniform(0.02, 0.048, 2)
    kitchen.reset(make_layout(seed), arms)
    if rng.random() < config.stored:
        stow(kitchen, rng, int(rng.integers(1, 3)), config.kind)


def stow(kitchen: Kitchen, rng: np.random.Generator, count: int, kind: str = "") -> None:
    """Move up to `count` objects into receptacles, one into each, and let them come to rest; those of a kind first."""
    things, places = kitchen.objects(), list(PLACES.values())
    chosen = sorted(rng.permutation(len(things)), key=lambda index: things[index].kind != kind)[:count]
    for index, place in zip(chosen, rng.permutation(len(places)), strict=False):
        spot = places[place].lying(int(rng.integers(2)))
        kitchen.move_object(things[index].name, spot, things[index].yaw)
    kitchen.step(kitchen.state(), 0.1)


def write_script(kitchen: Kitchen, rng: np.random.Generator, config: DemoConfig) -> Script:
    """What is asked for in an episode, in which words, and what goes wrong."""
    mixes = ("put", "pick", "change", "ask", "clear", "wash", "fetch")
    shares = np.array([getattr(config, mix) for mix in mixes])
    mix = mixes[int(rng.choice(len(mixes), p=shares / shares.sum()))]
    noise = config.noise_rad if rng.random() < config.noisy else 0.0
    slip = int(rng.integers(5, 25)) if rng.random() < config.slip else -1
    move = int(rng.integers(4, 40)) if rng.random() < config.moved else -1
    if mix == "ask":
        task = _asking_task(kitchen, rng)
        return Script(mix, (task,), (_say(task, rng),), noise_rad=0.0)
    if mix in ("clear", "wash"):
        chores = draw_chores(mix, rng, config.noted)
        return Script(mix, (chores,), (say_chores(chores, rng),), slip_at=slip, noise_rad=noise)
    first = _task(kitchen, rng, config, "" if mix == "pick" else _any_place(rng), fetched=mix == "fetch")
    if mix != "change":
        return Script(mix, (first,), (_say(first, rng),), slip_at=slip, move_at=move, noise_rad=noise)
    second = first
    while second == first:
        same_object = rng.random() < 0.6
        second = _task(kitchen, rng, config, _any_place(rng))
        if same_object:
            second = Task(first.kind, first.colour, _any_place(rng))
    words = (_say(first, rng), _say(second, rng))
    return Script(mix, (first, second), words, int(rng.integers(4, 75)), slip, -1, noise)


def draw_chores(job: str, rng: np.random.Generator, noted: float) -> Chores:
    """A chore, in a share `noted` of cases in a home with one to four rules of its own, and at times one for dirty
    dishes."""
    if rng.random() >= noted:
        return Chores(job)  # type: ignore[arg-type]
    kinds = rng.permutation(list(KINDS))[: int(rng.integers(1, 5))]
    rules = tuple((str(kind), _any_place(rng)) for kind in kinds)
    dirty = _any_place(rng) if job == "clear" and rng.random() < _DIRTY else ""
    return Chores(job, rules, dirty)  # type: ignore[arg-type]


def say_chores(chores: Chores, rng: np.random.Generator) -> str:
    """A chore in words, each note on a line of its own."""
    wordings = CHORE_WORDINGS[chores.job]
    words = wordings[0] if rng.random() < 0.4 else wordings[int(rng.integers(len(wordings)))]
    each = [Chores(chores.job, (rule,)) for rule in chores.rules] + [Chores(chores.job, (), chores.dirty)]
    notes = (note for one in each for note in one.notes(NOTE_WORDINGS[int(rng.integers(len(NOTE_WORDINGS)))]))
    return "\n".join([words, *notes])


def _any_place(rng: np.random.Generator) -> str:
    return list(PLACES)[int(rng.integers(len(PLACES)))]


def _task(kitchen: Kitchen, rng: np.random.Generator, config: DemoConfig, place: str, fetched: bool = False) -> Task:
    """A task on one of the objects; those already in the place are left alone where there are others.

    Args:
        fetched: it lies in a receptacle, if anything does.
    """
    things = kitchen.objects()
    pool = [t for t in things if t.place != place and (t.place in PLACES or not fetched)] or things
    pool = [t for t in pool if t.kind == config.kind] or pool
    thing = pool[int(rng.integers(len(pool)))]
    alone = sum(t.kind == thing.kind for t in things) == 1
    return Task(thing.kind, "" if alone and rng.random() < config.short_name else thing.colour, place)


def _asking_task(kitchen: Kitchen, rng: np.random.Generator) -> Task:
    """A task on an object that is not there, or on one of two that match."""
    things = kitchen.objects()
    kinds = [t.kind for t in things]
    twins = sorted({kind for kind in kinds if kinds.count(kind) > 1})
    place = _any_place(rng)
    if twins and rng.random() < 0.7:
        return Task(twins[int(rng.integers(len(twins)))], "", place)
    there = {t.name for t in things}
    absent = [(c, k) for c in COLOURS for k in KINDS if f"{c} {k}" not in there]
    colour, kind = absent[int(rng.integers(len(absent)))]
    return Task(kind, "" if kind not in kinds and rng.random() < 0.3 else colour, place)


def _say(task: Task, rng: np.random.Generator) -> str:
    wordings = PUT_WORDINGS if task.place else PICK_WORDINGS
    plain = rng.random() < 0.4
    return task.instruction(wordings[0] if plain else wordings[int(rng.integers(len(wordings)))])


def move_target(kitchen: Kitchen, task: Task | Chores, rng: np.random.Generator) -> None:
    """Somebody moves the object elsewhere on the counter, if it stands there and a free spot turns up."""
    if isinstance(task, Chores):
        return
    half, near, far = MIDDLE
    thing = next((t for t in kitchen.objects() if t.kind == task.kind and task.colour in ("", t.colour)), None)
    if thing is None or thing.place != "counter":
        return
    radius = KINDS[thing.kind].radius
    others = [t for t in kitchen.objects() if t.slot != thing.slot]
    for _ in range(20):
        spot = rng.uniform((-half, near + 0.03), (half, far - radius))
        room = [np.hypot(*(t.position[:2] - spot)) - radius - KINDS[t.kind].radius for t in others]
        if min(room, default=1.0) > 0.03:
            kitchen.move_object(thing.name, (*spot, 0.001), thing.yaw)
            return


def _disturb(action: np.ndarray, hand: str, slipping: bool, noise: float, rng: np.random.Generator) -> np.ndarray:
    """What is executed in place of the expert's action."""
    executed = action + np.where(_JOINTS, rng.normal(0, noise, 14), 0) if noise else action.copy()
    if slipping and hand:
        executed[6 if hand == "left" else 13] = 0.0
    return executed
