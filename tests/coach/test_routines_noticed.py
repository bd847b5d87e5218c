"""Public holidays, and habits that are noticed: told, listed, never acted on."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from coach.interpreter import interpret
from coach.routines.calendar_file import from_ics, to_ics
from coach.routines.drafts import draft
from coach.routines.house_rules import notes_for
from coach.routines.noticed import BY, notice
from coach.routines.recurrence import due_between, to_local, to_utc
from coach.routines.wording import when_in_words
from memory.store import Store
from robot_bridge.protocol.errors import UsageError

BERLIN = "Europe/Berlin"
NOW = to_utc(datetime(2026, 12, 1, 12, 0), BERLIN)


def routine_of(words: str, holidays: str):
    return draft(interpret(words).items[0], NOW, BERLIN, "Ada", words, holidays=holidays).routine


def test_holidays_of_the_country_are_left_out_when_it_is_known(tmp_path: Path) -> None:
    routine = routine_of("vacuum every Friday at 10 but not on holidays", "de")
    assert when_in_words(routine).endswith("not on public holidays (DE)")
    days = [to_local(due, BERLIN).date().isoformat() for due in due_between(routine, NOW, NOW + 40 * 86400)]
    assert "2026-12-18" in days and "2026-12-25" not in days and "2027-01-01" not in days and "2027-01-08" in days
    file = tmp_path / "routines.ics"
    file.write_bytes(to_ics([routine]))
    assert b"20261225T100000" in file.read_bytes(), "calendars without countries see the dates"
    again = from_ics(file, NOW, "Ada", BERLIN)[0]
    assert "holidays:DE" in again.except_days


def test_person_is_told_when_no_country_or_an_unknown_one_is_set() -> None:
    found = draft(interpret("vacuum every day at 10 but not on holidays").items[0], NOW, BERLIN, "Ada", "")
    assert "config.yaml" in found.remarks[0]
    with pytest.raises(UsageError, match="no holidays of 'ATLANTIS'"):
        routine_of("vacuum every day at 10 but not on holidays", "Atlantis")


def asked(store: Store, instruction: str, *moments: datetime) -> None:
    for moment in moments:
        number = store.begin_episode(f"task {moment}", instruction, "home", "", "kitchen", "Ada")
        with store._connection.writing() as db:
            db.conn.execute("UPDATE episodes SET started_s = ? WHERE id = ?", (to_utc(moment, BERLIN), number))


def test_habit_is_noticed_once_when_the_same_is_asked_for_at_the_same_time(tmp_path: Path) -> None:
    morning = datetime(2026, 11, 20, 7, 30)
    with Store.open(tmp_path / "memory.db") as store:
        asked(store, "put the red cup in the sink", *(morning + timedelta(days=n, minutes=7 * n) for n in range(3)))
        asked(store, "put the towel in the bin", *(morning + timedelta(days=n, hours=4 * n) for n in range(3)))
        asked(store, "pick up the sponge", morning, morning + timedelta(days=1))
        fresh = notice(store, NOW, BERLIN)
        assert [rule.text for rule in fresh] == ["put the red cup in the sink: you usually ask for it at about 7:30"]
        assert fresh[0].by == BY and fresh[0] in store.rules.holding()
        assert notice(store, NOW, BERLIN) == [], "no news the next day"
        assert store.routines.active() == [], "nothing is armed"
        assert notes_for("put the red cup in the sink", store.rules.holding()) == (), "and nothing is told to the model"
