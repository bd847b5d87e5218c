"""Keeps the task going: look, think, act, ahead of need; and at once when a person says something.

One round is: the newest observation → a thought (at the start, on a period, after every word of a person) → a chunk
under that thought, asked for while the one before still plays. Everything computed in an older generation is dropped.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import msgspec

from robot_bridge.cameras import Cameras
from robot_bridge.chunks import check_chunk
from robot_bridge.config import BridgeConfig
from robot_bridge.desk import Desk, View
from robot_bridge.judge import Judge, Ruling
from robot_bridge.loop import ControlLoop
from robot_bridge.mission import Task
from robot_bridge.motion import Motion
from robot_bridge.outbox import Outbox
from robot_bridge.part import Part
from robot_bridge.policy_link import Abandon, Abandoned, PolicyFailedError, PolicyLink
from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.errors import CoachError, UnreachableError
from robot_bridge.protocol.messages import Context, Observation, ThinkReply, ThoughtEvent, ThoughtToken
from robot_bridge.rates import Latest
from robot_bridge.seams import Seams

log = logging.getLogger(__name__)

LOOK_S = 1.0  # longest wait for a picture
HEALTH_S = 1.0  # longest wait for the policy's health
IDLE_HEALTH_S = 2.0  # how often a policy that answers is asked for its health while nothing is done
START_GRACE_S = 30.0  # a policy that starts together with the bridge may take this long before it is called silent
SLOW = 3.0  # a policy that was silent is back once it thinks within this many deadlines
SHORT_WAIT_S = 0.02
MOST_BREAKS, BREAKS_WITHIN_S = 3, 30.0  # a policy that fails more often than that is for a person to look at


class Pilot(Part):
    """The thread between the desk and the policy."""

    def __init__(
        self, desk: Desk, motion: Motion, loop: ControlLoop, cameras: Cameras, link: PolicyLink, outbox: Outbox,
        body: Embodiment, config: BridgeConfig,
    ) -> None:  # fmt: skip
        super().__init__("pilot")
        self._desk, self._motion, self._loop, self._cameras = desk, motion, loop, cameras
        self._link, self._outbox, self._body, self._config = link, outbox, body, config
        self._generation = -1
        self._judge = Judge(config.help_after_failures)
        self._asked_about: dict[str, frozenset[str]] = {}  # the task in hand → subtasks that a person was asked about
        self._seams = Seams(motion, body, config.real_time_chunks)
        self._urgent = self._confirming = self._silent = False
        self._set_out_for = ""
        self._thought_at_s = self._dictated_until_s = self._health_at_s = self._worked_at_s = 0.0
        self._ran_s, self._took_s, self._ran_task = 0.0, 0.0, ""
        self._sequence = -1
        self._grace_until_s = time.monotonic() + START_GRACE_S
        self._breaks_s: list[float] = []
        self.policy_ok, self.checkpoint = False, ""
        self.think_ms, self.act_ms, self.tokens_per_s = Latest(), Latest(), Latest()

    def _run(self) -> None:
        while not self._stop.is_set():
            view = self._desk.view()
            try:
                if view.state == "running" and view.task is not None:
                    self._work(view, view.task)
                else:
                    self._watch(view)
            except Abandoned:
                continue
            except (UnreachableError, PolicyFailedError) as error:
                self._fell_silent(view, error)
            except CoachError as error:
                if view.state != "running":
                    self._fell_silent(view, error)
                    continue
                self._desk.hold_for("policy_error", "policy_error", error.what,
                                    f"the arms hold still; {error.next_step or 'say resume to try once more'}",
                                    view.generation)  # fmt: skip
            except Exception as error:
                log.exception("the pilot failed")
                self._desk.hold_for("bridge", "bridge_failed", f"the bridge failed while it worked: {error!r}"[:300],
                                    "the arms hold still; its log has the details, say resume to try once more",
                                    view.generation)  # fmt: skip
                self._stop.wait(self._config.retry_s)

    # While a task runs.

    def _work(self, view: View, task: Task) -> None:
        now_s = time.monotonic()
        self._count_time(view, task, now_s)
        if view.generation != self._generation:
            self._take_over(view, task, now_s)
        if self._ran_s > self._config.task_limit_s:
            self._ask_whether_to_go_on(view, task)
            return
        self._link.check()
        busy = self._motion.mode == "reach" or self._loop.scene_since_s > now_s
        if busy or not (self._urgent or self._motion.remaining_fraction(now_s) <= self._config.act_ahead):
            self._desk.wait(view, SHORT_WAIT_S)
            return
        observation = self._look(view)
        if observation is None:
            self._desk.hold_for("cameras", "cameras_silent", "no fresh picture",
                                "the arms hold still until there is one: check the cameras' power and cables",
                                view.generation)  # fmt: skip
            return
        if task.likely is not None and self._urgent:
            self._set_out(view, task, observation)
        due, context = now_s - self._thought_at_s >= self._config.think_period_s, task.context
        if self._urgent or due or task.thought is None:
            thinking = self._think(view, task, observation)
            if thinking is None:
                return
            task = thinking
            observation = self._still_fresh(observation)
        self._act(view, task, observation, context)

    def _set_out(self, view: View, task: Task, observation: Observation) -> None:
        """Move at once under what the person's words will most likely come to; the thought itself is still due."""
        if self._set_out_for == task.cause:
            return
        self._set_out_for = task.cause
        self._act(view, replace(task, thought=task.likely), observation, task.context, for_now=True)

    def _count_time(self, view: View, task: Task, now_s: float) -> None:
        """Time that the task has run, without the time that it was held."""
        if task.task_id != self._ran_task:
            self._ran_task, self._ran_s, self._took_s = task.task_id, 0.0, 0.0
        elif view.generation == self._generation:
            self._ran_s += now_s - self._worked_at_s
            self._took_s += now_s - self._worked_at_s
        self._worked_at_s = now_s

    def _take_over(self, view: View, task: Task, now_s: float) -> None:
        """Begin anew in a new generation: a person has spoken, or something is back."""
        self._generation = view.generation
        settled = self._asked_about.get(task.task_id, frozenset())
        self._judge = Judge(self._config.help_after_failures, self._config.ask_below, settled)
        self._urgent, self._confirming = True, False
        if task.cause:  # a person has looked at it: the limit begins anew
            self._ran_s = 0.0
        self._dictated_until_s = now_s + self._config.dictated_s if task.dictates_subtask else 0.0

    def _look(self, view: View) -> Observation | None:
        after = self._sequence if self._confirming else -1  # a second opinion needs a second picture
        observation = self._cameras.newer(after, self._loop.scene_since_s, LOOK_S, self._abandon(view))
        if observation is None:
            return None
        self._sequence = observation.sequence
        return self._upright(observation)

    def _still_fresh(self, observation: Observation) -> Observation:
        """The picture that was thought about, since the policy need not read it again, unless it is old by now."""
        if time.monotonic() - observation.time_s <= self._config.fresh_s:
            return observation
        newest = self._cameras.newer(-1, self._loop.scene_since_s, 0.0)
        return observation if newest is None else self._upright(newest)

    def _upright(self, observation: Observation) -> Observation:
        """As the model would feel it if nobody had nudged it: what is added to its targets is taken off its joints."""
        lean = self._motion.lean
        if not lean.any():
            return observation
        return msgspec.structs.replace(observation, state=observation.state - self._body.pad(lean))

    def _think(self, view: View, task: Task, observation: Observation) -> Task | None:
        """The task under a new thought, or None if there is nothing to do under it now."""
        asked_s = time.monotonic()
        reply = self._link.think(observation, task.context, task.forced, self._config.think_deadline_s,
                                 lambda token: self._pass_on(view, token), self._abandon(view))  # fmt: skip
        self._thought_at_s = time.monotonic()
        self._measure(reply, self._thought_at_s - asked_s)
        keep = self._thought_at_s < self._dictated_until_s
        after = self._desk.adopt(view.generation, reply.thought, keep)
        if after is None:
            return None
        self._outbox.put(ThoughtEvent(
            time_s=self._thought_at_s, task_id=task.task_id, observation_sequence=observation.sequence,
            thought=after.thought or reply.thought, cause=task.cause, latency_s=self._thought_at_s - asked_s,
        ))  # fmt: skip
        ruling = self._judge.rule(reply.thought)
        self._confirming = self._urgent = ruling.kind == "confirm"
        if ruling.kind == "done":
            self._desk.finish(view.generation, self._took_s)
        elif ruling.kind == "ask":
            self._ask(view, ruling, after)
        return after if ruling.kind == "go" else None

    def _pass_on(self, view: View, token: ThoughtToken) -> None:
        if not self._abandon(view)():
            self._outbox.put(token)

    def _measure(self, reply: ThinkReply, took_s: float) -> None:
        self.policy_ok = True
        self.think_ms.add(took_s * 1e3)
        if reply.tokens and reply.latency_s > 0:
            self.tokens_per_s.add(reply.tokens / reply.latency_s)

    def _act(self, view: View, task: Task, observation: Observation, context: Context, for_now: bool = False) -> None:
        """Args: context: the words that the thought was written under; for_now: the thought itself is still due."""
        assert task.thought is not None
        asked_s = time.monotonic()
        chunk = self._link.act(observation, context, task.thought, self._config.act_deadline_s,
                               self._abandon(view), self._seams.tail(observation.time_s, task.subtask))  # fmt: skip
        self.act_ms.add((time.monotonic() - asked_s) * 1e3)
        self.policy_ok = True
        # The policy may live on another machine with another clock: the times are ours.
        chunk = msgspec.structs.replace(chunk, observation_sequence=observation.sequence,
                                        observation_time_s=observation.time_s)  # fmt: skip
        playable = check_chunk(chunk, self._body, task.cause, task.task_id)
        if self._motion.play(playable, view.generation):
            self._seams.played(time.monotonic() - observation.time_s, task.subtask)
            if not for_now:
                self._urgent = False
                self._desk.followed(view.generation)

    def _ask(self, view: View, ruling: Ruling, task: Task) -> None:
        assert task.thought is not None
        if ruling.why == "unsure":
            about = self._asked_about.get(task.task_id, frozenset())
            self._asked_about = {task.task_id: about | {task.thought.subtask}}
        self._desk.hold_for("asks", "asks", ruling.question, "", view.generation, why=ruling.why,
                            reason=task.thought.reason, subtask=task.thought.subtask)  # fmt: skip

    def _ask_whether_to_go_on(self, view: View, task: Task) -> None:
        self._ran_s = 0.0
        text = (f"I have worked on '{task.instruction}' for {self._config.task_limit_s:g} seconds without finishing; "
                "say resume to go on, or tell me what to do differently")  # fmt: skip
        self._desk.hold_for("asks", "asks", text, "", view.generation, why="time", reason=text, subtask=task.subtask)

    # While nothing runs.

    def _watch(self, view: View) -> None:
        """Ask the policy for its health, and go on when what was missing is back."""
        now_s = time.monotonic()
        if "cameras" in view.causes and self._cameras.newer(-1, self._loop.scene_since_s, 0.0) is not None:
            self._desk.recover("cameras", "cameras_back", "the cameras work again; the arms go on")
            return
        if now_s < self._health_at_s:
            self._desk.wait(view, min(self._health_at_s - now_s, 0.1))
            return
        self._health_at_s = now_s + (IDLE_HEALTH_S if self.policy_ok else self._config.retry_s)
        abandon = self._abandon(view)
        health = self._link.health(HEALTH_S, abandon)
        if self.checkpoint != health.checkpoint:
            self.checkpoint = health.checkpoint
            self._outbox.ask_status()
        if "policy" in view.causes and view.task is not None:
            self._probe(view, view.task)
        if not self.policy_ok:
            self.policy_ok = True
            self._outbox.ask_status()
        if self._silent:
            self._silent = False
            self._desk.recover("policy", "policy_back", "the policy answers again")

    def _probe(self, view: View, task: Task) -> None:
        """Whether the policy really thinks again: one that is only slow would fall silent at once."""
        observation = self._cameras.newer(-1, self._loop.scene_since_s, LOOK_S, self._abandon(view))
        if observation is None:
            raise UnreachableError("no fresh picture to try the policy with")
        self._link.think(observation, task.context, "", SLOW * self._config.think_deadline_s, lambda token: None,
                         self._abandon(view))  # fmt: skip

    def _fell_silent(self, view: View, error: CoachError) -> None:
        was_ok, self.policy_ok = self.policy_ok, False
        waits = error.what if self.checkpoint else "the policy is still loading"
        next_step = "the arms hold still until it answers"
        self._health_at_s = time.monotonic() + self._config.retry_s
        if view.state == "running":
            self._breaks_s = [at for at in self._breaks_s if time.monotonic() - at < BREAKS_WITHIN_S]
            self._breaks_s.append(time.monotonic())
            failed = isinstance(error, PolicyFailedError)
            if failed and len(self._breaks_s) > MOST_BREAKS:
                what = f"{error.what}, {len(self._breaks_s)} times in a row"
                self._desk.hold_for("policy_error", "policy_error", what,
                                    "say resume to try once more", view.generation)  # fmt: skip
                return
            self._desk.hold_for("policy", "policy_failed" if failed else "policy_silent", waits, next_step,
                                view.generation)  # fmt: skip
            self._silent = True
        elif not self._silent and (was_ok or time.monotonic() > self._grace_until_s):
            self._desk.announce("warning", "policy_silent", f"{waits}; {next_step}")
            self._silent = True

    def _abandon(self, view: View) -> Abandon:
        return lambda: self._motion.generation != view.generation or self._stop.is_set()
