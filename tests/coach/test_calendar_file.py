"""Routines from a calendar file of another program, and the way out and back in of our own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from coach.interpreter import Interpretation, Item, Object
from coach.routines.calendar_file import from_ics, to_ics
from coach.routines.recurrence import next_due, to_utc
from memory.routines import Routine
from robot_bridge.protocol.errors import UsageError

CUP = Object(name="cup", color="red")
BERLIN = "Europe/Berlin"
NOW = to_utc(datetime(2026, 11, 22, 12, 0), BERLIN)
OFFICE = """BEGIN:VTIMEZONE
TZID:Office Time
BEGIN:STANDARD
DTSTART:19701101T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700308T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
"""
NOWHERE = """BEGIN:VTIMEZONE
TZID:Nowhere
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0017
TZOFFSETTO:+0017
END:STANDARD
END:VTIMEZONE
"""


def _file(folder: Path, *events: str, zones: str = "") -> Path:
    blocks = "".join(f"BEGIN:VEVENT\nUID:{n}\nSUMMARY:wipe the counter\n{event}\nEND:VEVENT\n"
                     for n, event in enumerate(events))  # fmt: skip
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{zones}{blocks}END:VCALENDAR\n"
    file = folder / "calendar.ics"
    file.write_bytes(text.replace("\n", "\r\n").encode())
    return file


def _taken(folder: Path, *events: str, zones: str = "") -> list[Routine]:
    return from_ics(_file(folder, *events, zones=zones), NOW, "Ada", BERLIN)


def test_clock_is_that_of_the_file_when_only_the_file_knows_the_zone(tmp_path: Path) -> None:
    event = "DTSTART;TZID=Office Time:20261123T080000\nRRULE:FREQ=DAILY\nEXDATE:20261125T033000Z"
    [routine] = _taken(tmp_path, event, zones=OFFICE)
    due = next_due(routine, NOW)
    assert due is not None and datetime.fromtimestamp(due, UTC).isoformat() == "2026-11-23T13:00:00+00:00"
    summer = next_due(routine, to_utc(datetime(2027, 7, 1), "UTC"))
    assert summer is not None and datetime.fromtimestamp(summer, UTC).hour == 12, "its clock goes forward in summer"
    assert routine.except_days == ("2026-11-24",), "the day on that clock"


def test_home_zone_is_taken_when_it_shows_the_same_as_the_zone_of_the_file(tmp_path: Path) -> None:
    [routine] = from_ics(_file(tmp_path, "DTSTART;TZID=Office Time:20261123T080000", zones=OFFICE), NOW, "Ada",
                         "America/Toronto")  # fmt: skip
    assert routine.tz == "America/Toronto"


@pytest.mark.parametrize(
    ("event", "part"),
    [
        ("DTSTART;TZID=Not There:20261123T080000", "in the time zone 'Not There', whose clock I do not know"),
        ("DTSTART;TZID=Nowhere:20261123T080000\nRRULE:FREQ=DAILY", "in the time zone 'Nowhere'"),
        ("DTSTART:20261123T080000\nRRULE:FREQ=DAILY\nRDATE:20261123T100000", r"has dates beside its rule \(RDATE\)"),
        ("DTSTART:20261123T080000\nRECURRENCE-ID:20261123T070000", r"has one time of another event moved"),
        ("DTSTART:20261123T080000\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", r"has a rule of exceptions"),
        ("DTSTART:20261123T080000\nX-ROBOT-COACH-MISSED:explode", "does 'explode' with a missed run; allowed: late"),
    ],
)
def test_event_is_refused_by_name_when_it_cannot_be_followed(tmp_path: Path, event: str, part: str) -> None:
    with pytest.raises(UsageError, match=f"the event 'wipe the counter' (?:is )?{part}"):
        _taken(tmp_path, "DTSTART:20261123T090000", event, zones=NOWHERE)


def test_event_is_left_out_when_it_is_cancelled(tmp_path: Path) -> None:
    assert _taken(tmp_path, "DTSTART:20261123T080000\nSTATUS:CANCELLED") == []


def test_routine_comes_back_whole_when_it_was_written_out(tmp_path: Path) -> None:
    routine = Routine(kind="checkin", title="check in about the shopping", about="shopping", rrule="FREQ=DAILY",
                      start_local="2026-11-23T18:00:00", tz=BERLIN, missed="ask",
                      except_days=("August", "SU", "paused"))  # fmt: skip
    file = tmp_path / "routines.ics"
    file.write_bytes(to_ics([routine]))
    [again] = from_ics(file, NOW, "Ada", "UTC")
    same = ("kind", "title", "about", "rrule", "start_local", "tz", "missed", "except_days")
    assert b"EXDATE" in file.read_bytes(), "other programs want dates for the month"
    assert [getattr(again, name) for name in same] == [getattr(routine, name) for name in same]


def test_titles_are_read_by_the_interpreter_of_the_home_when_one_is_given(tmp_path: Path) -> None:
    def understand(text: str, scene: object) -> Interpretation:
        return Interpretation(items=(Item(kind="task", verb="put", object=CUP, place="sink"),))

    file = _file(tmp_path, "DTSTART:20261123T080000")
    file.write_bytes(file.read_bytes().replace(b"wipe the counter", b"Rote Tasse"))
    assert from_ics(file, NOW, "Ada", BERLIN)[0].instruction == ""
    assert from_ics(file, NOW, "Ada", BERLIN, understand)[0].instruction == "put the red cup in the sink"


def test_file_is_refused_within_seconds_when_it_is_full_of_rules_that_never_come(tmp_path: Path) -> None:
    import time

    begun_s = time.process_time()
    with pytest.raises(UsageError, match="never comes"):
        _taken(tmp_path, *["DTSTART:20261123T080000\nRRULE:FREQ=DAILY"] * 300,
               "DTSTART:20261123T080000\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYDAY=MO")  # fmt: skip
    assert time.process_time() - begun_s < 5
