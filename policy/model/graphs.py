"""One robot's token steps and denoising with shapes that never change, so that a GPU can replay them as CUDA graphs.

At full size a GPU computes a token in less time than Python needs to ask for its hundreds of kernels. Here the keys and
values lie in one buffer of fixed size, where to write and how far to look are tensors, and what was recorded once is
played again with other numbers. A recording that fails, or does not give what the plain call gives, is not used.

Source: pytorch.org/docs/stable/notes/cuda.html, "CUDA Graphs".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from policy.model.engine import Engine
    from policy.model.stack import KeyValues

log = logging.getLogger(__name__)

WARM_UP = 3  # plain calls before a recording: libraries choose their kernels in them
TOLERANCE = 2e-2  # between a recording and the plain call, relative to the largest number; bfloat16 rounds at 8e-3
Work = Callable[..., Tensor]


class FixedSteps:
    """What one robot needs for every token and chunk.

    Args:
        capacity: columns of the buffer: prefix, thought, state and chunk together.
        record: whether to record; without, the same calls are made plainly.
    """

    def __init__(self, engine: Engine, capacity: int, record: bool) -> None:
        self._engine, self._record = engine, record
        self.kv: KeyValues = engine.vlm.memory(1, capacity)
        self._columns = torch.arange(capacity, device=engine.vlm.like.device)
        self._recordings: dict[str, Recording | None] = {}

    @torch.no_grad()
    def step(self, token: int) -> Tensor:
        """The output at one more token behind what the buffer holds, Tensor[1, 1, width]."""
        device = self._columns.device
        inputs = (torch.tensor([[token]], device=device), torch.tensor([self.kv.length], device=device))
        return self._play("step", self._step, inputs)

    @torch.no_grad()
    def denoise(self, state: Tensor, noise: Tensor, steps: int, place: Tensor | None) -> Tensor:
        """As `Engine.denoise`, without a guide."""
        length = torch.tensor([self.kv.length], device=self._columns.device)
        first = self._engine.first_token(state, place)

        def work(first: Tensor, noise: Tensor, length: Tensor) -> Tensor:
            return self._denoise(first, noise, length, steps)

        return self._play(f"denoise {steps}", work, (first, noise, length))

    def _step(self, token: Tensor, length: Tensor) -> Tensor:
        vlm, mask = self._engine.vlm, (self._columns <= length)[None, None]
        return vlm.run(self._engine.embed(token), self.kv, mask, positions=length[None], columns=length)[0]

    def _denoise(self, first: Tensor, noise: Tensor, length: Tensor, steps: int) -> Tensor:
        engine, horizon = self._engine, noise.shape[1]
        before = (self._columns <= length)[None, None]
        engine.expert.run(first[:, None], self.kv, before, positions=length[None], columns=length)
        own = length + 1 + self._columns[:horizon]
        mask = (self._columns <= length + horizon)[None, None].expand(1, horizon, -1)
        actions = noise
        for time in engine.time_biases(steps):
            out = engine.expert.run(engine.noisy_tokens(actions, time), self.kv, mask, positions=own[None], columns=own)
            actions = actions - engine.flow_of(out[0]).to(actions.dtype) / steps
        return actions

    def _play(self, name: str, work: Work, inputs: tuple[Tensor, ...]) -> Tensor:
        if not self._record:
            return work(*inputs)
        if name not in self._recordings:
            self._recordings[name] = _recorded(name, work, inputs)
        recording = self._recordings[name]
        return work(*inputs) if recording is None else recording.play(inputs)


class Recording:
    """A function of tensors on a GPU, recorded with these inputs.

    Raises:
        RuntimeError: it does something that cannot be recorded.
    """

    def __init__(self, work: Work, inputs: tuple[Tensor, ...]) -> None:
        self._inputs = tuple(tensor.clone() for tensor in inputs)
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                work(*self._inputs)
        torch.cuda.current_stream().wait_stream(aside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._output = work(*self._inputs)

    def play(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """What the function gives for other inputs of the same shapes."""
        for own, new in zip(self._inputs, inputs, strict=True):
            own.copy_(new)
        self._graph.replay()
        return self._output.clone()


def _recorded(name: str, work: Work, inputs: tuple[Tensor, ...]) -> Recording | None:
    """A recording that gives what the plain call gives; None where there is none."""
    expected = work(*inputs)
    try:
        recording = Recording(work, inputs)
    except RuntimeError as error:
        log.warning("'%s' cannot be recorded as a CUDA graph and is called plainly: %s", name, error)
        return None
    off = float((recording.play(inputs) - expected).abs().max() / expected.abs().max().clamp(min=1e-6))
    if off <= TOLERANCE:
        return recording
    log.warning("the CUDA graph of '%s' is off by %.1e and is not used", name, off)
    return None
