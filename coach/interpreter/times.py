"""Days, hours and recurrences in words → RFC 5545 and `HH:MM`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from coach.interpreter.lexicon import alternatives, split_words

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
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"), 1)} | {
    f"twenty {word}": 20 + number for number, word in enumerate(split_words(
    "first second third fourth fifth sixth seventh eighth ninth"), 1)} | {
    "thirtieth": 30, "thirty first": 31}  # fmt: skip
_NTH_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{alternatives(_NTH_WORDS)}|last(?: day)?)"
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
    return (rf"(?:(?P<m{name}>{_MONTH}) (?:the )?(?P<d{name}>{_NTH_DAY})|"
            rf"(?P<d{name}x>{_NTH_DAY}) (?:day )?(?:of )?(?P<m{name}x>{_MONTH}))")  # fmt: skip


_YEARLY = re.compile(
    rf"\b(?:on )?(?:(?:every|each)|{_EVERY_YEAR}(?: ,)?(?: always)?(?: on| in)?) (?:the )?{_a_date('1')}\b|"
    rf"\b(?:on )?(?:the )?{_a_date('2')}(?: ,)? {_EVERY_YEAR}\b|"
    rf"\b(?:in |every |each )?(?P<m3>{_MONTH})(?: ,)? {_EVERY_YEAR}\b|\b{_EVERY_YEAR}(?: ,)? in (?P<m4>{_MONTH})\b|"
    rf"\b(?:every|each) (?P<m5>{_MONTH})\b"
)
_CALENDAR_DAY = (
    rf"(?:{_MONTH}) (?:the )?\d{{1,2}}(?:st|nd|rd|th)?|(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTH})"
)
_FEASTS = r"christmas(?: eve| day)?|new year(?:'?s)?(?: eve| day)?|easter(?: sunday| monday)?"
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
_EXCEPT = re.compile(
    rf"(?:(?<= ), )?\b(?:except(?:ing)?|but (?:please )?(?:not|skip|never|leave out|omit|leave off)|"
    rf"(?:and )?(?:skip|skipping|leaving out|omitting|leave out)(?= (?:on |this |next |the holidays|the weekend|"
    rf"{_DAY}|week|to|public |"
    rf"bank |holiday|{_MONTH}|{_FEASTS}))|"
    rf"with the exception of|apart from|aside from|other than|not(?: including| counting)?|besides|excluding|"
    rf"only not|save|just not|never|minus|without|bar|"
    rf"(?<=day )but|(?<=week )but|(?<=morning )but|(?<=evening )but|(?<=night )but)(?: for| on| in| at| during)* "
    rf"(?P<what>(?:(?:this|next|this coming) )?(?:{_DAY})s?(?: and (?:{_DAY})s?)?|(?:the )?weekends?|"
    rf"weekdays?|(?:the )?(?:public |bank |national |school )?holidays?|(?:this|next) (?:week|weekend|month|year)|"
    rf"tomorrow|today|tonight|"
    rf"{_CALENDAR_DAY}|{_FEASTS}|(?:{_MONTH})|(?:the )?(?:summer|winter)|the [a-z ]+|"
    rf"(?:red|blue|green|yellow|white) [a-z]+)\b"
)
_UNTIL = re.compile(
    rf"(?:(?<= ), )?\b(?:until|till|up to|up until|through to|through) (?P<what>(?:next |this )?(?:{_DAY})|tomorrow|"
    rf"tonight|\d{{4}}-\d\d-\d\d|next (?:week|month|year)|(?:the )?(?:first|last) of (?:{_MONTH})|"
    rf"(?:the )?(?:{alternatives(_NTH_WORDS)}) of (?:{_MONTH})|"
    rf"(?:the )?end of (?:the |this |next )?(?:day|week|month|year|summer|winter|spring|autumn|holidays|term|"
    rf"school year|"
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
        found = {name[0]: word for name, word in yearly.groupdict().items() if word}
        day = f";BYMONTHDAY={_day_number(found['d'])}" if "d" in found else ""
        return _without(clause, yearly), f"FREQ=YEARLY;BYMONTH={_MONTHS[found['m']]}{day}"
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
        rule = f"FREQ={_UNITS[match['unit'] or match['unit2'] or 'year']}" + (f";INTERVAL={count}" if count > 1 else "")
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
