"""The line to the policy gives an answer, an error or silence, and is never wedged."""

import time

import numpy as np
import pytest
import zmq
from fake_policy import PICKING

from robot_bridge.client import error_from
from robot_bridge.policy_link import Abandoned, PolicyFailedError, PolicyLink
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError, ConfigError, SizeError, UnreachableError, UsageError
from robot_bridge.protocol.messages import WIDTH, Context, Error, Observation
from robot_bridge.protocol.thought import Thought

SEEN = Observation(sequence=1, time_s=1.0, state=np.zeros(WIDTH, np.float32), images={})
CONTEXT = Context(instruction="put the red cup in the sink")


def never() -> bool:
    return False


@pytest.fixture
def link(policy):
    context = zmq.Context()
    line = PolicyLink(context, policy.address)
    yield line
    line.close()
    context.term()


def think(link: PolicyLink, deadline_s: float = 2.0, abandon=never, tokens: list | None = None):
    heard = [] if tokens is None else tokens
    return link.think(SEEN, CONTEXT, "", deadline_s, heard.append, abandon)


def test_tokens_stream_before_the_thought_when_asked(link):
    tokens: list = []
    reply = think(link, tokens=tokens)
    assert reply.thought.subtask == "pick up the red cup"
    assert " ".join(token.text for token in tokens) == PICKING
    assert [token.index for token in tokens] == list(range(len(tokens)))


def test_silence_is_told_and_the_next_request_works_when_the_policy_returns(link, policy):
    policy.kill()
    began_s = time.monotonic()
    with pytest.raises(UnreachableError, match=r"broke|has not answered for 0\.2 s"):
        think(link, 0.2)
    assert time.monotonic() - began_s < 2.0  # it does not wait for ever
    policy.start()
    assert think(link).tokens
    assert link.health(1.0, never).checkpoint == "fake"


def test_late_answer_is_never_taken_for_the_next_one_when_a_request_was_abandoned(link, policy):
    policy.think_s = 0.1
    calls = iter([False, False, True])
    with pytest.raises(Abandoned):
        think(link, abandon=lambda: next(calls, True))
    policy.think_s = 0.0
    chunk = link.act(SEEN, CONTEXT, Thought(subtask="x"), 1.0, never)
    assert chunk.actions.shape == (12, WIDTH)


@pytest.mark.parametrize(("code", "kind"), [("expired", UnreachableError), ("busy", UnreachableError),
                                            ("policy_failed", PolicyFailedError)])  # fmt: skip
def test_policys_error_is_silence_or_failure_when_it_answers_with_one(link, policy, code, kind):
    policy.thinks = lambda request, count: Error(code=code, what="sorry")
    with pytest.raises(CoachError, match="sorry") as raised:
        think(link)
    assert type(raised.value) is kind


def test_something_else_at_that_port_is_an_error_when_it_answers_garbage():
    context = zmq.Context()
    stranger = context.socket(zmq.ROUTER)
    stranger.linger = 0
    stranger.bind("tcp://127.0.0.1:*")
    link = PolicyLink(context, stranger.getsockopt_string(zmq.LAST_ENDPOINT))

    def answer() -> bool:
        if stranger.poll(0):
            client, *_ = stranger.recv_multipart()
            stranger.send_multipart([client, b"HTTP/1.1 400"])
        return False

    with pytest.raises(CoachError, match="not a message of this protocol"):
        link.health(1.0, answer)
    link.close()
    stranger.close()
    context.term()


def test_address_is_refused_when_it_is_none():
    context = zmq.Context()
    with pytest.raises(ConfigError, match="not an address"):
        PolicyLink(context, "nonsense")
    context.term()


@pytest.mark.parametrize(("code", "kind"), [("usage", UsageError), ("size", SizeError), ("new", CoachError)])
def test_error_returns_as_its_own_exception_when_raised_by_a_client(code, kind):
    raised = error_from(Error(code=code, what="w", allowed="a", next_step="n"))
    assert type(raised) is kind and (raised.what, raised.allowed, raised.next_step) == ("w", "a", "n")
    assert Codec().encode(Error(code=code, what="w"))
