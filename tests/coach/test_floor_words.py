"""A second terminal watches, says so, and has the floor once its person asks for it."""

import pytest

from coach.app.status_line import StatusLine
from coach.config import Config
from coach.lines import coach_id, own_name
from coach.session.floor import asks_for_floor


@pytest.mark.parametrize("words", ["let me coach", "Let me coach, please.", "it's my turn now", "I'll coach from now",
                                   "listen to me", "please let me coach you", "give me the floor"])  # fmt: skip
def test_words_ask_for_the_floor(words):
    assert asks_for_floor(words)


@pytest.mark.parametrize("words", ["let me do it", "put the red cup in the sink", "it is your turn", "coach", "stop",
                                   "take over", "put the cup on the floor"])  # fmt: skip
def test_other_words_do_not_ask_for_it(words):
    assert not asks_for_floor(words)


def test_every_line_of_a_home_bears_one_name_and_another_home_another(tmp_path):
    here, there = (Config(home=tmp_path / name) for name in ("a", "b"))
    assert own_name(here) == coach_id(here) == coach_id(Config(home=tmp_path / "a")) != coach_id(there)
    assert StatusLine().coach == ""
