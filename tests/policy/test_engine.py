"""The fast path computes what `transformers` computes, whatever the shape of the model, alone or several at once."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny import SIZES, observation, write_checkpoint
from torch import nn

from coach.bench.policy_reference import GrammarProcessor, Reference
from policy.loading import load_policy
from policy.model.engine import Engine
from policy.model.pi0_policy import PI0Policy
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.model.writing import Writer
from robot_bridge.protocol.messages import ActRequest, Context, Observation, ThinkRequest
from robot_bridge.protocol.thought import Thought

PUT = Context(instruction="put the red cup in the sink")
CONTEXTS = [Context(instruction=f"put the {colour} cup in the sink {more}")
            for colour, more in (("red", ""), ("blue", "and the red one"), ("red", "please"))]  # fmt: skip


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> PI0Policy:
    return load_policy(str(write_checkpoint(tmp_path_factory.mktemp("made") / "tiny")), "cpu")


@pytest.fixture(scope="module")
def embedded() -> PI0Policy:
    return load_policy("", "cpu")


def pictures(number: int) -> Observation:
    rng = np.random.default_rng(number)
    return Observation(sequence=number, time_s=0.0, state=rng.uniform(-1, 1, 38).astype(np.float32),
                       images={"base": rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)})  # fmt: skip


def thinks(seen: list[Observation], forced: list[str]) -> list[ThinkRequest]:
    return [asked(o, c, f) for o, c, f in zip(seen, CONTEXTS, forced, strict=True)]


def asked(seen: Observation, context: Context, forced: str = "") -> ThinkRequest:
    return ThinkRequest(request_id=0, observation=seen, context=context, forced=forced)


def silent(index: int, text: str) -> None:
    pass


def test_tokens_equal_those_of_generate_on_the_same_weights(embedded):
    tokenizer = embedded._prompter.tokenizer
    reference, lengths = Reference(embedded._model, tokenizer.eos, tokenizer.pad), []
    for number in range(6):
        seen = embedded._seeing.see([pictures(number)], [PUT])[0]
        draft = embedded._drafting.begin(seen, asked(pictures(number), PUT), None)
        places = draft.places
        grammar = GrammarProcessor(
            embedded._drafting._writer._grammar, 64 + len(seen.prompt), places, tokenizer.first_location
        )
        expected = reference.generate(embedded._prompter.pictures(pictures(number)), 64, seen.prompt, grammar)
        embedded._drafting._writer.write([seen.reading], [draft])
        assert [*draft.tokens, tokenizer.eos][: len(expected)] == expected
        lengths.append(len(expected))
    assert max(lengths) > 10, lengths


@pytest.mark.parametrize(("kv_heads", "stem"), [(1, False), (2, False), (2, True)])
def test_actions_equal_those_of_sample_actions_when_heads_share_keys(kv_heads, stem):
    config = dataclasses.replace(SIZES, heads=2).to_pi0(60, 4)
    for part in (config.vlm_config.text_config, config.dit_config):
        part.num_key_value_heads = kv_heads
    torch.manual_seed(0)
    model = ThoughtfulPI0(config).eval()
    if stem:
        model.grow_stem()
        nn.init.normal_(model.stem.out.weight)
    state, noise, cameras = torch.randn(1, 38), torch.randn(1, 4, 38), torch.randn(1, 3, 3, 24, 24)
    prompt = [7, 9, 11, 30]
    expected = Reference(model, 1, 0).sample_actions(cameras, 12, prompt, state, noise)
    engine = Engine(model)
    reading = engine.read([engine.look(cameras)[0]], [prompt])[0]
    torch.testing.assert_close(engine.denoise(reading.kv, state, noise, 3), expected, atol=1e-4, rtol=1e-4)


def test_weights_keep_their_names_and_values_when_they_are_fused(tmp_path):
    torch.manual_seed(0)
    model = ThoughtfulPI0(SIZES.to_pi0(60, 4))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first, second = Engine(model), Engine(model)
    after = model.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(after[name], before[name]) for name in before)
    assert first.vlm.like.data_ptr() == second.vlm.like.data_ptr()


def run_on(policy, engine, guesses=True):
    """Let a policy compute with this engine."""
    drafting = policy._drafting
    drafting._writer = Writer(engine, drafting._writer._grammar, policy._prompter.tokenizer, guesses=guesses)
    policy._engine = policy._seeing._engine = drafting._engine = engine


def test_thoughts_are_the_same_when_nothing_is_guessed(embedded):
    plain = Writer(embedded._engine, embedded._drafting._writer._grammar, embedded._prompter.tokenizer, guesses=False)
    for number in range(3):
        for forced in ("", "reason: the red cup is on the counter and goes in the bin\n"):
            seen = embedded._seeing.see([pictures(number)], [CONTEXTS[0]])[0]
            drafts = []
            for writer in (plain, embedded._drafting._writer):
                drafts.append(embedded._drafting.begin(seen, asked(pictures(number), CONTEXTS[0], forced), None))
                writer.write([seen.reading], [drafts[-1]])
            assert drafts[0].tokens == drafts[1].tokens
            np.testing.assert_allclose(drafts[0].chances, drafts[1].chances, atol=1e-4)


@pytest.mark.parametrize("forced", [["", "", ""], ["", "subtask: pick up the red cup", "reason: the cup is on\n"]])
def test_robots_get_the_same_when_they_are_served_together(embedded, forced):
    seen = [pictures(number) for number in range(3)]
    alone = [embedded.think(o, c, f) for o, c, f in zip(seen, CONTEXTS, forced, strict=True)]
    embedded.reseed(1)
    together = embedded.think_many(thinks(seen, forced), [silent] * 3)
    for (thought, tokens), one in zip(alone, together, strict=True):
        assert not isinstance(one, Exception)
        assert str(one[0]) == str(thought) and one[1] == tokens
        assert one[0].confidence == pytest.approx(thought.confidence, abs=1e-4)


def test_chunks_are_the_same_when_they_are_asked_together(embedded):
    seen, words = [pictures(number) for number in range(3)], [Context(instruction=c.instruction) for c in CONTEXTS]
    thoughts = [Thought(subtask="pick up the red cup", reason="it is on the counter" * n) for n in (1, 0, 2)]
    alone = [embedded.act(o, c, t)[0] for o, c, t in zip(seen, words, thoughts, strict=True)]
    embedded.reseed(0)
    requests = [ActRequest(request_id=0, observation=o, context=c, thought=t)
                for o, c, t in zip(seen, words, thoughts, strict=True)]  # fmt: skip
    together = [actions for actions, _ in embedded.act_many(requests)]
    np.testing.assert_allclose(np.stack(together), np.stack(alone), atol=1e-3)


def test_one_robots_failure_is_its_own_when_they_are_served_together(policy):
    def give_up(index: int, text: str) -> None:
        raise TimeoutError

    blind = Observation(sequence=5, time_s=0.0, state=np.zeros(38, np.float32), images={})
    seen = [observation(1, 1), blind, observation(2, 2)]
    requests = thinks(seen, ["subtask: pick up"] * 3)
    first, second, third = policy.think_many(requests, [give_up, silent, silent])
    assert isinstance(first, TimeoutError) and isinstance(second, Exception) and not isinstance(third, Exception)
    assert third[0].subtask == policy.think(seen[2], CONTEXTS[2], "subtask: pick up")[0].subtask


def test_prefix_is_read_once_when_it_is_thought_and_acted_on(policy, monkeypatch):
    reads = []
    read = policy._engine.read
    monkeypatch.setattr(policy._engine, "read", lambda *args: reads.append(1) or read(*args))
    thought, _ = policy.think(observation(7, 7), CONTEXTS[0], "subtask: pick up the cup")
    policy.act(observation(7, 7), CONTEXTS[0], thought)
    policy.think(observation(7, 7), CONTEXTS[0], "subtask: put")
    assert len(reads) == 1
    policy.act(observation(8, 7), CONTEXTS[0], thought)
    assert len(reads) == 2


def test_everything_is_the_same_when_no_shape_may_change(embedded):
    """What is recorded on a GPU, called plainly."""
    fixed = load_policy("", "cpu")
    run_on(fixed, Engine(fixed._model, fixed=True), guesses=False)
    for number in range(3):
        for policy in (embedded, fixed):
            policy.reseed(number)
        expected, thought = (policy.think(pictures(number), CONTEXTS[0]) for policy in (embedded, fixed))
        assert str(thought[0]) == str(expected[0]) and thought[1] == expected[1]
        chunks = [policy.act(pictures(number), CONTEXTS[0], thought[0])[0] for policy in (embedded, fixed)]
        np.testing.assert_allclose(chunks[1], chunks[0], atol=1e-4)
    assert fixed._engine._fixed is not None
    together = [answer for answer in fixed.think_many(thinks([pictures(n) for n in range(3)], [""] * 3), [silent] * 3)]
    assert all(not isinstance(answer, Exception) for answer in together)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_recorded_steps_equal_plain_ones_when_there_is_a_gpu():
    plain, recorded = load_policy("", "cuda"), load_policy("", "cuda")
    run_on(plain, Engine(plain._model, fixed=False))
    for number in range(3):
        (expected, _), (thought, _) = (policy.think(pictures(number), CONTEXTS[0]) for policy in (plain, recorded))
        assert str(thought) == str(expected)
        chunks = [policy.act(pictures(number), CONTEXTS[0], thought)[0] for policy in (plain, recorded)]
        np.testing.assert_allclose(chunks[1], chunks[0], atol=1e-2)
    assert recorded._engine._fixed is not None and any(recorded._engine._fixed._recordings.values())
