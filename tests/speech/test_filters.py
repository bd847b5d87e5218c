"""Words that nobody said, and words that somebody did; and whether they are a whole."""

from __future__ import annotations

import pytest

from coach.speech.completeness import is_complete
from coach.speech.filters import Evidence, cleaned, why_dropped
from coach.speech.wake_word import AWAKE_S, WakeWord

CLEAR = Evidence(no_speech=0.02, log_probability=-0.15, compression=1.1, level_db=-25.0, prompt="red cup, drying rack.")
NOISE = Evidence(no_speech=0.95, log_probability=-1.2, compression=1.1, level_db=-45.0, prompt="red cup, drying rack.")


def but(evidence: Evidence, **changes: float) -> Evidence:
    return Evidence(**{**vars(evidence), **changes})


@pytest.mark.parametrize("text", ["Stop!", "No.", "stop", "Wait!", "Stop, stop, stop!", "put the red cup in the sink",
                                  "Thank you.", "no, no, no", "the red cup"])  # fmt: skip
def test_clear_words_are_kept(text):
    assert why_dropped(text, CLEAR) == ""


@pytest.mark.parametrize("text", ["Stop.", "No!"])
def test_a_short_stop_or_no_is_kept_when_the_model_doubts_that_there_was_speech(text):
    assert why_dropped(text, but(CLEAR, no_speech=0.97)) == ""
    assert why_dropped(text, but(CLEAR, log_probability=-1.4)) == ""


def test_a_short_word_on_pure_noise_is_no_stop():
    assert why_dropped("stop", NOISE) == "silence"
    assert why_dropped("stop", but(CLEAR, level_db=-80.0)) == "silence"


@pytest.mark.parametrize(
    ("text", "evidence", "why"),
    [
        ("", CLEAR, "nothing"),
        ("...", CLEAR, "no words"),
        ("put the cup away", NOISE, "no speech"),
        ("put the cup away", but(CLEAR, level_db=-70.0), "silence"),
        ("the the the the", CLEAR, "repeats itself"),
        ("la di la di la di", CLEAR, "repeats itself"),
        ("blah", but(CLEAR, compression=3.0), "repeats itself"),
        ("Thanks for watching!", but(CLEAR, no_speech=0.4), "a phrase that is written for noise"),
        ("you", but(CLEAR, log_probability=-0.5), "a phrase that is written for noise"),
        ("Red cup, drying rack.", but(CLEAR, no_speech=0.5), "an echo of the prompt"),
    ],
)
def test_what_nobody_said_is_dropped_and_it_is_known_why(text, evidence, why):
    assert why_dropped(text, evidence) == why


def test_remarks_are_no_words():
    assert cleaned(" [MUSIC]  put it down (applause) ♪ ") == "put it down"


@pytest.mark.parametrize("text", ["stop", "put the red cup in the sink", "no, put it in the drying rack", "go left",
                                  "what are you doing?", "Resume.", "no, the blue one"])  # fmt: skip
def test_a_whole_is_answered_after_a_breath(text):
    assert is_complete(text)


@pytest.mark.parametrize("text", ["", "no", "put the", "put the red cup", "put it in the drying", "pick up the red",
                                  "left", "and then", "x " * 3000])  # fmt: skip
def test_half_a_sentence_waits_for_the_rest(text):
    assert not is_complete(text)


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_only_what_follows_the_wake_word_is_meant():
    clock = Clock()
    wake = WakeWord("robot", clock)
    assert wake.meant_for_me("did you see the match") is None
    assert wake.meant_for_me("Hey Robots, put the cup in the sink") == "put the cup in the sink"
    assert wake.meant_for_me("no, in the bin") == "no, in the bin"  # still awake
    clock.now_s += AWAKE_S + 1
    assert wake.meant_for_me("no, in the bin") is None
    assert wake.meant_for_me("robot") == ""
    assert wake.meant_for_me("pick up the towel") == "pick up the towel"


def test_a_wake_word_may_be_several_words():
    wake = WakeWord("kitchen helper", Clock())
    assert wake.meant_for_me("kitchen helper stop") == "stop"
    assert wake.meant_for_me("") == ""  # awake, and nothing said
