"""`coach routines` and `coach rules` as a person types them, on a real memory file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coach.__main__ import main
from coach.routines.house_rules import notes_for, rule_of
from memory.rules import Rule

WISH = "laundry on Tuesdays at 10, wipe the counter every day at 8 except sundays, and check in every Monday about it"


def coach(home: Path, *words: str) -> int:
    return main([*words, "--home", str(home)])


def listed(home: Path, capsys: pytest.CaptureFixture[str], command: str = "routines") -> list[dict]:
    capsys.readouterr()
    assert coach(home, command, "list", "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_routines_are_listed_with_rule_zone_and_next_time_when_added(tmp_path, capsys) -> None:
    assert coach(tmp_path, "routines", "add", WISH) == 0
    found = listed(tmp_path, capsys)
    assert [r["rrule"] for r in found] == ["FREQ=WEEKLY;BYDAY=TU", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO"]
    assert found[1]["except"] == ["SU"] and all(r["next"] and r["tz"] for r in found)


def test_routine_moves_on_when_its_next_day_is_skipped_and_goes_when_removed(tmp_path, capsys) -> None:
    coach(tmp_path, "routines", "add", "put the red cup in the sink every day at 7")
    before = listed(tmp_path, capsys)[0]
    assert before["instruction"] == "put the red cup in the sink"
    assert coach(tmp_path, "routines", "skip", "1") == 0
    assert listed(tmp_path, capsys)[0]["next"] > before["next"]
    assert coach(tmp_path, "routines", "remove", "1") == 0
    assert listed(tmp_path, capsys) == []


def test_calendar_file_brings_the_same_routines_back_when_imported(tmp_path, capsys) -> None:
    coach(tmp_path / "one", "routines", "add", WISH + ", put the red cup in the sink every day at 7 until christmas")
    coach(tmp_path / "one", "routines", "move", "Europe/Berlin")
    file = tmp_path / "routines.ics"
    assert coach(tmp_path / "one", "routines", "export", str(file)) == 0
    assert coach(tmp_path / "two", "routines", "import", str(file)) == 0
    one, two = (listed(tmp_path / name, capsys) for name in ("one", "two"))
    same = ("title", "kind", "rrule", "start", "tz", "except", "next", "instruction")
    assert [[r[key] for key in same] for r in two] == [[r[key] for key in same] for r in one]
    coach(tmp_path / "two", "routines", "import", str(file))
    assert len(listed(tmp_path / "two", capsys)) == len(one), "the same file twice brings nothing new"


def test_one_sentence_says_that_nothing_is_new_when_all_of_a_calendar_is_there(tmp_path, capsys) -> None:
    file = tmp_path / "routines.ics"
    coach(tmp_path, "routines", "add", "laundry on Tuesdays at 10, wipe the counter every day at 8")
    assert coach(tmp_path, "routines", "export", str(file)) == 0
    capsys.readouterr()
    assert coach(tmp_path, "routines", "import", str(file)) == 0
    assert capsys.readouterr().out == "nothing new: both are there already\n"
    file.write_text(EVENT.format("").replace("2026", "2001"))
    assert coach(tmp_path, "routines", "import", str(file)) == 0
    assert "has no event that is still to come" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("add", "wipe the counter daily at 8"), "'wipe the counter' every day at 8:00 is there already, as routine 1"),
        (("skip", "1", "2001-12-24"), "'2001-12-24' is over"),
        (("skip", "1", "yesterday"), "'yesterday' is over"),
        (("skip", "2"), "routine 2 ('do the laundry') was removed already"),
        (("remove", "2"), "routine 2 ('do the laundry') was removed already"),
        (("export", "FILE"), "is there already; name a file that is not"),
    ],
)
def test_routine_is_left_as_it_is_when_the_change_would_be_none(tmp_path, capsys, words, part) -> None:
    (tmp_path / "FILE").write_text("mine")
    coach(tmp_path, "routines", "add", "wipe the counter every day at 8, laundry on Tuesdays at 10")
    coach(tmp_path, "routines", "remove", "2")
    before = listed(tmp_path, capsys)
    assert coach(tmp_path, "routines", *[str(tmp_path / word) if word == "FILE" else word for word in words]) == 2
    assert part in capsys.readouterr().err
    assert listed(tmp_path, capsys) == before and (tmp_path / "FILE").read_text() == "mine"


EVENT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:x\r\nDTSTART:20261121T180000Z\r\n{}END:VEVENT\r\nEND:VCALENDAR\r\n"  # noqa: E501


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"x" * 10_000_000, "10,000,000 bytes"),
        (b"no calendar", "no iCalendar file"),
        (EVENT.format("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\r\n").encode(), "more often than I can follow"),
        (EVENT.format("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n").encode(), "never comes"),
        (b"\x00\xff" * 500, "no iCalendar file"),
    ],
    ids=["large", "text", "loop", "never", "bytes"],
)
def test_one_sentence_refuses_and_nothing_is_taken_when_a_calendar_is_bad(tmp_path, capsys, content, part) -> None:
    (tmp_path / "bad.ics").write_bytes(content)
    assert coach(tmp_path, "routines", "import", str(tmp_path / "bad.ics")) == 2
    told = capsys.readouterr().err.strip()
    assert part in told and len(told.splitlines()) == 1
    assert listed(tmp_path, capsys) == []


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("add", "dinner at 25 o'clock"), "no 25 o'clock"),
        (("add", "clean the oven every February 30th"), "February 30 never comes"),
        (("add", "laundry on Tuesday"), "every Tuesday, or only this one?"),
        (("add", "hello"), "names no routine"),
        (("remove", "7"), "no routine 7"),
        (("skip", "7"), "no routine 7"),
        (("skip", "dinner"), "'dinner' is no number of a routine; see them with: coach routines list"),
        (("move", "Europe/Atlantis"), "no time zone"),
        (("import", "/nowhere.ics"), "cannot be read"),
    ],
)
def test_one_sentence_says_why_when_it_cannot_be(tmp_path, capsys, words, part) -> None:
    assert coach(tmp_path, "routines", *words) == 2
    told = capsys.readouterr().err.strip()
    assert part in told and len(told.splitlines()) == 1


def test_rules_are_listed_and_forgotten_when_asked(tmp_path, capsys) -> None:
    coach(tmp_path, "rules", "add", "mugs go on the top shelf")
    assert coach(tmp_path, "rules", "add", "mugs go in the cupboard") == 2
    told = capsys.readouterr().err.strip()
    assert 'contradicts rule 1, "mugs go on the top shelf"' in told and "--instead" in told
    assert [rule["text"] for rule in listed(tmp_path, capsys, "rules")] == ["mugs go on the top shelf"]
    assert coach(tmp_path, "rules", "add", "--instead", "mugs go in the cupboard") == 0
    found = listed(tmp_path, capsys, "rules")
    assert [rule["text"] for rule in found] == ["mugs go in the cupboard"]
    assert found[0]["by"] == "person" and found[0]["said_s"] > 0
    assert coach(tmp_path, "rules", "forget", str(found[0]["id"])) == 0
    assert listed(tmp_path, capsys, "rules") == []
    assert coach(tmp_path, "rules", "forget", "99") == 2


def test_notes_are_few_and_the_fitting_ones_first_when_there_are_many_rules() -> None:
    many = [Rule(id=n, text=f"never touch vase number {n} on the window sill") for n in range(200)]
    fitting = Rule(id=0, text="cups go on the top shelf")
    fact = Rule(id=500, kind="fact", text="grandma lives upstairs")
    notes = notes_for("put the red cup in the sink", [fact, *reversed(many), fitting])
    assert notes[0] == fitting.text and fact.text not in notes
    assert len(notes) <= 8 and sum(map(len, notes)) <= 480


def test_rule_says_what_it_settles_when_made_from_an_item() -> None:
    from coach.interpreter import interpret

    rule = rule_of(interpret("mugs go on the top shelf").items[0], "Ada", 5.0, "")
    assert (rule.subject, rule.by, rule.wall_s) == ("place of mug", "Ada", 5.0)


@pytest.mark.parametrize("command", ["routines", "rules"])
def test_list_is_meant_when_no_verb_is_given(tmp_path, capsys, command) -> None:
    assert coach(tmp_path, "routines", "add", "wipe the counter every day at 8") == 0
    assert coach(tmp_path, "rules", "add", "mugs go in the sink") == 0
    found = listed(tmp_path, capsys, command)
    assert coach(tmp_path, command, "--json") == 0
    assert json.loads(capsys.readouterr().out) == found and len(found) == 1


@pytest.mark.parametrize("words", [("routines", "add", "wipe the counter every day at 8"),
                                   ("rules", "add", "mugs go in the sink"), ("interpret", "hello")])  # fmt: skip
def test_configured_interpreter_is_asked_when_a_wish_is_typed(tmp_path, capsys, words) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("interpreter: {kind: openai, model: x, address: 'http://127.0.0.1:9/v1', timeout_s: 1}\n")
    assert main([*words, "--home", str(tmp_path), "--config", str(config)]) == 0
    assert "I go by my rules" in capsys.readouterr().err
