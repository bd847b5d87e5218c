"""The control loop: read the joints, ask what is wished, limit it, command it; 50 times a second.

It keeps its own schedule on the monotonic clock, so that a late tick does not make the next ones late, and it goes on
whatever happens to the policy, the pilot or the network. A hold does not wait for the next tick: it makes one, and so
does the motion that follows it. If the arms fail it holds and tries them again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from robot_bridge.arms.base import Arms
from robot_bridge.body_gate import BodyGate, Passage
from robot_bridge.chunks import Playable
from robot_bridge.config import BridgeConfig
from robot_bridge.desk import Desk
from robot_bridge.driver import Driver, late
from robot_bridge.faults import Account
from robot_bridge.motion import Motion
from robot_bridge.nudging import nudged
from robot_bridge.outbox import Outbox
from robot_bridge.part import Part
from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import ChunkEvent, Intervention
from robot_bridge.rates import Meter
from robot_bridge.safety import Limiter, Verdict
from robot_bridge.watchdog import Watchdog

log = logging.getLogger(__name__)

ARMS_RETRY_S = 0.5
TELL_AGAIN_S = 30.0  # a clamp is told at most this often
SOONEST = 0.25  # of a tick: an early one comes no sooner than this after the one before
NICENESS = -10


class ControlLoop(Part):
    """The thread that moves the arms; nothing else calls `read` and `command`.

    Args:
        body: the arms' embodiment.
        start: float32[width], where the joints are now.
        policy_lost: whether the connection to the policy has broken; asked in every tick.
    """

    def __init__(
        self, arms: Arms, body: Embodiment, start: np.ndarray, motion: Motion, desk: Desk, outbox: Outbox,
        config: BridgeConfig, policy_lost: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__("control")
        self._policy_lost = policy_lost
        self._arms, self._body, self._motion, self._desk, self._outbox = arms, body, motion, desk, outbox
        self._limiter = Limiter.for_body(body, start)
        self._driver, self._gate = Driver(arms, body, start), BodyGate(arms, body)
        self._tick_s = 1.0 / body.control_hz
        self._watchdog = Watchdog(config.coach_deadline_s, config.park_after_s, time.monotonic())
        self._jobs: list[Callable[[], None]] = []
        self._joints = np.asarray(start, np.float32)
        self._scene_since_s = time.monotonic()
        self._healthy, self._hangs, self._retry_at_s = True, False, 0.0
        self._told_at_s: dict[str, float] = {}
        self.ticks = Meter()

    def stop(self) -> None:
        """End the thread; the arms stay where they are."""
        self._motion.hold()
        super().stop()

    @property
    def joints(self) -> np.ndarray:
        """float32[width], as read in the last tick."""
        return self._joints

    @property
    def target(self) -> np.ndarray:
        """float32[width], as commanded last."""
        return self._limiter.target

    @property
    def scene_since_s(self) -> float:
        """Pictures older than this show another scene; infinite while a reset is under way."""
        return self._scene_since_s

    def coach_alive(self, seen_s: float) -> bool:
        """The coach showed itself at this time; whether that is lately enough for the arms to go on."""
        self._watchdog.coach_seen_s = max(self._watchdog.coach_seen_s, seen_s)
        return self._watchdog.coach_alive(time.monotonic())

    def coach_gone(self) -> None:
        """The coach has left: the next tick holds."""
        self._watchdog.coach_gone()

    def account(self, what: str, next_step: str) -> Account:
        """What happens now, with what the arms did last."""
        moved = self._driver.moved
        return Account.of(what, moved if moved.wall_s else self._driver.last, self._body, next_step)

    def reset(self, seed: int) -> None:
        """Have the scene set up anew between two ticks."""
        self._scene_since_s = float("inf")
        self._jobs.append(lambda: self._reset(seed))

    def nudge(self, words: Intervention, hand: str, lean: bool) -> None:
        """Have a hand moved a little, at low speed, from where it is at the next tick.

        Args:
            lean: what is played goes on, moved by as much.
        """
        generation = self._motion.generation
        self._jobs.append(lambda: self._nudge(words, hand, lean, generation))

    def _run(self) -> None:
        hurry()
        next_s = time.monotonic()
        while not self._stop.is_set():
            now_s = time.monotonic()
            self._motion.due.clear()
            self.ticks.beat(now_s)
            self._guarded_tick(now_s)
            late_s = time.monotonic() - (next_s + self._tick_s)
            next_s += self._tick_s * (1 + max(0, int(late_s / self._tick_s)))
            if self._motion.due.wait(max(0.0, next_s - time.monotonic())):
                soonest_s = now_s + SOONEST * self._tick_s
                time.sleep(max(0.0, soonest_s - time.monotonic()))
                next_s = time.monotonic()
                self.ticks.rest()

    def _guarded_tick(self, now_s: float) -> None:
        try:
            if self._healthy:
                self.tick(now_s)
            elif now_s >= self._retry_at_s:
                self._revive()
        except Exception as error:
            self._retry_at_s = now_s + ARMS_RETRY_S
            if self._healthy:
                self._healthy = False
                log.exception("the arms failed")
                if not self._hangs:  # else it is told already
                    self._tell_fault(f"the arms failed: {error or type(error).__name__}")
            self._hangs = False

    def check_driver(self) -> None:
        """For another thread: a driver that does not return is told too."""
        took_s = self._driver.overdue()
        if took_s and self._healthy and not self._hangs:
            self._hangs = True
            self._tell_fault(f"the arms failed: {late(took_s, self._tick_s)} and has not come back")

    def _tell_fault(self, what: str) -> None:
        account = Account.of(what, self._driver.last, self._body)
        log.error("fault: %s; last command in full: %s", account, account.target)
        self._desk.fault(account)

    def tick(self, now_s: float) -> None:
        """One control tick."""
        while self._jobs:
            self._jobs.pop(0)()
        self._joints = self._driver.read()
        self._watch(now_s)
        before, moving, halted = self._limiter.target, self._driver.moving, self._motion.take_halt()
        wish = self._motion.wish(before, now_s)
        playing = wish.target is not None and self._motion.mode == "play"
        if playing and wish.target is not None:
            wish = replace(wish, target=self._gate.amend(before, wish.target, now_s))
        else:
            self._gate.stay()
        verdict = Verdict(self._limiter.hold()) if wish.target is None else self._limiter.step(wish.target, wish.speed)
        passage = self._gate.check(before, verdict.target, now_s, may_give_way=playing)
        target = self._limiter.retract(passage.held) if passage.reason else verdict.target
        self._driver.command(target)
        if halted is not None and moving and (target == before).all():
            self._tell_still(*halted)
        if wish.started is not None:
            self._tell_started(*wish.started)
        if verdict.refused or verdict.clamped:
            self._tell_limited(verdict, now_s)
        if passage.reason:
            self._tell_held(passage, now_s)

    def _watch(self, now_s: float) -> None:
        """Hold, in this very tick, when whoever the arms follow is gone."""
        mode = self._motion.mode
        alarm = self._watchdog.check(now_s, self._desk.state, self._desk.may_park, mode == "reach")
        if alarm == "coach_silent":
            gone = self._watchdog.coach_seen_s < 0
            what = "the line to the coach broke" if gone else "no coach has been heard from"
            self._desk.hold_for("coach", "coach_silent", what,
                                "the arms hold still until a coach is back: open the terminal again")  # fmt: skip
        elif alarm == "park":
            self._desk.park()
        if mode == "play" and self._policy_lost():  # the pilot finds out too, and tells
            self._motion.halt(now_s, "policy_silent")

    def _tell_still(self, since_s: float, why: str) -> None:
        """How long it took from a word or a loss to the first target without speed; kept with every episode."""
        took_ms = (time.monotonic() - since_s) * 1e3
        self._desk.announce("info", "still", f"the arms stood still {took_ms:.1f} ms after: {why}", why=why,
                            since_s=since_s, after_ms=took_ms)  # fmt: skip

    def _tell_started(self, playable: Playable, dropped: int) -> None:
        chunk = playable.chunk
        self._outbox.put(ChunkEvent(
            time_s=time.monotonic(), task_id=playable.task_id, observation_sequence=chunk.observation_sequence,
            actions=chunk.actions, dt_s=chunk.dt_s, dropped_rows=dropped, cause=playable.cause,
        ))  # fmt: skip

    def _tell_limited(self, verdict: Verdict, now_s: float) -> None:
        if not self._due("limits", now_s):
            return
        if verdict.refused:
            self._desk.announce("warning", "refused_target", f"{verdict.refused}; the arms hold still")
            return
        names = [self._body.joints[joint].name for joint in verdict.clamped]
        self._desk.announce("info", "clamped", f"a target beyond the limits of {', '.join(names)} was cut short",
                            joints=names)  # fmt: skip

    def _tell_held(self, passage: Passage, now_s: float) -> None:
        if passage.gives_way:
            self._desk.announce(
                "info", "gives_way", f"{passage.reason}, so the {passage.gives_way} arm goes home first"
            )
        elif passage.stuck:
            self._desk.hold_for("body", "too_near", f"{passage.reason}, so the arms hold",
                                "tell me what to do instead, or say resume", self._motion.generation)  # fmt: skip
        elif self._due(passage.reason[:40], now_s):
            self._desk.announce("warning", "held_back", f"{passage.reason}; the arms hold there")

    def _due(self, what: str, now_s: float) -> bool:
        """Whether this may be told again."""
        if now_s - self._told_at_s.get(what, -TELL_AGAIN_S) < TELL_AGAIN_S:
            return False
        self._told_at_s[what] = now_s
        return True

    def _reset(self, seed: int) -> None:
        self._arms.reset(seed)
        self._limiter.anchor(self._driver.read())
        self._scene_since_s = time.monotonic()
        self._desk.announce("info", "reset", "the scene is set up anew", seed=seed)

    def _nudge(self, words: Intervention, hand: str, lean: bool, generation: int) -> None:
        try:
            change = nudged(self._arms, self._body, self._limiter.target, words, hand, lean)
        except CoachError as error:
            self._desk.announce("warning", "nudge_failed", str(error))
            return
        if change.lean is not None:
            self._motion.lean_by(change.lean, generation)
        elif change.goal is not None:
            self._motion.reach(change.goal, generation)

    def _revive(self) -> None:
        self._arms.connect()
        self._limiter.anchor(self._driver.read())
        self._motion.hold()
        self._motion.take_halt()
        self._healthy = True
        self._scene_since_s = time.monotonic()
        self._desk.heal("the arms answer again; say resume to go on")


def hurry() -> None:
    """Have the calling thread go before others of this machine, where that is allowed."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except (AttributeError, OSError):
        log.debug("%s runs at normal priority", threading.current_thread().name)
