"""bridge → policy: asking for a thought, for an action chunk, and what is served."""

from __future__ import annotations

import re

import msgspec
import numpy as np

from robot_bridge.protocol.messages.base import Message, Observation
from robot_bridge.protocol.thought import Thought

PATIENCE = 30  # thoughts; an errand that comes off takes about ten
MOST_ASIDE = 8
_PUT = re.compile(r"put the (?P<thing>.+?) (?:in|on) the ")


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """How far a chore has come: it is done errand by errand.

    Args:
        errand: what the thought before was about, `put the red cup in the sink`.
        lasting: thoughts about it since the first.
        aside: things that did not come off, latest last: others come before them.
        twice: those of them that were tried again, and did not come off again.
    """

    errand: str = ""
    lasting: int = 0
    aside: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()

    def after(self, thought: Thought, doing: str = "") -> Going:
        """How far it has come with this thought; what takes too long is left for later, and a thought that all is done
        begins anew.

        Args:
            doing: the subtask of the thought before: what was being put somewhere as another errand begins has come
                off.
        """
        if thought.is_question:
            return self
        if not thought.errand:
            return Going()
        put = _PUT.match(doing) if thought.errand != self.errand else None
        aside = tuple(name for name in self.aside if put is None or name != put["thing"])
        twice = tuple(name for name in self.twice if name in aside)
        lasting = self.lasting + 1 if thought.errand == self.errand else 0
        if lasting < PATIENCE:
            return Going(errand=thought.errand, lasting=lasting, aside=aside, twice=twice)
        others = tuple(name for name in aside if name != thought.thing)
        again = (*twice, thought.thing) if thought.thing in aside and thought.thing not in twice else twice
        return Going(aside=(*others, thought.thing)[-MOST_ASIDE:], twice=again[-MOST_ASIDE:])


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The words a model reads beside the pictures.

    Args:
        instruction: what the person asked for.
        done: subtasks finished since the instruction came, oldest first.
        dialogue: what was said since, oldest first, without the instruction.
        notes: rules and facts of this home, most relevant first.
        doing: the subtask of the thought before, as long as it serves this instruction: what a hand holds and why is
            easier to remember than to see.
        going: how far it has come, as long as it serves this instruction.
        told: errands as a person said them within a job that is about several things; nothing that is seen changes
            where these go.
    """

    instruction: str
    done: tuple[str, ...] = ()
    dialogue: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doing: str = ""
    going: Going = Going()
    told: tuple[str, ...] = ()

    def after(self, thought: Thought) -> Context:
        """The words for the thought after this one; a question changes nothing about what is being done."""
        if thought.is_question:
            return self
        return msgspec.structs.replace(self, doing=thought.subtask, going=self.going.after(thought, self.doing))


class ThinkRequest(Message, frozen=True, kw_only=True):
    """Ask for a thought; tokens stream back as `ThoughtToken`, then one `ThinkReply`.

    Args:
        forced: text fed in the thought's place (teacher forcing). The model writes on from its end, so a
            person may give the subtask and leave the rest to the model. Empty: the model writes everything.
        deadline_s: the sender stops listening this long after sending.
    """

    request_id: int
    observation: Observation
    context: Context
    forced: str = ""
    deadline_s: float = 2.0


class ThoughtToken(Message, frozen=True, kw_only=True):
    """One piece of thought text as soon as the model has written it. `index` counts from 0 within a thought."""

    request_id: int
    index: int
    text: str


class ThinkReply(Message, frozen=True, kw_only=True):
    """The whole thought. `latency_s` is the policy's own time, `tokens` how many of them it wrote itself."""

    request_id: int
    thought: Thought
    tokens: int
    latency_s: float


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of the chunk that plays while the next one is made, for real-time chunking.

    Args:
        rows: float32[n, 38], absolute joint targets; row i is due at the observation's time + (i + 1) * dt_s, as the
            rows of the chunk that is asked for.
        frozen: how many of them, from the first on, will have been executed before the answer is there.
    """

    rows: np.ndarray
    frozen: int
    dt_s: float


class ActRequest(Message, frozen=True, kw_only=True):
    """Ask for an action chunk under a thought (the model's own or a person's).

    Args:
        tail: what the chunk is to go on from; None for one that stands alone. A policy may ignore it.
    """

    request_id: int
    observation: Observation
    context: Context
    thought: Thought
    deadline_s: float = 2.0
    tail: Tail | None = None


class ActionChunk(Message, frozen=True, kw_only=True):
    """Joint targets ahead of an observation.

    Args:
        actions: float32[horizon, 38], absolute joint targets, zero-padded; row i is due at
            `observation_time_s + (i + 1) * dt_s`.
        dt_s: time between rows.
        latency_s: the policy's own time.
    """

    request_id: int
    observation_sequence: int
    observation_time_s: float
    actions: np.ndarray
    dt_s: float
    latency_s: float = 0.0


class HealthRequest(Message, frozen=True, kw_only=True):
    """Ask a policy server what it serves."""

    request_id: int


class Health(Message, frozen=True, kw_only=True):
    """What the policy server serves. `memory_mb` is its resident set, `uptime_s` counts from its start."""

    request_id: int
    checkpoint: str
    device: str
    parameters: int
    memory_mb: float
    uptime_s: float


class ReloadRequest(Message, frozen=True, kw_only=True):
    """Serve another checkpoint: a folder, or empty for the embedded one."""

    request_id: int
    checkpoint: str = ""


class ReloadReply(Message, frozen=True, kw_only=True):
    """The checkpoints served now and before."""

    request_id: int
    served: str
    previous: str
