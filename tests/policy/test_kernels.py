"""The quick products and convolutions give what the usual ones give."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from policy.model import kernels
from policy.model.stem import QuickStem, Stem

ENOUGH = (64, 192, 128)  # rows, inputs, outputs: beyond what oneDNN is worth its call for
FEW = (4, 48, 32)


def numbers(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize(("rows", "inputs", "outputs"), [ENOUGH, FEW, (1, 2048, 1024)])
@pytest.mark.parametrize("bias", [True, False])
def test_products_equal_the_usual_ones(rows: int, inputs: int, outputs: int, bias: bool) -> None:
    x, weight, base = numbers(rows, inputs), numbers(2 * outputs, inputs) / inputs**0.5, numbers(rows, 2 * outputs)
    added = numbers(2 * outputs) if bias else None
    expected = F.linear(x, weight, added)
    gate, up = F.linear(x, weight).chunk(2, -1)
    with torch.no_grad():
        found = kernels.linear(x, weight, added)
        gelu = kernels.linear_gelu(x, weight, added)
        plus = kernels.plus_linear(base, x, weight, added)
        gated = kernels.gated_gelu(x, weight)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gelu, F.gelu(expected, approximate="tanh"), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(plus, base + expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gated, F.gelu(gate, approximate="tanh") * up, atol=1e-5, rtol=1e-5)


def test_gradients_flow_where_they_are_wanted() -> None:
    rows, inputs, outputs = ENOUGH
    x = numbers(rows, inputs).requires_grad_()
    kernels.gated_gelu(x, numbers(2 * outputs, inputs)).sum().backward()
    assert x.grad is not None and x.grad.abs().sum() > 0


def test_convolution_follows_its_layer_when_weights_or_shapes_change() -> None:
    layer = nn.Conv2d(8, 16, 3, 2, 1)
    quick = kernels.Convolution(layer)
    with torch.no_grad():
        for size in (24, 24, 32):
            pictures = numbers(2, 8, size, size)
            torch.testing.assert_close(quick(pictures), layer(pictures), atol=1e-5, rtol=1e-5)
            layer.weight += 0.1
            torch.testing.assert_close(quick(pictures), layer(pictures), atol=1e-5, rtol=1e-5)


def test_stem_gives_the_same_when_it_is_quick() -> None:
    torch.manual_seed(0)
    stem, pictures = Stem(12, 32), numbers(3, 3, 96, 96)
    with torch.no_grad():
        torch.testing.assert_close(QuickStem(stem)(pictures), stem(pictures), atol=1e-5, rtol=1e-5)
