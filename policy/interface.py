"""What every policy can do, whatever is behind it: write a thought, and turn a thought into actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from robot_bridge.protocol.messages import ActRequest, Context, Observation, Tail, ThinkRequest
from robot_bridge.protocol.thought import Thought

OnToken = Callable[[int, str], None]


class Policy(Protocol):
    """A vision-language-action model with explicit thoughts.

    `think` and `act` are only ever called by one thread at a time.

    Args:
        checkpoint: what is served, as a person would name it; `embedded` for the one in the package.
        device: where it computes, e.g. `cpu`, `cuda:0`.
        parameters: how many numbers were learned.
    """

    checkpoint: str
    device: str
    parameters: int

    def think(
        self, observation: Observation, context: Context, forced: str = "", on_token: OnToken | None = None
    ) -> tuple[Thought, int]:
        """A thought about what is seen, and how many tokens of it the model wrote itself.

        Args:
            forced: text fed in the thought's place; the model writes on from its end.
            on_token: called with (index, text) for each piece as soon as it is written, forced ones included,
                index counting from 0. What it raises ends the thought and reaches the caller.
        """
        ...

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        """Actions under a thought: float32[horizon, 38] absolute joint targets, zero-padded, and their spacing in
        seconds. Row i is due `(i + 1) * dt_s` after the observation."""
        ...


@runtime_checkable
class GoesOn(Protocol):
    """A policy whose chunks can go on from the one that plays (real-time chunking)."""

    def go_on(
        self, observation: Observation, context: Context, thought: Thought, tail: Tail
    ) -> tuple[np.ndarray, float]:
        """As `act`, but the frozen rows of the tail come first, unchanged, and the rest goes on from them smoothly.

        Raises:
            ProtocolError: rows that are no targets, or more of them frozen than there are.
        """
        ...


@runtime_checkable
class ActsForMany(Protocol):
    """A policy that computes the chunks of several robots together, faster than one after the other."""

    def act_many(self, requests: Sequence[ActRequest]) -> list[tuple[np.ndarray, float]]:
        """What `act` returns, for each request. Raising fails all of them; they are then asked for one by one."""
        ...


@runtime_checkable
class ThinksForMany(Protocol):
    """A policy that writes the thoughts of several robots together."""

    def think_many(
        self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken]
    ) -> list[tuple[Thought, int] | Exception]:
        """What `think` returns, for each request.

        Args:
            on_tokens: one `on_token` for each request. What one of them raises ends that thought alone, and is returned
                in its place; so is what goes wrong with a single thought. Raising fails all of them.
        """
        ...
