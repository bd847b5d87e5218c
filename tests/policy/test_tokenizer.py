"""Words, letters, location tokens, and the thought grammar's spelling."""

from importlib import resources

import pytest
from tiny import THOUGHT, write_tokenizer

from policy.model.tokenizer import FILE, ThoughtTokenizer, build_tokenizer
from policy.training.pictures import KINDS
from robot_bridge.protocol.errors import CheckpointError
from robot_bridge.protocol.thought import Thought


def test_thought_survives_when_encoded_and_decoded(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    assert tokenizer.decode(tokenizer.encode(THOUGHT)) == THOUGHT
    assert Thought.parse(tokenizer.decode(tokenizer.encode(THOUGHT))) == Thought.parse(THOUGHT)


def test_known_word_is_one_token_and_unknown_word_is_letters_when_encoded(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    assert len(tokenizer.encode("cup")) == 1
    assert tokenizer.decode(tokenizer.encode("put the zebra")) == "put the zebra"


def test_things_begin_with_the_word_for_the_thing_when_there_are_several(tmp_path):
    words = (resources.files("policy.training") / "words.txt").read_text("utf-8").split()
    (tmp_path / FILE).write_text(build_tokenizer(words).to_str())
    tokenizer = ThoughtTokenizer(tmp_path)
    for kind in KINDS:
        assert tokenizer.encode(f"{kind}s")[0] == tokenizer.encode(kind)[0]
        assert tokenizer.decode(tokenizer.encode(f"two {kind}s")) == f"two {kind}s"


def test_location_is_rounded_down_when_between_two_tokens(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    assert tokenizer.encode("<loc0415>") == tokenizer.encode("<loc0412>")
    assert tokenizer.encode("<loc0416>")[0] == tokenizer.encode("<loc0412>")[0] + 1


def test_no_token_is_unknown_when_the_text_is_odd(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    assert tokenizer.encode("Ça va? 100% — œ¡") and tokenizer.encode("") == []


def test_checkpoint_error_when_the_file_is_cut_in_half(tmp_path):
    write_tokenizer(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text(path.read_text()[:500])
    with pytest.raises(CheckpointError):
        ThoughtTokenizer(tmp_path)


def test_comma_stands_behind_its_word_when_decoded(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    text = "reason: nothing is in the left hand, the red cup is on the counter\nsubtask: pick up the red cup"
    assert tokenizer.decode(tokenizer.encode(text)) == text
