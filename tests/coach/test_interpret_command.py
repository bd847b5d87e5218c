import io
import json

import pytest

from coach.__main__ import main


def answers(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_holds_items_and_question(capsys):
    assert main(["interpret", "no, put it in the drying rack", "--json"]) == 0
    items = [{"kind": "correction", "verb": "put", "place": "drying rack"}]
    assert answers(capsys) == [{"items": items, "question": None}]


def test_quotes_may_be_left_out(capsys):
    assert main(["interpret", "put", "the", "cup", "in", "the", "sink", "--json"]) == 0
    assert answers(capsys)[0]["items"][0]["place"] == "sink"


def test_each_line_gets_one_answer_when_read_from_stdin(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("stop\n\nput the cup in the sink\nflorb the wug\n"))
    assert main(["interpret", "-"]) == 0
    found = answers(capsys)
    assert [a["items"][0]["kind"] for a in found] == ["stop", "unknown", "task", "unknown"]
    assert [bool(a["question"]) for a in found] == [False, True, False, True]


def test_answers_stay_in_step_when_one_line_is_too_long(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("stop\n" + "a" * 5000 + "\npause\n"))
    assert main(["interpret", "-"]) == 2
    captured = capsys.readouterr()
    kinds = [json.loads(line)["items"][0]["kind"] for line in captured.out.splitlines()]
    assert kinds == ["stop", "unknown", "pause"] and "at most 2000" in captured.err


def test_scene_settles_the_question_when_it_is_given(capsys):
    assert main(["interpret", "put the cup in the sink", "--json", "--see", "red cup", "--see", "blue cup"]) == 0
    assert answers(capsys)[0]["question"] == "the red cup or the blue one?"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("stop", "stop\n"),
        ("no, the blue cup", "correction: object blue cup\n"),
        ("put the cup away", "task: verb put, object cup\nasks: Where should the cup go?\n"),
    ],
)
def test_plain_words_are_printed_when_no_json_is_asked_for(capsys, said, shown):
    assert main(["interpret", said]) == 0
    assert capsys.readouterr().out == shown
