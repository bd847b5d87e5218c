"""`coach bench loop`: how long a person's word takes, from the line of text to the joints, on the real processes.

Each round resets the kitchen, gives a task, waits until the arms move, and corrects it while they do. The words take
the way that they take in the UI: the session, the memory file, the bridge, the policy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import zmq

from coach.bench.home import Running, memory_mb, running_servers
from coach.bench.person import Person
from coach.bench.report import Report, Row, commit, machine
from coach.bench.terminal import terminal_memory_mb
from robot_bridge.arms.kitchen.layout import make_layout
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.embodiment import load_embodiment
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import ChunkEvent, Context, Observation, Status, ThoughtEvent

if TYPE_CHECKING:
    from coach.config import Config

MOVING_S = 1.0  # how long the arms have moved when the correction comes
ANSWER_S = 15.0
PROBES = 30
PLACES = (("the sink", "the drying rack"), ("the bin", "the dishwasher"))  # each pair lies with one arm


@dataclass
class Samples:
    """What the rounds gave: milliseconds, unless the name says otherwise."""

    durable: list[float] = field(default_factory=list)
    thought: list[float] = field(default_factory=list)
    target: list[float] = field(default_factory=list)
    jitter_p50: list[float] = field(default_factory=list)
    jitter_p99: list[float] = field(default_factory=list)
    think: list[float] = field(default_factory=list)
    act: list[float] = field(default_factory=list)
    tokens_per_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def measure(config: Config, rounds: int, command: str, progress: Callable[[str], None]) -> Report:
    """Run the rounds in a throw-away home.

    Args:
        progress: told what is being done, in a few words.

    Raises:
        CoachError: the servers did not start, or not one round succeeded.
    """
    samples = Samples()
    progress("starting bridge and policy")
    with running_servers(config) as running:
        with Person(running.config) as person:
            for number in range(rounds):
                running.check()
                progress(f"round {number + 1} of {rounds}")
                _round(config.seed + number, number, person, samples)
            person.reset(config.seed)
            observation = person.latest(Observation)
        assert observation is not None, "a kitchen that was reset has been seen"
        progress("asking the policy alone")
        checkpoint = _probe_policy(running, observation, config.seed, samples)
        progress("measuring memory")
        rows = _rows(samples, _memory(running))
    if not samples.target:
        raise CoachError(f"not one of {rounds} rounds succeeded: {samples.failures[-1]}",
                         next_step="look at a run with `coach run`")  # fmt: skip
    return Report(bench="loop", command=command, rows=rows, rounds=rounds, seed=config.seed, checkpoint=checkpoint,
                  machine=machine(), commit=commit(), notes=tuple(samples.failures))  # fmt: skip


def _round(seed: int, number: int, person: Person, samples: Samples) -> None:
    first, second = PLACES[number % len(PLACES)]
    thing = make_layout(seed).objects[0].name
    try:
        person.reset(seed)
        task = person.say(f"put the {thing} in {first}")
        person.wait_for(ChunkEvent, task.task_id, ANSWER_S)
        time.sleep(MOVING_S)
        said_s = time.monotonic()
        reply = person.say(f"no, put it in {second}")
        if not reply.correction_id:
            raise CoachError(f"'put it in {second}' was not taken as a correction: {reply.said}")
        thought = person.wait_for(ThoughtEvent, reply.correction_id, ANSWER_S)
        target = person.wait_for(ChunkEvent, reply.correction_id, ANSWER_S)
    except CoachError as error:
        samples.failures.append(f"round {number + 1}: {error}")
        return
    samples.durable.append((person.durable_s - said_s) * 1e3)
    samples.thought.append((thought.time_s - said_s) * 1e3)
    samples.target.append((target.time_s - said_s) * 1e3)
    status = person.latest(Status)
    if status is not None:
        samples.jitter_p50.append(status.rates.jitter_p50_ms)
        samples.jitter_p99.append(status.rates.jitter_p99_ms)


def _probe_policy(running: Running, observation: Observation, seed: int, samples: Samples) -> str:
    """Ask the policy directly, as the bridge does, while control loop and cameras run; the checkpoint's name."""
    context = Context(instruction=f"put the {make_layout(seed).objects[0].name} in the sink")
    zmq_context = zmq.Context()
    link = PolicyLink(zmq_context, running.config.policy_address)
    try:
        for number in range(PROBES):
            reply = link.think(
                _unread(observation, 2 * number), context, "", ANSWER_S, lambda token: None, lambda: False
            )
            samples.think.append(reply.latency_s * 1e3)
            samples.tokens_per_s.append(reply.tokens / reply.latency_s)
            asked_s = time.monotonic()
            link.act(_unread(observation, 2 * number + 1), context, reply.thought, ANSWER_S, lambda: False)
            samples.act.append((time.monotonic() - asked_s) * 1e3)
        return link.health(ANSWER_S, lambda: False).checkpoint
    finally:
        link.close()
        zmq_context.term()


def _unread(observation: Observation, number: int) -> Observation:
    """The same pictures but for a pixel each: never the same twice, so that a policy reads them anew."""
    images = {name: picture.copy() for name, picture in observation.images.items()}
    for picture in images.values():
        picture[0, 0] = number % 256
    return msgspec.structs.replace(observation, images=images)


def _memory(running: Running) -> dict[str, float]:
    """Process → MB."""
    servers = {name: memory_mb(running.pid(name)) for name in ("bridge", "policy")}
    return {**servers, **terminal_memory_mb(running.config)}


def _rows(samples: Samples, memory: dict[str, float]) -> tuple[Row, ...]:
    tick_ms = 1e3 / load_embodiment("kitchen").control_hz
    return (
        Row.of("text entered → correction durable in SQLite", "ms", samples.durable),
        Row.of("text entered → corrected thought in the model", "ms", samples.thought),
        Row.of("text entered → first changed joint target", "ms", samples.target),
        Row.of("its bar: one control tick and one action chunk", "ms", [tick_ms + ms for ms in samples.act]),
        Row.of("whole thought, pictures read anew", "ms", samples.think),
        Row.of("thought tokens, pictures read anew", "1/s", samples.tokens_per_s),
        Row.of("action chunk, pictures read anew, round trip", "ms", samples.act),
        Row.of("control-loop jitter at 50 Hz while the policy is busy, p50 of 10 s", "ms", samples.jitter_p50),
        Row.of("control-loop jitter at 50 Hz while the policy is busy, p99 of 10 s", "ms", samples.jitter_p99),
        *(Row.of(f"memory, {name}", "MB", [value]) for name, value in memory.items()),
    )
