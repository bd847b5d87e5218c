"""Days, hours and recurrences in words → RFC 5545 and `HH:MM`."""

from __future__ import annotations

import re
from functools import lru_cache
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
_PART = "(?: (?:morning|evening|night|afternoon)s?)?"
_DAY_LIST = rf"(?:{_DAY})s?{_PART}(?:(?: and| ,| , and|) (?:on |every |each )?(?:{_DAY})s?{_PART})*"
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
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "last": "-1"}
_HOURS = {w: n for n, w in enumerate(split_words("one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"), 1)} | {
    "twenty one": 21, "twenty two": 22, "twenty three": 23}  # fmt: skip
_HOUR = rf"(?:\d{{1,2}}|{'|'.join(sorted(_HOURS, key=len, reverse=True))})"

_WEEKLY = re.compile(
    rf"\b(?:(?:(?:once|twice|one time|two times|three times) (?:a|per|in|each|every) week|weekly|every week)(?: ,)? "
    rf"(?:on )?|on |every |"
    rf"each |every single )(?P<other>other |second |2nd )?(?P<days>{_DAY_LIST})\b|"
    rf"\b(?P<bare>(?:(?:{_DAY})s|(?:{_DAY}) (?:morning|evening|night|afternoon)s)"
    rf"(?:(?: and| ,| , and|) (?:on )?(?:{_DAY})s{_PART})*)\b"
)
_NTH = re.compile(
    rf"\b(?:on |every )?(?:the )?(?P<nth>first|second|third|fourth|last) (?P<day>{_DAY}) (?:of|in) (?:the|every|"
    rf"each) month\b|\b(?:once a month|every month|monthly)(?: ,)? on the (?P<nth2>first|second|third|fourth|last) "
    rf"(?P<day2>{_DAY})\b"
)
_MONTHS = {name: number for number, name in enumerate(split_words(
    "january february march april may june july august september october november december"), 1)}  # fmt: skip
_MONTH = "|".join(_MONTHS)
_NTH_WORDS = {word: number for number, word in enumerate(split_words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"), 1)}  # fmt: skip
_NTH_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{'|'.join(_NTH_WORDS)}|last(?: day)?)"
_MONTHLY = re.compile(
    rf"\b(?:(?:on|every|each) )?(?:the )?(?P<a>{_NTH_DAY})(?: day)? of (?:every|each|the) month\b|"
    rf"\b(?:every month|each month|monthly|once a month)(?: ,)?(?: on)? the (?P<b>{_NTH_DAY})(?: day)?\b"
)
_YEARLY = re.compile(
    rf"\b(?:on )?(?:(?:every|each)(?: year(?: on| in)?)?|(?:once a year|yearly|annually|every single year)(?: on| "
    rf"in)?) (?:the )?(?:(?P<m1>{_MONTH}) (?:the )?(?P<d1>{_NTH_DAY})|"
    rf"(?P<d2>{_NTH_DAY}) (?:of )?(?P<m2>{_MONTH}))\b"
)
_CALENDAR_DAY = (
    rf"(?:{_MONTH}) (?:the )?\d{{1,2}}(?:st|nd|rd|th)?|(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTH})"
)
_FEASTS = r"christmas(?: eve| day)?|new year(?:'?s)?(?: eve| day)?|easter(?: sunday| monday)?"
_EVERY_WEEK = re.compile(r"(?: ,)? (?:every|each) week$|\b(?:every|each) week (?=on )")
_WEEKS_ON = re.compile(rf"\b(?:every|each) (?P<count>{_NUMBER}) weeks?(?: ,)? on (?:a )?(?P<days>{_DAY_LIST})\b")
_EVERY = re.compile(rf"\b(?:every|each) (?:(?P<count>{_NUMBER}) )?(?P<unit>minute|hour|day|week|month|year)s?\b")
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
                r"\b(?:once|twice|two times) a day\b|\bnightly\b"), "FREQ=DAILY"),
    (re.compile(r"\bweekly\b(?! on)|\b(?:once|twice|one time|two times|three times|four times) (?:a|per|in|each|"
        r"every)(?: the)? week\b(?! on)"), "FREQ=WEEKLY"),
    (re.compile(r"\bmonthly\b|\bonce a month\b"), "FREQ=MONTHLY"),
    (re.compile(r"\bhourly\b"), "FREQ=HOURLY"),
)  # fmt: skip
_EXCEPT = re.compile(
    rf"\b(?:, )?(?:except|but not|apart from|other than|not|besides|excluding|only not|save|just not|never|minus|"
    rf"without|"
    rf"(?<=day )but|(?<=week )but|(?<=morning )but|(?<=evening )but|(?<=night )but)(?: for| on| in| at)* "
    rf"(?P<what>(?:(?:this|next) )?(?:{_DAY})s?|weekends?|"
    rf"weekdays?|(?:public |bank |national )?holidays?|(?:this|next) (?:week|weekend|month)|tomorrow|today|"
    rf"{_CALENDAR_DAY}|{_FEASTS}|the [a-z ]+|(?:red|blue|green|yellow|white) [a-z]+)\b"
)
_UNTIL = re.compile(
    rf"\b(?:until|till|up to|through to) (?P<what>(?:next |this )?(?:{_DAY})|tomorrow|tonight|\d{{4}}-\d\d-\d\d|"
    rf"(?:the )?end of (?:the |this |next )?(?:day|week|month|year|summer|winter|spring|autumn|holidays|term|"
    rf"{_MONTH})|"
    rf"(?:the day after )?tomorrow|the weekend|further notice|{_CALENDAR_DAY}|{_FEASTS}|"
    rf"(?:next )?(?:{_MONTH}|summer|winter|spring|autumn))\b"
)
_DATE = re.compile(
    rf"\b(?:on )?(?P<what>today|tonight|tomorrow(?: morning| evening| night)?|the day after tomorrow|(?:next|"
    rf"this) (?:{_DAY}|week|weekend|month)|(?:on )?(?:{_CALENDAR_DAY})|on the \d{{1,2}}(?:st|nd|rd|th)(?! of (?:the|"
    rf"every|each))|in \w+ (?:days?|weeks?)|{_FEASTS}|"
    rf"\d{{4}}-\d\d-\d\d)\b|\bon (?P<day>{_DAY})\b(?!s)"
)
_MINUTES = {"five": 5, "ten": 10, "quarter": 15, "a quarter": 15, "twenty": 20, "twenty five": 25, "half": 30,
            "5": 5, "10": 10, "20": 20, "25": 25, "15": 15}  # fmt: skip
_SOME = "|".join(sorted(_MINUTES, key=len, reverse=True))
_PAST = rf"(?P<some>{_SOME})(?: minutes)? (?P<side>past|after|to|before|till)"
CLOCK = (rf"at (?:(?:(?:a )?(?:half|quarter|five|ten|twenty) (?:past|to) |half )?{_HOUR}(?:[:.]\d\d| thirty| fifteen| "
         rf"forty five)?(?: ?(?:am|pm))?(?: o'?clock)?|noon|midnight)")  # fmt: skip
_CLOCK = re.compile(
    rf"\b(?:(?:at|by|around|about|before|from|for|not later than|no later than) )*(?:at |by |around |about )"
    rf"(?:{_PAST} |(?P<half>half) )?(?P<hour>{_HOUR})"
    rf"(?:[:.](?P<minute>\d\d)| (?P<spoken>fifteen|thirty|forty five|forty|twenty five|twenty|fifty five|fifty|"
    rf"thirty five|ten|oh five|[0-5][05]))?"
    r"(?: ?(?P<meridiem>am|pm|a m|p m))?(?: o'?clock| hours?)?(?: (?:sharp|on the dot|precisely|exactly|prompt|"
    r"promptly))?(?: (?:in the|in|at) (?P<part>morning|"
    r"evening|afternoon|"
    r"night))?(?= |$)|\b(?:at |by |around |before )(?P<named>noon|midnight|midday)\b"
)
_BARE_CLOCK = re.compile(  # "make coffee every day 7 am", "7:30 every morning"
    rf"\b(?:{_PAST} |(?P<half>half past) )?(?P<hour>{_HOUR})"
    r"(?:[:.](?P<minute>\d\d)|(?P<spoken> thirty| fifteen| forty five)|(?= ?(?:am|pm)\b)|(?= o'?clock)|"
    r"(?= (?:in the (?:morning|evening|afternoon)|at night)\b))"
    r"(?: ?(?P<meridiem>am|pm))?(?: o'?clock)?(?: (?:in the|at) (?P<part>morning|evening|afternoon|night))?(?= |$)"
    r"(?! (?:cm|centi|kilo|gram|percent))"
)
_ARTICLE_QUARTER = re.compile(r"\ba (?=quarter (?:past|to|after|before) )")
_HALF_PAST = re.compile(r"\bhalf (?:past|after) ")
_VAGUE = re.compile(  # a moment of the day that no clock shows
    r" ?,? ?\b(?:(?:first thing|right|straight|just|shortly) )?(?:before|after|at) (?:breakfast|lunch|dinner|supper|"
    r"bed|bedtime|"
    r"work|school|meals|every meal|each meal|we eat|i leave|i go to bed|i get up|sunset|sunrise)\b|"
    r" ?\bfirst thing\b(?: in the morning)?|"
    r" ?,? ?\b(?:in the|at) (?:mornings?|evenings?|afternoons?|night)\b|"
    r" ?,? ?\b(?:from now on|starting (?:now|today|tomorrow|next week|next month|monday)|as of (?:now|today|"
    r"tomorrow))\b|"
    r" ?,? ?\bwithout fail\b| ?\bregularly\b"
)


class When(NamedTuple):
    """What was said of time, and the clause without it."""

    rest: str
    rrule: str = ""
    time: str = ""
    date: str = ""
    until: str = ""
    except_: str = ""


@lru_cache(maxsize=1024)
def take_times(clause: str) -> When:
    """Everything said of time in the clause; empty fields where nothing was."""
    clause = _ARTICLE_QUARTER.sub("", clause)
    clause, except_ = _take(_EXCEPT, clause)
    except_ = except_ if not except_ else _singular_day(_PUBLIC.sub("", except_.removeprefix("the ")))
    clause, until = _take(_UNTIL, clause)
    until = until.removeprefix("the ") if until.startswith("the end") else until
    clause, time = _take_clock(clause)
    clause, rrule = _take_recurrence(clause)
    date = ""
    match = None if rrule else _DATE.search(clause)
    if match:
        date = match["what"] or match["day"]
        date = (
            date
            if date.startswith("the day")
            else date.removeprefix("the ").removeprefix("on the ").removeprefix("on ")
        )
        clause = clause[: match.start()] + clause[match.end() :]
    if rrule or time or date:
        clause = _VAGUE.sub("", clause)
    return When(" ".join(clause.split()).strip(" ,"), rrule, time, date, until, except_)


_PUBLIC = re.compile(r"^(?:public|bank|national) ")


def _take(pattern: re.Pattern[str], clause: str) -> tuple[str, str]:
    match = pattern.search(clause)
    return (clause[: match.start()] + clause[match.end() :], match["what"]) if match else (clause, "")


def _take_recurrence(clause: str) -> tuple[str, str]:
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
        ], f"FREQ=MONTHLY;BYDAY={_ORDINALS[match['nth'] or match['nth2']]}{_DAYS[match['day'] or match['day2']]}"
    weeks = _WEEKS_ON.search(clause)
    if weeks:
        count = int(_COUNT.get(weeks["count"], weeks["count"]))
        codes = ",".join(dict.fromkeys(_DAYS[day] for day in re.findall(_DAY, weeks["days"])))
        return _without(clause, weeks), f"FREQ=WEEKLY;INTERVAL={count};BYDAY={codes}"
    tail = _EVERY_WEEK.sub("", clause)
    if tail != clause and (named := re.search(rf"\bon {_DAY_LIST}", tail)):
        codes = ",".join(dict.fromkeys(_DAYS[day] for day in re.findall(_DAY, named[0])))
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
        rule = f"FREQ={_UNITS[match['unit']]}" + (f";INTERVAL={count}" if count > 1 else "")
        return clause[: match.start()] + clause[match.end() :], rule
    return clause, ""


def _weekly(clause: str) -> tuple[str, str] | None:
    """Named days; `on Tuesday` alone is a date."""
    match = _WEEKLY.search(clause)
    days = match and (match["days"] or match["bare"])
    if not match or not days or (match[0].startswith("on ") and not days.endswith("s")):
        return None
    codes = ",".join(dict.fromkeys(_DAYS[day] for day in re.findall(_DAY, days)))
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
    halves = _HALF_PAST.sub("half ", clause)
    match = _CLOCK.search(halves) or _BARE_CLOCK.search(clause)
    if not match:
        return clause, ""
    clause = match.string
    rest = clause[: match.start()] + clause[match.end() :]
    found = match.groupdict()
    if found.get("named"):
        return rest, "00:00" if found["named"] == "midnight" else "12:00"
    hour = int(_HOURS.get(found["hour"], 0)) if not found["hour"].isdigit() else int(found["hour"])
    minute = int(found["minute"] or _SPOKEN.get((found["spoken"] or "").strip(), 0))
    if found["half"]:
        minute = 30
    if found["some"]:
        minute = _MINUTES[found["some"]] * (1 if found["side"] in ("past", "after") else -1)
    if hour > 24 or minute > 59:
        return clause, ""
    hour = _on_24_hours(hour, found["meridiem"], found["part"], clause)
    total = (hour * 60 + minute) % (24 * 60)
    return rest, f"{total // 60:02d}:{total % 60:02d}"


_SPOKEN = (
    {f"{n:02d}": n for n in range(0, 60, 5)}
    | {"twenty five": 25, "fifty": 50, "fifty five": 55, "thirty five": 35}
    | {"fifteen": 15, "thirty": 30, "forty five": 45, "forty": 40, "twenty": 20, "ten": 10, "oh five": 5}
)


def _on_24_hours(hour: int, meridiem: str | None, part: str | None, clause: str) -> int:
    """`dinner at 6` is in the evening; 8 to 12 without a word are taken as they are."""
    if meridiem:
        return hour % 12 + (12 if meridiem.startswith("p") else 0)
    early = part == "morning" or re.search(
        r"\b(?:breakfast|morning|wake|sunrise|(?<!for )coffee|make (?:the |my )?beds?|get up|gets up|alarm|leave for|"
        r"leave the house|to school|school bus|school starts|gets? dressed|awake|dawn|lunch box|lunch boxes|school "
        r"lunch|before school|sunrise)\b",
        clause,
    )
    late = part in ("evening", "afternoon", "night") or re.search(
        r"\b(?:dinner|supper|evening|night|tonight|bed|bedtime|home from|come home|comes home|home by|back by|supper|"
        r"sleep|curfew|from school|after school|coffee on|for coffee|guests|people over|party|visitors|drinks|cinema|"
        r"concert)s?\b",
        clause,
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
