import io
import json
from typing import get_args

import pytest

from coach.__main__ import main
from coach.interpreter.items import Item, Kind, Object
from coach.routines.repeated import repeat


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
        ("stop", "stop\n  Stop.\n"),
        ("no, the blue cup", "correction: object blue cup\n  Instead: the blue cup.\n"),
        ("put the cup away", "task: verb put, object cup\n  Put the cup.\nasks: Where should the cup go?\n"),
        ("no, put it in the drying rack, not the sink",
         "correction: verb put, place drying rack, instead of sink\n"
         "  Instead: put it in the drying rack, not the sink.\n"),
        ("put everything away", "task: verb put, object everything\n  Clear the counter.\n"),
        ("do the dishes", "task: verb wash, object dish\n  Wash up.\n"),
        ("laundry on Tuesdays at 10",
         "routine: verb laundry, rrule FREQ=WEEKLY;BYDAY=TU, time 10:00\n  Every Tuesday at 10:00: do the laundry.\n"),
        ("laundry on Tuesday", "routine: verb laundry, date tuesday\n  Do the laundry.\n"
         "asks: Do the laundry: every Tuesday, or only this one?\n"),
        ("skip the laundry next week",
         "routine: verb laundry, except next week\n  Leave out next week: do the laundry.\n"),
        ("mugs go on the top shelf", "rule: object mug, place top shelf, scope home, text mugs go on the top shelf\n"
         "  From now on: mugs go on the top shelf.\n"),
        ("from now on plates go in the bin",
         "rule: object plate, place bin, scope home, text from now on plates go in the bin\n"
         "  From now on: plates go in the bin.\n"),
        ("a little to the left", "nudge: direction left, amount little\n  Move: left little.\n"),
        ("what are you doing?", "question: about doing, text what are you doing?\n  A question: what are you doing.\n"),
        ("dinner at 25 o'clock", "routine: time 25:00, about dinner\n  That cannot be: there is no 25 o'clock; "
         "allowed: 0:00 to 23:59, or am and pm; name another time.\n"),
        ("wipe the counter on 3 March 2020 at 5",
         "routine: verb wipe, object counter, time 17:00, date 3 march 2020\n"
         "  That cannot be: 2020-03-03 17:00 is past; name a time to come.\n"),
    ],
)  # fmt: skip
def test_each_item_is_repeated_in_a_sentence_when_no_json_is_asked_for(capsys, said, shown):
    assert main(["interpret", said]) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("laundry on Tuesday", "every Tuesday, or only this one?"),
        ("dinner at 25 o'clock", "there is no 25 o'clock"),
        ("laundry on Tuesdays at 10, and set the table on Friday", "every Friday, or only this one?"),
    ],
)
def test_question_is_the_one_of_the_session_when_a_wish_is_not_clear(capsys, monkeypatch, said, part):
    assert main(["interpret", said, "--json"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{said}\n"))
    assert main(["interpret", "-"]) == 0
    one, two = answers(capsys)
    assert part in one["question"] and one == two


def test_every_kind_of_item_is_repeated_when_it_stands_alone():
    kinds = get_args(Kind)
    told = repeat([Item(kind=kind) for kind in kinds], "x", 0.0, "UTC").told
    assert len(told) == len(kinds) and all(said.endswith((".", "!", "?")) for said in told)


def test_rule_for_a_while_is_not_repeated_as_a_lasting_one():
    rule = Item(kind="rule", object=Object(name="cup"), place="bin", scope="now", text="today cups go in the bin")
    assert repeat([rule], "x", 0.0, "UTC").told == ("For now only: today cups go in the bin.",)
