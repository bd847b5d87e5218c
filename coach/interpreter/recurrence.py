"""What recurs: `every other Tuesday`, `on the last Friday of the month` → a recurrence rule of RFC 5545."""

from __future__ import annotations

import re

from coach.interpreter.calendar_words import DAYS, MONTH, MONTHS, NTH_WORDS, ORDINALS
from coach.interpreter.lexicon import DAY, alternatives

_PART = "(?: (?:morning|evening|night|afternoon)s?)?"
_DAY_LIST = rf"{DAY}s?{_PART}(?:(?: and| ,| , and|) (?:on |every |each )?{DAY}s?{_PART})*"
_COUNT = {
    "two": 2,
    "couple of": 2,
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
    "third": 3,
    "fourth": 4,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
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
_WEEKLY = re.compile(
    rf"\b(?:(?:(?:once|twice|one time|two times|three times) (?:a|per|in|each|every) week|weekly|every week)(?: ,)? "
    rf"(?:on )?|on |every |"
    rf"each |every single )(?P<other>other |second |2nd )?(?P<days>{_DAY_LIST})\b|"
    rf"\b(?P<bare>(?:{DAY}s|{DAY} (?:morning|evening|night|afternoon)s)"
    rf"(?:(?: and| ,| , and|) (?:on )?{DAY}s{_PART})*)\b"
)
_NTH = re.compile(
    rf"\b(?:on |every )?(?:the )?(?P<nth>first|second|third|fourth|last) (?P<day>{DAY}) (?:of|in) (?:the|every|"
    rf"each) month\b|\b(?:once a month|every month|monthly)(?: ,)? on the (?P<nth2>first|second|third|fourth|last) "
    rf"(?P<day2>{DAY})\b"
)
_NTH_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{alternatives(NTH_WORDS)}|last(?: day)?)"
_NTH_DAYS = rf"{_NTH_DAY}(?:(?: and| ,| , and)(?: on)?(?: the)? {_NTH_DAY})*"
_MONTHLY = re.compile(
    rf"\b(?:(?:on|every|each|at) )*(?:the )?(?P<a>{_NTH_DAYS})(?: day)? (?:of|in) (?:every|each|the|any) "
    rf"(?:single )?month\b|"
    rf"\b(?:every month|each month|monthly|once a month)(?: ,)?(?: always)?(?: on)? the (?P<b>{_NTH_DAYS})(?: day)?\b|"
    rf"\b(?:on )?the (?P<c>{_NTH_DAYS})(?: ,)? (?:every month|each month|monthly)\b|"
    rf"\b(?:at )?the (?P<end>end) of (?:every|each) month\b"
)
_EVERY_YEAR = r"(?:(?:every|each)(?: single)? year|once a year|yearly|annually)"


def _a_date(name: str) -> str:
    """A pattern of a day of the year; its groups are `m`, `d` and the name."""
    return (rf"(?:(?P<m{name}>{MONTH}) (?:the )?(?P<d{name}>{_NTH_DAY})|"
            rf"(?P<d{name}x>{_NTH_DAY}) (?:day )?(?:of )?(?P<m{name}x>{MONTH}))")  # fmt: skip


_YEARLY = re.compile(
    rf"\b(?:on )?(?:(?:every|each)|{_EVERY_YEAR}(?: ,)?(?: always)?(?: on| in)?) (?:the )?{_a_date('1')}\b|"
    rf"\b(?:on )?(?:the )?{_a_date('2')}(?: ,)? {_EVERY_YEAR}\b|"
    rf"\b(?:in |every |each )?(?P<m3>{MONTH})(?: ,)? {_EVERY_YEAR}\b|\b{_EVERY_YEAR}(?: ,)? in (?P<m4>{MONTH})\b|"
    rf"\b(?:every|each) (?P<m5>{MONTH})\b"
)
_EVERY_WEEK = re.compile(r"(?: ,)? (?:every|each) week$|\b(?:every|each) week (?=on )")
_WEEKS_ON = re.compile(rf"\b(?:every|each) (?P<count>{_NUMBER}) weeks?(?: ,)? on (?:a )?(?P<days>{_DAY_LIST})\b")
_EVERY = re.compile(
    rf"\b(?:(?:once|one time) (?:every|each|in|per) |(?:every|each) )(?:single )?(?:(?P<count>{_NUMBER}|couple of) )?"
    r"(?P<unit>minute|hour|day|week|month|year)s?\b|\bonce a (?P<unit2>year|hour)\b|"
    r"\b(?:yearly|annually)(?P<unit3>)\b"
)
_SIMPLE = (
    (re.compile(r"\b(?:every|each) fortnight\b|\b(?:fortnightly|biweekly|bi weekly|once a fortnight)\b"),
     "FREQ=WEEKLY;INTERVAL=2"),
    (re.compile(r"\b(?:every|each|on) (?:weekday|working day|work day)s?(?: (?:morning|evening|night|afternoon)s?)?\b|"
                r"\b(?:on |during )?(?:the )?(?:weekdays|working days|workdays)\b|\bmonday (?:to|through|till) "
                r"friday\b|"
                r"\bfrom monday (?:to|through|till|until) friday\b|\bduring the week\b|\b(?:on|every|each) school "
                r"(?:days?|mornings?|nights?)\b"),
     "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    (re.compile(r"\b(?:every|each|on|at) (?:the )?weekends?(?: (?:morning|evening|"
        r"night)s?)?\b|\bweekends\b"), "FREQ=WEEKLY;BYDAY=SA,SU"),
    (re.compile(r"\b(?:every|each) (?:single )?(?:morning|evening|night|afternoon|noon|"
                r"lunchtime|midday|midnight|day(?= (?:at|before|after|around|,|when|but|except|but|until|,|from|as|"
                r"please)|$))\b|\bdaily\b|\bevery day of the week\b|"
                r"\b(?:(?:in the|on|most) (?:mornings|evenings|afternoons|nights)|at night every day|seven days a "
                r"week)\b|"
                r"\b(?:once|twice|(?:two|three|four|five|several) times) (?:a|per|each|every) day\b|\bnightly\b"),
     "FREQ=DAILY"),
    (re.compile(r"\bweekly\b(?! on)|\b(?:once|twice|one time|two times|three times|four times) (?:a|per|in|each|"
        r"every)(?: the)? week\b(?! on)"), "FREQ=WEEKLY"),
    (re.compile(r"\bmonthly\b|\b(?:once|twice|(?:one|two|three) times?) (?:a|per|each|every) month\b"), "FREQ=MONTHLY"),
    (re.compile(r"\bhourly\b"), "FREQ=HOURLY"),
)  # fmt: skip


def take_recurrence(clause: str) -> tuple[str, str]:
    yearly = _YEARLY.search(clause)
    if yearly:
        found = {name[0]: word for name, word in yearly.groupdict().items() if word}
        day = f";BYMONTHDAY={_day_number(found['d'])}" if "d" in found else ""
        return _without(clause, yearly), f"FREQ=YEARLY;BYMONTH={MONTHS[found['m']]}{day}"
    monthly = _MONTHLY.search(clause)
    if monthly:
        numbers = re.findall(_NTH_DAY, monthly["a"] or monthly["b"] or monthly["c"] or "last")
        return _without(
            clause, monthly
        ), f"FREQ=MONTHLY;BYMONTHDAY={','.join(str(_day_number(day)) for day in numbers)}"
    match = _NTH.search(clause)
    if match:
        return clause[: match.start()] + clause[
            match.end() :
        ], f"FREQ=MONTHLY;BYDAY={ORDINALS[match['nth'] or match['nth2']]}{DAYS[match['day'] or match['day2']]}"
    weeks = _WEEKS_ON.search(clause)
    if weeks:
        count = int(_COUNT.get(weeks["count"], weeks["count"]))
        codes = ",".join(dict.fromkeys(DAYS[day] for day in re.findall(DAY, weeks["days"])))
        return _without(clause, weeks), f"FREQ=WEEKLY;INTERVAL={count};BYDAY={codes}"
    tail = _EVERY_WEEK.sub("", clause)
    if tail != clause and (named := re.search(rf"\bon {_DAY_LIST}", tail)):
        codes = ",".join(dict.fromkeys(DAYS[day] for day in re.findall(DAY, named[0])))
        return tail[: named.start()] + tail[named.end() :], f"FREQ=WEEKLY;BYDAY={codes}"
    weekly = _weekly(clause)
    if weekly:
        return weekly
    for pattern, rule in _SIMPLE:
        match = pattern.search(clause)
        if match:
            return clause[: match.start()] + clause[match.end() :], rule
    match = _EVERY.search(clause)
    if match:
        count = int(_COUNT.get(match["count"] or "", match["count"] or 1))
        rule = f"FREQ={_UNITS[match['unit'] or match['unit2'] or 'year']}" + (f";INTERVAL={count}" if count > 1 else "")
        return clause[: match.start()] + clause[match.end() :], rule
    return clause, ""


def _weekly(clause: str) -> tuple[str, str] | None:
    """Named days; `on Tuesday` alone is a date."""
    match = _WEEKLY.search(clause)
    days = match and (match["days"] or match["bare"])
    if not match or not days or (match[0].startswith("on ") and not days.endswith("s")):
        return None
    codes = ",".join(dict.fromkeys(DAYS[day] for day in re.findall(DAY, days)))
    every = ";INTERVAL=2" if match["other"] else ""
    return clause[: match.start()] + clause[match.end() :], f"FREQ=WEEKLY{every};BYDAY={codes}"


def _without(clause: str, match: re.Match[str]) -> str:
    return clause[: match.start()] + clause[match.end() :]


def _day_number(word: str) -> int:
    """`15th`, `first` or `last` → 15, 1, -1; a number that no month has stays, so that it can be refused."""
    if word.startswith("last"):
        return -1
    return NTH_WORDS.get(word) or int(re.sub(r"\D", "", word))
