"""`think` and `act` of a loaded checkpoint."""

import numpy as np
import pytest
from tiny import CONTEXT, THOUGHT, observation, write_checkpoint

from policy.loading import load_policy, pick_device
from policy.model.pi0_policy import MAX_THOUGHT_TOKENS
from policy.model.scene import SceneHead, Sight
from policy.model.second_thoughts import SecondThoughts
from robot_bridge.protocol.errors import CheckpointError, CoachError, ProtocolError
from robot_bridge.protocol.messages import Context, Going, Observation
from robot_bridge.protocol.thought import Thought

DONE = "reason: the counter is clear\nsubtask: done"


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return load_policy(str(write_checkpoint(tmp_path_factory.mktemp("made") / "tiny")), "cpu")


def test_forced_text_opens_the_thought_and_streams_first(policy):
    pieces: list[str] = []
    forced = "reason: the red cup is on the counter\nsubtask: pick up the red cup"
    thought, written = policy.think(observation(), CONTEXT, forced, lambda i, text: pieces.append(text))
    assert thought.reason == "the red cup is on the counter" and thought.subtask.startswith("pick up the red cup")
    assert "".join(pieces).strip().startswith("reason: the red cup") and 0 < written <= MAX_THOUGHT_TOKENS
    assert 0 < thought.confidence <= 1


def test_thought_is_the_same_when_asked_twice_and_after_acting(policy):
    forced = "subtask: pick up"
    first = policy.think(observation(), CONTEXT, forced)
    policy.act(observation(), CONTEXT, Thought.parse(THOUGHT))
    assert policy.think(observation(), CONTEXT, forced) == first


def look_twice(policy, monkeypatch, look) -> None:
    """Have thoughts about chores looked at by this look."""
    second = SecondThoughts(policy._drafting, Sight(SceneHead(8, 1), ("red cup",), np.zeros(14)), None)
    second._look = look
    monkeypatch.setattr(policy._thinking, "_second", second)


def test_thought_is_written_anew_and_told_once_when_its_thing_has_another_name(policy, monkeypatch):
    right = "reason: the red cup is on the counter\nsubtask: pick up"

    class Look:
        def needed(self, instruction: str) -> bool:
            return True

        def opening(self, text: str, doing: str, tokens: object, pointed: object = None) -> str:
            return "" if text.startswith(right) else right

        def says_done(self, text: str) -> bool:
            return False

    look_twice(policy, monkeypatch, Look())
    pieces: list[tuple[int, str]] = []
    thought, written = policy.think(observation(), CONTEXT, "", lambda i, text: pieces.append((i, text)))
    assert thought.reason.startswith("the red cup")
    assert [index for index, _ in pieces] == list(range(len(pieces)))
    assert "".join(text for _, text in pieces).strip().startswith("reason: the red cup")
    assert 0 < written <= MAX_THOUGHT_TOKENS and 0 < thought.confidence <= 1
    forced, _ = policy.think(observation(), CONTEXT, "reason: the blue cup\nsubtask: pick up")
    assert forced.reason == "the blue cup", "a person's words are not looked at again"


@pytest.mark.parametrize(("stands", "first"), [("blue cup", "the blue cup"), ("nothing", "the red cup")])
def test_another_thing_is_thought_about_when_one_was_left_for_later(policy, monkeypatch, stands, first):
    class Look:
        def needed(self, instruction: str) -> bool:
            return True

        def opening(self, text: str, doing: str, tokens: object, pointed: object = None) -> str:
            return "" if text.startswith("reason: the") else "reason: the red cup\nsubtask: pick up"

        def thing_of(self, text: str) -> str:
            return "red cup"

        def standing(self, tokens: object, instruction: str) -> list[str]:
            assert instruction == "clear the counter"
            things = [f"{name}\nsubtask: pick up" for name in ("blue sink", "blue cup")]  # random weights end no reason
            return ["red cup", *things]

        def waits(self, text: str) -> bool:
            return text.startswith(f"reason: the {stands}")

        def says_done(self, text: str) -> bool:
            return False

    look_twice(policy, monkeypatch, Look())
    context = Context(instruction="clear the counter", going=Going(aside=("red cup",)))
    thought, _ = policy.think(observation(), context, "")
    assert thought.reason.startswith(first)


@pytest.mark.parametrize(("there", "twice", "first", "asks"), [
    pytest.param((), (), "the counter is clear", False, id="gone"),
    pytest.param(("red cup",), (), "the red cup", False, id="tried once more"),
    pytest.param(("red cup",), ("red cup",), "the red cup is on the counter", True, id="a person must help"),
])  # fmt: skip
def test_what_did_not_come_off_is_no_longer_done(policy, monkeypatch, there, twice, first, asks):
    class Look:
        def needed(self, instruction: str) -> bool:
            return True

        def opening(self, text: str, doing: str, tokens: object, pointed: object = None) -> str:
            return "" if "the counter is clear" in text or "red cup" in text else DONE

        def thing_of(self, text: str) -> str:
            return ""

        def says_done(self, text: str) -> bool:
            return "subtask: done" in text

        def standing(self, tokens: object, instruction: str) -> list[str]:
            return [f"{name}\nsubtask: pick up" for name in there] if not twice else list(there)

        def waits(self, text: str) -> bool:
            return text.startswith("reason: the red cup")

    look_twice(policy, monkeypatch, Look())
    going = Going(aside=("red cup",), twice=twice)
    thought, _ = policy.think(observation(), Context(instruction="clear the counter", going=going), "")
    assert thought.reason.startswith(first) and thought.subtask.startswith("ask for help") == asks


def test_chunk_fits_the_body_and_starts_near_the_state(policy):
    actions, dt_s = policy.act(observation(), CONTEXT, Thought.parse(THOUGHT))
    assert actions.shape == (4, 38) and actions.dtype == np.float32 and dt_s == 0.1
    assert not actions[:, 14:].any() and np.isfinite(actions).all()
    assert np.abs(actions[0, :14] - observation().state[:14]).max() < 1.0


def test_chunk_repeats_when_seeded_alike(policy):
    chunks = []
    for _ in range(2):
        policy.reseed(5)
        chunks.append(policy.act(observation(), CONTEXT, Thought.parse(THOUGHT))[0])
    np.testing.assert_array_equal(*chunks)


def test_motion_varies_when_an_errand_does_not_come_off(policy, monkeypatch):
    monkeypatch.setattr(policy, "_temperature", 0.0)
    thought = Thought.parse(THOUGHT)

    def twice(lasting: int) -> list[np.ndarray]:
        context = Context(instruction=CONTEXT.instruction, going=Going(errand=thought.errand, lasting=lasting))
        return [policy.act(observation(), context, thought)[0] for _ in range(2)]

    same, other = twice(3), twice(12)
    assert np.array_equal(*same) and not np.array_equal(*other)


def test_protocol_error_when_a_picture_is_missing_or_has_another_size(policy):
    for images in ({}, {"base": np.zeros((24, 25, 3), np.uint8)}):
        seen = Observation(sequence=9, time_s=0.0, state=observation().state, images=images)
        with pytest.raises(ProtocolError, match="base"):
            policy.think(seen, CONTEXT)


def spoil_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


def spoil_card(folder):
    (folder / "checkpoint.yaml").write_text("name: [")


def newer_format(folder):
    path = folder / "checkpoint.yaml"
    path.write_text(path.read_text().replace("format: 1", "format: 2"))


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_weights,
        spoil_card,
        newer_format,
        lambda folder: (folder / "checkpoint.yaml").unlink(),
        lambda folder: (folder / "config.json").write_text("{}"),
        lambda folder: (folder / "tokenizer.json").write_text("{"),
    ],
)
def test_checkpoint_error_when_a_file_is_spoilt(tmp_path, spoil):
    folder = write_checkpoint(tmp_path / "tiny")
    spoil(folder)
    with pytest.raises(CheckpointError):
        load_policy(str(folder), "cpu")


def test_device_is_named_when_it_is_not_there():
    with pytest.raises(CoachError, match="cpu"):
        pick_device("abacus")


def test_prefix_is_whole_when_a_thought_was_ended_from_outside(policy):
    forced = "subtask: pick up"
    expected = policy.think(observation(3, 3), CONTEXT, forced)

    def give_up(index: int, text: str) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        policy.think(observation(4, 4), CONTEXT, forced, give_up)
    policy.reseed(0)
    assert policy.think(observation(3, 3), CONTEXT, forced) == expected
    with pytest.raises(TimeoutError):
        policy.think(observation(3, 3), CONTEXT, forced, give_up)
    assert policy.think(observation(3, 3), CONTEXT, forced) == expected
