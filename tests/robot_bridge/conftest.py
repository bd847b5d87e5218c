"""What the tests of a whole bridge share: a policy with a brain of two functions, and bridges beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from bridge_rig import Rig
from fake_arms import MemoryArms
from fake_policy import FakePolicy


@pytest.fixture
def policy() -> Iterator[FakePolicy]:
    served = FakePolicy()
    yield served
    served.close()


@pytest.fixture
def start_rig(policy: FakePolicy) -> Iterator[Callable[..., Rig]]:
    """Starts a bridge on the policy, or on the line that leads to it; every one is closed when the test is over."""
    with ExitStack() as running:

        def start(arms: MemoryArms | None = None, policy_address: str = policy.address, **config: object) -> Rig:
            rig = Rig(policy_address, arms, **config)
            running.callback(rig.close)
            return rig

        yield start


@pytest.fixture
def rig(start_rig: Callable[..., Rig]) -> Rig:
    return start_rig()
