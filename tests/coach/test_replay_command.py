"""`coach replay` on a memory written here."""

import json
import time

import numpy as np
import pytest

from coach.__main__ import main
from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.messages import ChunkEvent, Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought


@pytest.fixture
def home(tmp_path):
    with Store.open(tmp_path / "memory.db") as store:
        episode = store.begin_episode("t", "put the red cup away", "home", "first", "kitchen", "ann")
        for sequence in range(20):
            image = np.zeros((8, 8, 3), np.uint8)
            store.add_frame(episode, Observation(sequence=sequence, time_s=5 + sequence / 10,
                                                 state=np.zeros(38, np.float32), images={"base": image}))  # fmt: skip
        thought = Thought(reason="seen", subtask="pick up the red cup")
        store.add_thought(episode, ThoughtEvent(time_s=5.2, task_id="t", observation_sequence=2, thought=thought))
        actions = np.zeros((16, 38), np.float32)
        actions[-1, 3] = 0.5
        store.add_actions(episode, ChunkEvent(time_s=5.4, task_id="t", observation_sequence=4, actions=actions,
                                              dt_s=0.1))  # fmt: skip
        store.add_utterance("put it in the rack", "ann", "person", episode)
        store.flush()
        for number in range(2):
            store.add_correction(CorrectionDraft(
                id=f"c{number}", words="no, the rack", episode_id=episode, thought_was=str(thought),
                thought_should="reason: the red cup goes in the drying rack\n", instruction_was="put the red cup away",
                instruction_now="put the red cup in the drying rack", time_s=6.0 + number / 2,
                label_start_s=0.5, observation_sequence=10 + 5 * number))  # fmt: skip
        store.end_episode(episode, "done")
    return tmp_path


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_episode_is_told_in_order_when_played(home, capsys):
    assert main(["replay", "--home", str(home), "--json-lines"]) == 0
    told = lines(capsys)
    assert [row["at_s"] for row in told] == sorted(row["at_s"] for row in told)
    assert {row["kind"] for row in told} == {"thought", "actions", "said", "corrected"}
    assert next(row for row in told if row["kind"] == "thought")["at_s"] == pytest.approx(0.2)
    assert main(["replay", "1", "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert "reason: seen / subtask: pick up the red cup" in out and "16 steps, 1.6 s: joint 3 by 0.50" in out


def test_episode_takes_its_time_when_a_speed_is_given(home, capsys):
    began_s = time.monotonic()
    assert main(["replay", "1", "--home", str(home), "--speed", "4", "--limit", "4"]) == 0
    assert 0.2 < time.monotonic() - began_s < 10


def test_lessons_come_in_order_or_as_a_seeded_mixture(home, capsys):
    assert main(["replay", "--corrections", "--home", str(home), "--json-lines"]) == 0
    told = lines(capsys)
    assert [row["id"] for row in told] == ["c0", "c1"]
    assert told[0]["frames"] == 6 and told[0]["thought"] == "reason: the red cup goes in the drying rack\n"
    assert told[0]["instruction"] == "put the red cup away" and told[0]["start_s"] == 5.5
    for _ in range(2):
        assert main(["replay", "--mixture", "3", "--limit", "9", "--home", str(home), "--json-lines"]) == 0
    drawn = [row["id"] for row in lines(capsys)]
    assert drawn[:9] == drawn[9:] and set(drawn) == {"c0", "c1"}


def test_episodes_are_listed(home, capsys):
    assert main(["replay", "--list", "--home", str(home), "--json-lines"]) == 0
    [row] = lines(capsys)
    assert (row["frames"], row["corrections"], row["outcome"]) == (20, 2, "done")
    assert main(["replay", "--list", "--home", str(home)]) == 0
    assert "put the red cup away" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["99"], "there is no episode 99; see them with: coach replay --list"),
        (["1", "--corrections"], "asked for together"),
        (["--mixture", "3"], "has no end"),
        (["--limit", "0"], "a limit of 1 or more"),
        (["--speed", "-1"], "coach: --speed -1; allowed: a speed of 0 to 1000"),
        (["--rerun", "--corrections"], "--corrections was asked for with it; allowed: --rerun and an episode"),
        (["--rerun", "--mixture", "0", "--limit", "3"], "--mixture, --limit was asked for with it"),
        (["--rerun", "--list"], "--list was asked for with it"),
        (["1", "--rerun", "--limit", "2", "--speed", "2"], "--limit, --speed was asked for with it"),
        (["1", "--rerun", "--text"], "--text was asked for with it"),
        (["--rerun", "--json-lines"], "--json-lines was asked for with it"),
        (["--list", "--speed", "2"], "--speed with an episode"),
        (["--corrections", "--speed", "2"], "--speed with an episode"),
        (["--text", "--json-lines"], "one of them"),
    ],
)
def test_one_sentence_is_printed_when_the_request_fits_nothing(home, capsys, argv, says):
    assert main(["replay", *argv, "--home", str(home)]) == 2
    assert says in capsys.readouterr().err


def test_nothing_but_a_sentence_when_nothing_is_recorded(tmp_path, capsys):
    assert main(["replay", "--home", str(tmp_path)]) == 0
    assert "no memory" in capsys.readouterr().err
    Store.open(tmp_path / "memory.db").close()
    assert main(["replay", "--corrections", "--home", str(tmp_path), "--json-lines"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "" and "no lessons yet" in shown.err
