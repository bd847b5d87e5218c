"""The model: what sees what, and agreement with `transformers`' own π0."""

import numpy as np
import pytest
import torch
from tiny import SIZES
from transformers import PI0ForConditionalGeneration

from policy.model.thoughtful_pi0 import Targets, ThoughtfulPI0

VOCABULARY = 60


@pytest.fixture
def model() -> ThoughtfulPI0:
    torch.manual_seed(0)
    return ThoughtfulPI0(SIZES.to_pi0(VOCABULARY, 4)).eval()


@pytest.fixture
def inputs() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    prompt = torch.randint(5, VOCABULARY, (2, 6))
    mask = torch.ones_like(prompt)
    mask[1, :2] = 0
    return {"pictures": torch.randn(2, 3, 3, 24, 24), "prompt": prompt, "prompt_mask": mask}


def read(model, inputs, thought=None):
    mask = None if thought is None else torch.ones_like(thought)
    return model.read(model.look(inputs["pictures"]), inputs["prompt"], inputs["prompt_mask"], thought, mask)


@torch.no_grad()
def test_thought_is_causal_and_prefix_does_not_see_it(model, inputs):
    thought = torch.randint(5, VOCABULARY, (2, 5))
    changed = thought.clone()
    changed[:, 3:] = 7
    a, b = read(model, inputs, thought), read(model, inputs, changed)
    torch.testing.assert_close(a.hidden[:, : a.length + 3], b.hidden[:, : a.length + 3])
    assert (a.hidden[:, a.length + 3 :] - b.hidden[:, a.length + 3 :]).abs().max() > 1e-3


@torch.no_grad()
def test_prefix_sees_both_ways_when_a_late_word_changes(model, inputs):
    other = {**inputs, "prompt": inputs["prompt"].clone()}
    other["prompt"][:, -1] = 9
    assert (read(model, inputs).hidden[:, 0] - read(model, other).hidden[:, 0]).abs().max() > 1e-5


@torch.no_grad()
def test_reading_on_equals_reading_at_once_when_a_thought_comes_in_pieces(model, inputs):
    thought = torch.randint(5, VOCABULARY, (2, 5))
    whole = read(model, inputs, thought)
    pieces = model.extend(model.extend(read(model, inputs), thought[:, :2]), thought[:, 2:])
    torch.testing.assert_close(pieces.hidden[:, -1], whole.hidden[:, -1], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_actions_equal_those_of_transformers_when_there_is_no_thought(model, inputs):
    plain = PI0ForConditionalGeneration(model.config).eval()
    ours = ("model", "embed_action_time", "action_out_proj")
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if k.split(".")[0] in ours})
    noise, state = torch.randn(2, 4, 38), torch.randn(2, 38)
    images = torch.full((2, 3 * 4), 4)
    expected = plain.sample_actions(
        state=state,
        noise=noise,
        pixel_values=inputs["pictures"],
        pixel_attention_mask=torch.ones(2, 3, dtype=torch.bool),
        input_ids=torch.cat([images, inputs["prompt"]], 1),
        attention_mask=torch.cat([torch.ones_like(images), inputs["prompt_mask"]], 1),
    )  # fmt: skip
    ours = model.denoise(read(model, inputs), state, noise, model.config.num_inference_steps)
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_actions_depend_on_the_thought(model, inputs):
    noise, state = torch.randn(2, 4, 38), torch.randn(2, 38)
    chunks = [
        model.denoise(model.extend(read(model, inputs), torch.full((2, 4), token)), state, noise, 3)
        for token in (8, 30)
    ]
    assert (chunks[0] - chunks[1]).abs().max() > 1e-5


@torch.no_grad()
def test_actions_depend_on_the_place(model, inputs):
    noise, state, prefix = torch.randn(2, 4, 38), torch.randn(2, 38), read(model, inputs)
    chunks = [model.denoise(prefix, state, noise, 3, torch.tensor([[x, 0.5, 1.0]] * 2)) for x in (0.3, 0.6)]
    assert (chunks[0] - chunks[1]).abs().max() > 1e-5


def test_action_loss_leaves_the_thoughts_alone_when_it_is_learned(model, inputs):
    prefix = read(model, inputs, torch.randint(5, VOCABULARY, (2, 5)))
    usable, place = torch.tensor([True, False]), torch.tensor([[0.2, 0.4, 1.0], [0.0, 0.0, 0.0]])
    targets = Targets(torch.randn(2, 38), torch.randn(2, 4, 38), usable, place)
    model.velocity_loss(prefix, targets, 14, 2).backward()
    grads = {name: p.grad for name, p in model.named_parameters()}
    assert all(g is None for name, g in grads.items() if name.startswith("model.vlm"))
    assert all(np.isfinite(g).all() and g.any() for name, g in grads.items() if "action_out_proj" in name)
