"""Rules and facts that cannot both hold, and those that can."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach.__main__ import main
from coach.interpreter import interpret
from coach.routines.contradictions import contradictions, opposes
from coach.routines.house_rules import rule_of
from coach.session.rules_in_force import RuleNow, keep_rule_now, notes_in_force
from coach.session.standing import Standing
from memory.rules import Rule
from memory.store import Store


def _rule(text: str) -> Rule:
    [item] = interpret(text).items
    assert item.kind in ("rule", "fact"), text
    return rule_of(item, "Ada", 1.0, text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mugs go on the top shelf", "mugs go in the cupboard"),
        ("never put knives in the dishwasher", "knives go in the dishwasher"),
        ("no knives in the dishwasher", "always put the knives in the dishwasher"),
        ("towels never go next to the sink", "towels go next to the sink"),
        ("mugs go in the sink", "mugs go in the bin, always"),
        ("never open the window", "always open the windows"),
        ("never use soap on the iron pan", "always use soap on the iron pan"),
        ("keep the door closed", "always keep the door open"),
        ("breakfast is at 7:30", "breakfast is at 9"),
        ("breakfast is at 7:30", "we have breakfast at 9"),
        ("the baby sleeps at 1", "the baby sleeps at 2"),
        ("my name is Ada", "my name is Bo"),
        ("the wifi password is on the fridge", "the wifi password is in the drawer"),
        ("grandma lives upstairs", "grandma lives downstairs"),
        ("I am allergic to nuts", "I am not allergic to nuts"),
        ("we have two dogs", "we have three dogs"),
    ],
)
def test_the_later_one_is_asked_about_when_both_cannot_hold(one: str, other: str) -> None:
    assert opposes(_rule(one), _rule(other)) and opposes(_rule(other), _rule(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("never put knives in the dishwasher", "knives go in the drawer"),
        ("never put towels in the sink", "towels go next to the sink"),
        ("never put mugs in the sink", "never put mugs in the bin"),
        ("mugs go on the top shelf", "the red mugs go in the cupboard"),
        ("never touch the vase", "never touch the clock"),
        ("never open the window at night", "never open the window when it rains"),
        ("never open the window", "the windows are dirty"),
        ("the kids eat breakfast at 7", "I eat breakfast at 9"),
        ("our cleaner comes every Friday", "our cleaner comes every Monday"),
        ("my daughter is vegetarian", "my daughter is five"),
        ("the kids are in the garden", "the kids are in the kitchen"),
        ("mugs go on the top shelf", "mugs go on the top shelf!"),
        ("we have two dogs", "we have three cats"),
    ],
)
def test_both_are_kept_when_both_can_hold(one: str, other: str) -> None:
    assert not opposes(_rule(one), _rule(other)) and not opposes(_rule(other), _rule(one))


def test_both_hold_in_the_memory_when_a_ban_leaves_room_for_the_place(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        for text in ("never put knives in the dishwasher", "never put knives in the bin", "knives go in the drawer"):
            rule = _rule(text)
            store.rules.add(rule, [old.id for old in contradictions(rule, store.rules.holding())])
        assert len(store.rules.holding()) == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [("breakfast is at 7:30", "breakfast is at 9"), ("knives go in the sink", "never put knives in the sink"),
     ("never open the window", "always open the window")],
)  # fmt: skip
def test_what_held_before_is_told_and_goes_when_the_person_agrees(tmp_path: Path, before: str, after: str) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        standing = Standing(store, lambda: 1_795_350_000.0, "Europe/Berlin")
        standing.propose(interpret(before).items, before, "Ada")
        asked = standing.propose(interpret(after).items, after, "Ada")
        assert f'Before, I was told "{before}". Shall "{after}" hold instead?' in asked.said
        assert [rule.text for rule in store.rules.holding()] == [before]
        standing.answer("yes")
        assert [rule.text for rule in store.rules.holding()] == [after]


def test_ban_of_the_home_is_left_out_when_a_rule_for_now_says_otherwise(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        store.rules.add(_rule("never put cups in the bin"))
        keep_rule_now(store, "", RuleNow(text="cups go in the bin", subject="place of cup"))
        assert notes_in_force(store, "put the red cup in the bin", "") == ("cups go in the bin",)


def test_fact_typed_is_refused_when_it_contradicts_and_taken_when_it_shall_hold_instead(tmp_path, capsys) -> None:
    home = ("--home", str(tmp_path))
    assert main(["rules", "add", "breakfast is at 7:30", *home]) == 0
    assert main(["rules", "add", "breakfast is at 9", *home]) == 2
    told = capsys.readouterr().err.strip()
    assert 'contradicts rule 1, "breakfast is at 7:30"; to let it hold instead: coach rules add --instead' in told
    assert main(["rules", "add", "--instead", "breakfast is at 9", *home]) == 0
    with Store.open(tmp_path / "memory.db") as store:
        assert [rule.text for rule in store.rules.holding()] == ["breakfast is at 9"]
