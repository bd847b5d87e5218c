"""Hours in words → `HH:MM`: `half past eight`, `at 7 in the evening`."""

from __future__ import annotations

import re

from coach.interpreter.lexicon import split_words

HOURS = {w: n for n, w in enumerate(split_words("one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"), 1)} | {
    "twenty one": 21, "twenty two": 22, "twenty three": 23}  # fmt: skip
_HOUR = rf"(?:\d{{1,2}}|{'|'.join(sorted(HOURS, key=len, reverse=True))})"
_MINUTES = {"five": 5, "ten": 10, "quarter": 15, "a quarter": 15, "twenty": 20, "twenty five": 25, "half": 30,
            "5": 5, "10": 10, "20": 20, "25": 25, "15": 15}  # fmt: skip
_SOME = "|".join(sorted(_MINUTES, key=len, reverse=True))
_PAST = rf"(?P<some>{_SOME})(?: minutes)? (?P<side>past|after|to|before|till)"
CLOCK = (rf"at (?:(?:(?:a )?(?:half|quarter|five|ten|twenty) (?:past|to) |half )?{_HOUR}(?:[:.]\d\d| thirty| fifteen| "
         rf"forty five)?(?: ?(?:am|pm))?(?: o'?clock)?|noon|midnight)")  # fmt: skip
_NO_UNIT = r"(?! (?:degrees?|percent|celsius|fahrenheit|rpm|cm|centimetres?|metres?|km|kilometres?|euros?|watts?)\b)"
_CLOCK = re.compile(
    rf"\b(?:(?:at|by|around|about|before|from|for|not later than|no later than) )*(?:at |by |around |about )"
    rf"(?:{_PAST} |(?P<half>half) )?(?P<hour>{_HOUR})"
    rf"(?:[:.](?P<minute>\d\d)| (?P<spoken>fifteen|thirty|forty five|forty|twenty five|twenty|fifty five|fifty|"
    rf"thirty five|ten|oh five|[0-5][05]))?"
    r"(?: ?(?P<meridiem>am|pm|a m|p m))?(?: o'?clock| hours?)?(?: (?:sharp|on the dot|precisely|exactly|prompt|"
    r"promptly))?(?: (?:in the|in|at) (?P<part>morning|"
    r"evening|afternoon|"
    rf"night))?(?= |$){_NO_UNIT}|\b(?:at |by |around |before )(?P<named>noon|midnight|midday)\b"
)
_BARE_CLOCK = re.compile(  # "make coffee every day 7 am", "7:30 every morning"
    rf"\b(?:{_PAST} |(?P<half>half past) )?(?P<hour>{_HOUR})"
    r"(?:[:.](?P<minute>\d\d)|(?P<spoken> thirty| fifteen| forty five)|(?= ?(?:am|pm)\b)|(?= o'?clock)|"
    r"(?= (?:in the (?:morning|evening|afternoon)|at night)\b))"
    r"(?: ?(?P<meridiem>am|pm))?(?: o'?clock)?(?: (?:in the|at) (?P<part>morning|evening|afternoon|night))?(?= |$)"
    rf"(?! (?:cm|centi|kilo|gram|percent)){_NO_UNIT}"
)
_SHORT = rf"(?:{_HOUR}(?:[:.]\d\d)?(?: ?(?:am|pm|o'?clock))?|noon|midnight|midday)"
_AND = r"(?: , and| and| ,)(?: at)?"
_LISTED = re.compile(  # "at 8, 12 and 20", not the "2" of "at 8 and 2 cups"
    rf"\bat {_SHORT}(?:{_AND} {_SHORT})+(?=$| ,| and (?!\d)| (?:every|each|on|daily|in|at|from|until|till|but|except|"
    rf"please|to|today|tomorrow|tonight|remind|ask|tell|about)\b)"
)
_SAID_BEHIND = re.compile(r" (?!(?:every|each|on|daily)\b)(?:(?!,|(?:at|every|each|daily|on|from|until)\b)\S+ ?)+$")
_HALF_PAST = re.compile(r"\bhalf (?:past|after) ")
_SPOKEN = (
    {f"{n:02d}": n for n in range(0, 60, 5)}
    | {"twenty five": 25, "fifty": 50, "fifty five": 55, "thirty five": 35}
    | {"fifteen": 15, "thirty": 30, "forty five": 45, "forty": 40, "twenty": 20, "ten": 10, "oh five": 5}
)


def with_each_hour(clause: str) -> str:
    """`every day at 8, 12 and 20` → `every day at 8 and at 12 and at 20`, behind all else that is said of one wish."""
    listed = _LISTED.search(clause)
    if listed is None:
        return clause
    head, tail = clause[: listed.start()], clause[listed.end() :]
    said = " and ".join(f"at {hour}" for hour in _hours(listed[0]))
    wish, comma, rest = tail.partition(" ,")
    if "," not in head and _SAID_BEHIND.fullmatch(wish):
        return f"{head.rstrip()}{wish} {said}{comma}{with_each_hour(rest)}".strip()
    return f"{head}{said}{with_each_hour(tail)}"


def _hours(listed: str) -> list[str]:
    """The hours of a list; one before `10 pm` is of the same half of the day where it comes sooner."""
    hours = re.split(rf"{_AND} ", listed.removeprefix("at "))
    for index in range(len(hours) - 2, -1, -1):
        half, this, that = hours[index + 1][-2:], _twelfth(hours[index]), _twelfth(hours[index + 1])
        if half in ("am", "pm") and hours[index][-2:] not in ("am", "pm") and 0 <= this < that:
            hours[index] += f" {half}"
    return hours


def _twelfth(hour: str) -> int:
    """`8:30` → 8, `12 pm` → 0; -1 for what has no halves of the day."""
    said = re.match(_HOUR, hour)
    number = int(said[0]) if said and said[0].isdigit() else HOURS.get(said[0], 24) if said else 24
    return number % 12 if number <= 12 else -1


def is_on_a_clock(time: str) -> bool:
    """Whether a clock shows `HH:MM`; nothing said is no wrong time."""
    return not time or (time[:2] < "24" and time[3:] < "60")


def take_clock(clause: str) -> tuple[str, str]:
    """The clause without the time, and the time as `HH:MM`; one that no clock shows as it was said: `25:00`."""
    halves = _HALF_PAST.sub("half ", clause)
    match = _CLOCK.search(halves) or _BARE_CLOCK.search(clause)
    if not match:
        return clause, ""
    clause = match.string
    rest = clause[: match.start()] + clause[match.end() :]
    found = match.groupdict()
    if found.get("named"):
        return rest, "00:00" if found["named"] == "midnight" else "12:00"
    hour = int(HOURS.get(found["hour"], 0)) if not found["hour"].isdigit() else int(found["hour"])
    minute = int(found["minute"] or _SPOKEN.get((found["spoken"] or "").strip(), 0))
    if found["half"]:
        minute = 30
    if found["some"]:
        minute = _MINUTES[found["some"]] * (1 if found["side"] in ("past", "after") else -1)
    if hour > 24 or minute > 59:  # refused where it is meant as a time; "wash it at 60" is none
        meant = hour < 30 or minute or found["meridiem"] or "clock" in match[0]
        return (rest, f"{hour:02d}:{minute:02d}") if meant else (clause, "")
    hour = _on_24_hours(hour, found["meridiem"], found["part"], clause)
    total = (hour * 60 + minute) % (24 * 60)
    return rest, f"{total // 60:02d}:{total % 60:02d}"


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
