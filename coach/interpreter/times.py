"""Days, hours and recurrences in words → RFC 5545 and `HH:MM`."""

from __future__ import annotations

import re
from typing import NamedTuple

from coach.interpreter.lexicon import split_words

_DAYS = {
    "monday": "MO",
    "tuesday": "TU",
    "wednesday": "WE",
    "thursday": "TH",
    "friday": "FR",
    "saturday": "SA",
    "sunday": "SU",
}
_DAY = "|".join(_DAYS)
_DAY_LIST = rf"(?:{_DAY})s?(?:(?: and| ,| , and) (?:on )?(?:{_DAY})s?)*"
_COUNT = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "ten": 10,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "other": 2,
    "second": 2,
}
_NUMBER = rf"(?:\d+|{'|'.join(_COUNT)})"
_UNITS = {
    "minute": "MINUTELY",
    "hour": "HOURLY",
    "day": "DAILY",
    "week": "WEEKLY",
    "month": "MONTHLY",
    "year": "YEARLY",
}
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "last": "-1"}
_HOURS = {w: n for n, w in enumerate(split_words("one two three four five six seven eight nine ten eleven twelve"), 1)}
_HOUR = rf"(?:\d{{1,2}}|{'|'.join(_HOURS)})"

_WEEKLY = re.compile(
    rf"\b(?:(?:once a week|weekly|every week) (?:on )?|on |every |each )(?P<other>other |"
    rf"second )?(?P<days>{_DAY_LIST})\b|\b(?P<bare>(?:{_DAY})s(?:(?: and|"
    rf" ,) (?:{_DAY})s)*)\b"
)
_NTH = re.compile(
    rf"\b(?:on |every )?(?:the )?(?P<nth>first|second|third|fourth|last) (?P<day>{_DAY}) (?:of|in) (?:the|every|"
    rf"each) month\b"
)
_MONTHS = {name: number for number, name in enumerate(split_words(
    "january february march april may june july august september october november december"), 1)}  # fmt: skip
_MONTH = "|".join(_MONTHS)
_NTH_WORDS = {word: number for number, word in enumerate(split_words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"), 1)}  # fmt: skip
_NTH_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{'|'.join(_NTH_WORDS)}|last(?: day)?)"
_MONTHLY = re.compile(
    rf"\b(?:on )?(?:the )?(?P<a>{_NTH_DAY})(?: day)? of (?:every|each|the) month\b|"
    rf"\b(?:every month|each month|monthly) on the (?P<b>{_NTH_DAY})\b"
)
_YEARLY = re.compile(
    rf"\b(?:on )?(?:every|each)(?: year on)? (?:the )?(?:(?P<m1>{_MONTH}) (?:the )?(?P<d1>{_NTH_DAY})|"
    rf"(?P<d2>{_NTH_DAY}) (?:of )?(?P<m2>{_MONTH}))\b"
)
_CALENDAR_DAY = (
    rf"(?:{_MONTH}) (?:the )?\d{{1,2}}(?:st|nd|rd|th)?|(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTH})"
)
_FEASTS = r"christmas(?: eve| day)?|new year(?:'?s)?(?: eve| day)?|easter(?: sunday| monday)?"
_EVERY = re.compile(rf"\b(?:every|each) (?:(?P<count>{_NUMBER}) )?(?P<unit>minute|hour|day|week|month|year)s?\b")
_SIMPLE = (
    (re.compile(r"\b(?:every|each|on) (?:weekday|working day|work day)s?\b|\bon weekdays\b|\bweekdays\b"),
     "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    (re.compile(r"\b(?:every|each|on|at) (?:the )?weekends?\b|\bweekends\b"), "FREQ=WEEKLY;BYDAY=SA,SU"),
    (re.compile(r"\b(?:every|each) (?:single )?(?:morning|evening|night|afternoon|noon|lunchtime)\b|\bdaily\b|"
                r"\b(?:once|twice|two times) a day\b|\bnightly\b"), "FREQ=DAILY"),
    (re.compile(r"\bweekly\b(?! on)|\bonce a week\b(?! on)"), "FREQ=WEEKLY"),
    (re.compile(r"\bmonthly\b|\bonce a month\b"), "FREQ=MONTHLY"),
    (re.compile(r"\bhourly\b"), "FREQ=HOURLY"),
)  # fmt: skip
_EXCEPT = re.compile(
    rf"\b(?:, )?(?:except|but not|apart from|other than|not)(?: for| on)? (?P<what>(?:{_DAY})s?|weekends?|"
    rf"weekdays?|holidays?|the [a-z ]+|(?:red|blue|green|yellow|white) [a-z]+)\b"
)
_UNTIL = re.compile(
    rf"\b(?:until|till) (?P<what>(?:next )?(?:{_DAY})|tomorrow|tonight|\d{{4}}-\d\d-\d\d|"
    rf"(?:the )?end of (?:the )?(?:day|week|month|year|{_MONTH})|further notice|{_CALENDAR_DAY}|{_FEASTS}|"
    rf"(?:next )?(?:{_MONTH}|summer|winter|spring|autumn))\b"
)
_DATE = re.compile(
    rf"\b(?:on )?(?P<what>today|tonight|tomorrow(?: morning| evening| night)?|the day after tomorrow|(?:next|"
    rf"this) (?:{_DAY}|week|month)|(?:on )?(?:{_CALENDAR_DAY})|in \w+ (?:days?|weeks?)|{_FEASTS}|"
    rf"\d{{4}}-\d\d-\d\d)\b|\bon (?P<day>{_DAY})\b(?!s)"
)
CLOCK = rf"at (?:(?:half past|quarter past|quarter to) )?{_HOUR}(?:[:.]\d\d)?(?: ?(?:am|pm))?"
_CLOCK = re.compile(
    rf"\b(?:at|by|around|about|before) (?:(?P<half>half past|quarter past|"
    rf"quarter to) )?(?P<hour>{_HOUR})(?:[:.](?P<minute>\d\d)| (?P<spoken>fifteen|thirty|forty five))?"
    r"(?: ?(?P<meridiem>am|pm|a m|p m))?(?: o'?clock)?(?: (?:in the|at) (?P<part>morning|evening|afternoon|"
    r"night))?(?= |$)|\b(?:at |by )(?P<named>noon|midnight|midday)\b"
)  # fmt: skip


class When(NamedTuple):
    """What was said of time, and the clause without it."""

    rest: str
    rrule: str = ""
    time: str = ""
    date: str = ""
    until: str = ""
    except_: str = ""


def take_times(clause: str) -> When:
    """Everything said of time in the clause; empty fields where nothing was."""
    clause, except_ = _take(_EXCEPT, clause)
    except_ = except_ if not except_ else _singular_day(except_.removeprefix("the "))
    clause, until = _take(_UNTIL, clause)
    clause, time = _take_clock(clause)
    clause, rrule = _take_recurrence(clause)
    date = ""
    match = None if rrule else _DATE.search(clause)
    if match:
        date = match["what"] or match["day"]
        clause = clause[: match.start()] + clause[match.end() :]
    return When(" ".join(clause.split()).strip(" ,"), rrule, time, date, until, except_)


def _take(pattern: re.Pattern[str], clause: str) -> tuple[str, str]:
    match = pattern.search(clause)
    return (clause[: match.start()] + clause[match.end() :], match["what"]) if match else (clause, "")


def _take_recurrence(clause: str) -> tuple[str, str]:
    for pattern, rule in _SIMPLE:
        match = pattern.search(clause)
        if match:
            return clause[: match.start()] + clause[match.end() :], rule
    yearly = _YEARLY.search(clause)
    if yearly:
        day, month = yearly["d1"] or yearly["d2"], yearly["m1"] or yearly["m2"]
        return _without(clause, yearly), f"FREQ=YEARLY;BYMONTH={_MONTHS[month]};BYMONTHDAY={_day_number(day)}"
    monthly = _MONTHLY.search(clause)
    if monthly:
        return _without(clause, monthly), f"FREQ=MONTHLY;BYMONTHDAY={_day_number(monthly['a'] or monthly['b'])}"
    match = _NTH.search(clause)
    if match:
        return clause[: match.start()] + clause[
            match.end() :
        ], f"FREQ=MONTHLY;BYDAY={_ORDINALS[match['nth']]}{_DAYS[match['day']]}"
    match = _EVERY.search(clause)
    if match:
        count = int(_COUNT.get(match["count"] or "", match["count"] or 1))
        rule = f"FREQ={_UNITS[match['unit']]}" + (f";INTERVAL={count}" if count > 1 else "")
        return clause[: match.start()] + clause[match.end() :], rule
    match = _WEEKLY.search(clause)
    days = match and (match["days"] or match["bare"])
    if not match or not days or (match[0].startswith("on ") and not days.endswith("s")):
        return clause, ""
    codes = ",".join(_DAYS[day] for day in re.findall(_DAY, days))
    every = ";INTERVAL=2" if match["other"] else ""
    return clause[: match.start()] + clause[match.end() :], f"FREQ=WEEKLY{every};BYDAY={codes}"


def _without(clause: str, match: re.Match[str]) -> str:
    return clause[: match.start()] + clause[match.end() :]


def _day_number(word: str) -> int:
    """`15th`, `first` or `last` → 15, 1, -1; a number that no month has stays, so that it can be refused."""
    if word.startswith("last"):
        return -1
    return _NTH_WORDS.get(word) or int(re.sub(r"\D", "", word))


def _take_clock(clause: str) -> tuple[str, str]:
    match = _CLOCK.search(clause)
    if not match:
        return clause, ""
    rest = clause[: match.start()] + clause[match.end() :]
    if match["named"]:
        return rest, "00:00" if match["named"] == "midnight" else "12:00"
    hour = int(_HOURS.get(match["hour"], match["hour"])) if not match["hour"].isdigit() else int(match["hour"])
    minute = int(match["minute"] or {"fifteen": 15, "thirty": 30, "forty five": 45}.get(match["spoken"] or "", 0))
    if match["half"]:
        minute = {"half past": 30, "quarter past": 15, "quarter to": -15}[match["half"]]
    if hour > 24 or minute > 59:
        return clause, ""
    hour = _on_24_hours(hour, match["meridiem"], match["part"], clause)
    total = (hour * 60 + minute) % (24 * 60)
    return rest, f"{total // 60:02d}:{total % 60:02d}"


def _on_24_hours(hour: int, meridiem: str | None, part: str | None, clause: str) -> int:
    """`dinner at 6` is in the evening; 8 to 12 without a word are taken as they are."""
    if meridiem:
        return hour % 12 + (12 if meridiem.startswith("p") else 0)
    early = part == "morning" or re.search(
        r"\b(?:breakfast|morning|wake|sunrise|coffee|get up|gets up|alarm|leave for|school)\b", clause
    )
    late = part in ("evening", "afternoon", "night") or re.search(
        r"\b(?:dinner|supper|evening|night|tonight|bed|bedtime|home from|come home|comes home)\b", clause
    )
    if hour < 12 and not early and (late or 1 <= hour <= 6):
        return hour + 12
    return hour


def _singular_day(words: str) -> str:
    return (
        words[:-1]
        if words.removesuffix("s") in (*_DAYS, "weekend", "weekday", "holiday") and words.endswith("s")
        else words
    )
