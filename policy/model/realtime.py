"""Real-time chunking: a chunk that goes on from the one that plays while it is made.

Rows that will have been executed before the chunk arrives are given; the rows behind them are pulled towards what was
planned, less and less, and those behind the old chunk's end are free. The pull is the gradient of the distance between
the old rows and where the flow is heading, so that the whole chunk stays one that the model would make.

Source: Real-Time Execution of Action Chunking Flow Policies, arXiv 2506.07339, equations 2–5 and algorithm 1 (their
time runs from noise 0 to actions 1; ours from 1 to 0).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from policy.model.engine import Guide
from policy.model.normalizer import Normalizer
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.messages import WIDTH, Tail

STRONGEST = 5.0  # the pull's weight at most, their β


def weights(remaining: int, frozen: int, horizon: int) -> np.ndarray:
    """float32[horizon], how much each row is held to the old chunk: 1 where frozen, 0 where there is no old row."""
    weight = np.zeros(horizon, np.float32)
    frozen = min(frozen, remaining)
    weight[:frozen] = 1.0
    steps = np.arange(remaining - frozen)
    share = (remaining - frozen - steps) / (remaining - frozen + 1)
    weight[frozen:remaining] = share * np.expm1(share) / np.expm1(1.0)
    return weight


class Continuation:
    """What the chunks of a batch are to go on from; a row without a tail is free.

    Args:
        tails: for each row of the batch, None for one that begins anew.
        states: float32[B, 38], in the body's units.
        dt_s: time between rows of a chunk; a tail with another spacing is of another model and is left out.
    """

    def __init__(self, tails: Sequence[Tail | None], states: np.ndarray, normalizer: Normalizer, dt_s: float) -> None:
        horizon, width = len(normalizer.action_scale), normalizer.width
        self._rows = np.zeros((len(tails), horizon, WIDTH), np.float32)
        self._weights = np.zeros((len(tails), horizon), np.float32)
        self._frozen = [0] * len(tails)
        scale = np.array(normalizer.action_scale, np.float32)
        for index, (tail, state) in enumerate(zip(tails, states, strict=True)):
            if tail is None or abs(tail.dt_s - dt_s) > 1e-6:
                continue
            rows = _checked(tail)[:horizon, :width]
            self._rows[index, : len(rows), :width] = (rows - state[:width]) / scale[: len(rows)]
            self._weights[index] = weights(len(rows), tail.frozen, horizon)
            self._frozen[index] = min(tail.frozen, len(rows))

    @property
    def any(self) -> bool:
        return bool(self._weights.any())

    def guide(self, device: torch.device) -> Guide:
        """Pulls a flow towards the old rows, for `Engine.denoise`."""
        rows = torch.from_numpy(self._rows).to(device)
        held = torch.from_numpy(self._weights).to(device)[..., None]

        def pull(actions: Tensor, flow: Tensor, time: float) -> Tensor:
            heading = actions - time * flow
            off = ((rows - heading) * held).detach()
            (gradient,) = torch.autograd.grad(heading, actions, off)
            done = 1.0 - time
            strength = STRONGEST if done <= 0 else min(STRONGEST, (done**2 + time**2) / (done * time))
            return flow - strength * gradient

        return pull

    def freeze(self, actions: np.ndarray, tails: Sequence[Tail | None]) -> None:
        """Put the rows that will have been executed in place exactly; float32[B, horizon, 38], in the body's units."""
        for index, (tail, frozen) in enumerate(zip(tails, self._frozen, strict=True)):
            if tail is not None and frozen:
                actions[index, :frozen] = tail.rows[:frozen]


def _checked(tail: Tail) -> np.ndarray:
    """Raises: ProtocolError: rows that are no targets, or more of them frozen than there are."""
    rows = tail.rows
    if rows.ndim != 2 or rows.shape[1] != WIDTH or rows.dtype != np.float32 or not np.isfinite(rows).all():
        raise ProtocolError(f"rows to go on from of {rows.dtype}{list(rows.shape)}", f"finite float32[n, {WIDTH}]")
    if not 0 <= tail.frozen <= len(rows):
        raise ProtocolError(f"{tail.frozen} frozen rows of {len(rows)}", f"0 to {len(rows)}")
    return rows
