"""The keys under `speech:`: what fits is taken, what does not is named in one sentence."""

from pathlib import Path

import pytest

from coach.config import load_config
from robot_bridge.protocol.errors import ConfigError


def config_with(home: Path, text: str):
    (home / "config.yaml").write_text(text, "utf-8")
    return load_config(None, home)


def test_values_are_taken_when_they_fit(tmp_path):
    speech = config_with(tmp_path, "speech: {mode: hands_free, model: embedded, silence_s: 1, voice: off}").speech
    assert (speech.mode, speech.model, speech.silence_s, speech.voice) == ("hands_free", "embedded", 1.0, "off")
    assert speech.language == "en"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speech: hands_free", "keys and values"),
        ("speech: {mod: hands_free}", "did you mean 'mode'"),
        ("speech: {mode: loud}", "push_to_talk"),
        ("speech: {longest_s: 90}", "2 to 29"),
        ("speech: {bias: 1}", "true or false"),
        ("speech: {model: ' '}", "not empty"),
        ("speach: {}", "did you mean 'speech'"),
    ],
)
def test_one_sentence_names_what_is_allowed_when_a_value_does_not_fit(tmp_path, text, words):
    with pytest.raises(ConfigError) as told:
        config_with(tmp_path, text)
    assert words in str(told.value) and str(tmp_path) in str(told.value)
