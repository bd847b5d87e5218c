"""The bars of the policy's speed, checked by hand on a machine that does nothing else:

    .venv/bin/python -m pytest -s tests/benchmarks/bench_policy.py

They are no part of `make test`: a time says nothing on a machine that is shared. `coach bench policy` prints the table.
"""

import numpy as np
import pytest
import torch

from coach.bench.policy import WARM_UP, run
from coach.bench.policy_subjects import Subject, at_work, full_config, random_weights, scaled_config
from policy.checkpoint import embedded_folder
from policy.model.tokenizer import ThoughtTokenizer

ROUNDS = 10 + WARM_UP
PI0_VOCABULARY = 257_152


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def timed(subject: Subject, scenes) -> dict[str, np.ndarray]:
    """Seconds of each round, by what was timed; both sides computed the same."""
    samples = run(subject, scenes, lambda words: None)
    assert samples.differing == 0 and samples.off < (1e-3 if subject.model.dtype == torch.float32 else 5e-2)
    times = {name: np.array(values) for name, values in samples.seconds.items()}
    for name, values in times.items():
        print(f"{subject.name}: {name}: {1e3 * np.median(values):.2f} ms")
    return times


def ratio(times: dict[str, np.ndarray], theirs: str, ours: str) -> float:
    return float(np.median(times[theirs] / times[ours]))


def test_shipped_model_thinks_five_times_and_acts_twice_as_fast_as_transformers():
    times = timed(*at_work("", 3, ROUNDS, "cpu"))
    assert ratio(times, "generate, a token", "guessing, a token") >= 5
    assert ratio(times, "sample_actions", "act") >= 2


def test_shape_of_a_full_size_model_thinks_five_times_and_acts_twice_as_fast_once_the_prefix_is_read():
    tokenizer = ThoughtTokenizer(embedded_folder())
    times = timed(*random_weights("scaled", scaled_config(len(tokenizer), tokenizer.image), 3, 5, "cpu", torch.float32))
    assert ratio(times, "generate, a token", "guessing, a token") >= 5
    assert ratio(times, "sample_actions", "act, prefix shared") >= 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_full_size_model_acts_within_30_ms_and_thinks_20_tokens_within_80_ms_when_there_is_an_h100():
    image = ThoughtTokenizer(embedded_folder()).image
    times = timed(*random_weights("full", full_config(PI0_VOCABULARY, image), 3, ROUNDS, "cuda", torch.bfloat16))
    assert 1e3 * np.median(times["act"]) <= 30
    assert 1e3 * np.median(20 * times["plain, a token"]) <= 80
