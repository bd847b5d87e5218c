import json

import pytest

from coach.__main__ import main
from memory.records import CorrectionDraft
from memory.store import Store


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with Store.open(home / "memory.db") as store:
        for number, words in enumerate(["no, in the drying rack", "not the plate, the towel", "the blue one"]):
            store.add_correction(CorrectionDraft(id=f"a{number}bc", words=words, thought_should="subtask: x",
                                                 instruction_now=f"task {number}"))  # fmt: skip
    return home


def test_newest_lesson_comes_first_when_listed(home, capsys):
    assert main(["corrections", "list", "--home", str(home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[0] for line in lines] == ["3", "2", "1"]
    assert [line.split(maxsplit=5)[5] for line in lines] == [
        "the blue one",
        "not the plate, the towel",
        "no, in the drying rack",
    ]


def test_limit_and_offset_cut_the_list(home, capsys):
    assert main(["corrections", "list", "--home", str(home), "--json", "--limit", "1", "--offset", "1"]) == 0
    assert [c["words"] for c in json.loads(capsys.readouterr().out)] == ["not the plate, the towel"]


def test_words_find_their_lesson_when_searched(home, capsys):
    assert main(["corrections", "search", "drying", "rack", "--home", str(home), "--json"]) == 0
    assert [c["words"] for c in json.loads(capsys.readouterr().out)] == ["no, in the drying rack"]


def test_show_takes_the_number_that_the_list_gives(home, capsys):
    assert main(["corrections", "show", "2", "--home", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "a1bc"


def test_show_takes_the_beginning_of_an_id(home, capsys):
    assert main(["corrections", "show", "a1", "--home", str(home), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["id"] == "a1bc" and shown["changes"] == [] and shown["instruction_now"] == "task 1"
    assert main(["corrections", "show", "a1bc", "--home", str(home)]) == 0
    assert "not the plate, the towel" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["show", "zzz"], "there is no correction 'zzz'"),
        (["show", "a"], "several corrections begin with 'a'"),
        (["list", "--limit", "0"], "coach: --limit 0; allowed: a limit of 1 or more"),
        (["list", "--offset", "-1"], "coach: --offset -1; allowed: an offset of 0 or more"),
        (["edit", "a1"], "nothing to edit"),
        (["edit", "a1", "--thought", "jump"], "this is no thought"),
        (["edit", "a1", "--kind", "nonsense"], "allowed: instruction, subtask, where, hand"),
        (["retract", "zzz"], "there is no correction 'zzz'"),
    ],
)
def test_one_sentence_is_printed_when_the_request_fits_nothing(home, capsys, argv, says):
    assert main(["corrections", *argv, "--home", str(home)]) == 2
    assert says in capsys.readouterr().err


def test_nothing_is_made_when_there_is_no_memory_yet(tmp_path, capsys):
    assert main(["corrections", "list", "--home", str(tmp_path / "new")]) == 0
    assert "no memory" in capsys.readouterr().out
    assert main(["corrections", "show", "a", "--home", str(tmp_path / "new")]) == 2
    assert not (tmp_path / "new").exists()


def test_damage_is_told_when_the_memory_is_no_database(tmp_path, capsys):
    (tmp_path / "memory.db").write_bytes(b"not a database at all" * 100)
    assert main(["corrections", "list", "--home", str(tmp_path)]) == 1
    assert "memory.db" in capsys.readouterr().err


def test_lesson_is_put_right_and_its_history_shown_when_edited(home, capsys):
    flags = ["--thought", r"reason: seen\nsubtask: pick up the towel", "--because", "typo", "--by", "ben"]
    assert main(["corrections", "edit", "a1", "--home", str(home), "--json", *flags]) == 0
    edited = json.loads(capsys.readouterr().out)
    assert edited["thought_should"] == "reason: seen\nsubtask: pick up the towel\n"
    assert [(c["was"], c["by"], c["reason"]) for c in edited["changes"]] == [("subtask: x", "ben", "typo")]
    assert main(["corrections", "show", "a1", "--home", str(home)]) == 0
    assert "thought_should by ben: subtask: x → reason: seen / subtask: pick up the towel because typo" in (
        capsys.readouterr().out
    )


def test_lesson_stays_listed_as_retracted_when_taken_back(home, capsys):
    assert main(["corrections", "retract", "a2", "--because", "I misspoke", "--home", str(home)]) == 0
    assert "I misspoke" in capsys.readouterr().out
    assert main(["corrections", "list", "--home", str(home), "--json"]) == 0
    assert [c["outcome"] for c in json.loads(capsys.readouterr().out)] == ["retracted", "open", "open"]


def test_counts_are_printed_when_asked_for(home, tmp_path, capsys):
    assert main(["corrections", "stats", "--home", str(home), "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert counted["total"] == 3 and counted["kinds"] == {"instruction": 3}
    assert main(["corrections", "stats", "--home", str(home)]) == 0
    assert capsys.readouterr().out.startswith("3 lessons\nby kind               instruction 3\n")
    assert main(["corrections", "stats", "--home", str(tmp_path / "new"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"total": 0}


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_lessons_are_listed_when_no_verb_is_given(home, capsys, flags):
    assert main(["corrections", *flags, "--home", str(home)]) == 0
    alone = capsys.readouterr().out
    assert main(["corrections", "list", *flags, "--home", str(home)]) == 0
    assert alone == capsys.readouterr().out and "the blue one" in alone


def test_taught_thought_is_listed_when_it_was_written_afterwards(home, capsys):
    with Store.open(home / "memory.db") as store:
        for number, thought in enumerate(("reason: it is red\nsubtask: pick up the cup", "hand: left")):
            store.add_correction(CorrectionDraft(id=f"r{number}", words="accepted: it fell", kind="review",
                                                 thought_should=thought))  # fmt: skip
    assert main(["corrections", "list", "--limit", "2", "--home", str(home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("  hand: left (accepted: it fell)")
    assert lines[1].endswith("  pick up the cup (accepted: it fell)")


@pytest.mark.parametrize("argv", [["list"], ["search", "blue"], ["show", "3"], ["stats"]])
def test_lessons_are_read_when_nothing_can_be_written(home, capsys, argv):
    (home / "memory.db-shm").mkdir()
    assert main(["corrections", *argv, "--home", str(home)]) == 0
    assert capsys.readouterr().out
    assert main(["corrections", "retract", "3", "--home", str(home)]) == 1
