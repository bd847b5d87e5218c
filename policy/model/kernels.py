"""Products and convolutions through oneDNN where PyTorch's own choice is slower: the same sums, in another order.

For float32 on a CPU `torch.nn.functional.linear` goes to MKL, which on an AMD EPYC needs twice the time of oneDNN for
all but the smallest products; a convolution packs its weights anew each time. Neither can be set from outside, so
oneDNN's operators, those that `torch.compile` emits, are called by name. Where they do not apply, or a gradient is
wanted, the usual call is made.

Source: pytorch, aten/src/ATen/native/mkldnn/Linear.cpp and Conv.cpp.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WORTH = 1_500_000  # multiplications from which oneDNN's greater cost of a call is made good
_ONEDNN: Any = torch.ops.mkldnn
_HERE = (
    torch.backends.mkldnn.is_available()
    and torch.backends.cpu.get_cpu_capability() == "AVX512"
    and all(hasattr(_ONEDNN, f"_{name}") for name in (
        "linear_pointwise", "convolution_pointwise", "reorder_convolution_weight"))
)  # fmt: skip


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x @ weight.T + bias`: Tensor[…, K], Tensor[N, K], Tensor[N] → Tensor[…, N]."""
    if not _worth(x, weight):
        return F.linear(x, weight, bias)
    out: Tensor = _ONEDNN._linear_pointwise(x, weight, bias, "none", [], "")
    return out


def plus_linear(base: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`base + linear(x)`, of Tensor[rows, N] and Tensor[rows, K]."""
    if bias is None and not _worth(x, weight):
        return torch.addmm(base, x, weight.t())
    return base + linear(x, weight, bias)


def linear_gelu(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """GELU, in its approximation by a hyperbolic tangent, of `linear`."""
    if not _worth(x, weight):
        return F.gelu(F.linear(x, weight, bias), approximate="tanh")
    out: Tensor = _ONEDNN._linear_pointwise(x, weight, bias, "gelu", [], "tanh")
    return out


def gated_gelu(x: Tensor, gate_up: Tensor) -> Tensor:
    """GELU of `x @ gate.T` times `x @ up.T`: Tensor[…, K] and both matrices as one, Tensor[2 N, K] → Tensor[…, N]."""
    half = len(gate_up) // 2
    if _worth(x, gate_up[:half]):
        return linear_gelu(x, gate_up[:half]) * linear(x, gate_up[half:])
    gate, up = linear(x, gate_up).chunk(2, -1)
    return F.gelu(gate, approximate="tanh") * up


class Convolution:
    """A layer without groups for inference; its weights are packed for pictures of one shape, while they stay."""

    def __init__(self, layer: nn.Conv2d) -> None:
        self._layer = layer
        self._packed: tuple[Hashable, Any] = ((), None)

    def __call__(self, x: Tensor) -> Tensor:
        """Tensor[B, C, H, W] → Tensor[B, out, H / stride, W / stride]."""
        layer = self._layer
        if not _applies(x):
            plain: Tensor = layer(x)
            return plain
        key, settings = (x.shape, layer.weight.data_ptr(), layer.weight._version), (layer.padding, layer.stride)
        if self._packed[0] != key:
            weight = layer.weight.detach()
            packed = _ONEDNN._reorder_convolution_weight(weight, *settings, layer.dilation, 1, list(x.shape))
            self._packed = (key, packed)
        out: Tensor = _ONEDNN._convolution_pointwise(
            x, self._packed[1], layer.bias, *settings, layer.dilation, 1, "none", [], None
        )
        return out


def _worth(x: Tensor, weight: Tensor) -> bool:
    rows = x.numel() // weight.shape[1]
    return rows > 1 and rows * weight.numel() >= WORTH and _applies(x)


def _applies(x: Tensor) -> bool:
    return _HERE and x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_grad_enabled()
