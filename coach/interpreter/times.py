"""Everything that a clause says of time, and the clause without it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from coach.interpreter.calendar_words import CALENDAR_DAY, DAYS, FEASTS, MONTH, NTH_WORDS, YEAR
from coach.interpreter.clock import take_clock
from coach.interpreter.lexicon import DAY, alternatives
from coach.interpreter.recurrence import take_recurrence

_EXCEPT = re.compile(
    rf"(?:(?<= ), )?\b(?:except(?:ing)?|but (?:please )?(?:not|skip|never|leave out|omit|leave off)|"
    rf"(?:and )?(?:skip|skipping|leaving out|omitting|leave out)(?= (?:on |this |next |the holidays|the weekend|"
    rf"{DAY}|week|to|public |"
    rf"bank |holiday|{MONTH}|{FEASTS}))|"
    rf"with the exception of|apart from|aside from|other than|not(?: including| counting)?|besides|excluding|"
    rf"only not|save|just not|never|minus|without|bar|"
    rf"(?<=day )but|(?<=week )but|(?<=morning )but|(?<=evening )but|(?<=night )but)(?: for| on| in| at| during)* "
    rf"(?P<what>(?:(?:this|next|this coming) )?{DAY}s?(?: and {DAY}s?)?|(?:the )?weekends?|"
    rf"weekdays?|(?:the )?(?:public |bank |national |school )?holidays?|(?:this|next) (?:week|weekend|month|year)|"
    rf"tomorrow|today|tonight|"
    rf"{CALENDAR_DAY}|{FEASTS}|(?:{MONTH})(?:(?: ,| and| , and)(?: in)? (?:{MONTH}))*|"
    rf"(?:the )?(?:spring|summer|autumn|winter)|the [a-z ]+|"
    rf"(?:red|blue|green|yellow|white) [a-z]+)\b"
)
_UNTIL = re.compile(
    rf"(?:(?<= ), )?\b(?:until|till|up to|up until|through to|through) (?P<what>(?:next |this )?{DAY}|tomorrow|"
    rf"tonight|\d{{4}}-\d\d-\d\d|next (?:week|month|year)|(?:the )?(?:first|last) of (?:{MONTH})|"
    rf"(?:the )?(?:{alternatives(NTH_WORDS)}) of (?:{MONTH})|"
    rf"(?:the )?end of (?:the |this |next )?(?:day|week|month|year|summer|winter|spring|autumn|holidays|term|"
    rf"school year|"
    rf"{MONTH}|{YEAR})|{YEAR}|"
    rf"(?:the day after )?tomorrow|the weekend|further notice|{CALENDAR_DAY}|{FEASTS}|"
    rf"(?:next )?(?:{MONTH}|summer|winter|spring|autumn))\b"
)
_DATE = re.compile(
    rf"\b(?:on |from |starting )?(?P<what>today|tonight|tomorrow(?: morning| evening| night)?|"
    rf"the day after tomorrow|(?:next|this) (?:{DAY}|week|weekend|month)|"
    rf"this (?:morning|afternoon|evening)|(?:on )?(?:{CALENDAR_DAY})|"
    rf"on the \d{{1,2}}(?:st|nd|rd|th)(?! of (?:the|every|each))|in \w+ (?:days?|weeks?)|{FEASTS}|"
    rf"\d{{4}}-\d\d-\d\d)\b|\bon (?P<day>{DAY})\b(?!s)"
)
_PAST = re.compile(
    rf"\b(?P<what>the day before yesterday|yesterday(?: (?:morning|afternoon|evening|night))?|"
    rf"last (?:{DAY}|night|week|weekend|month|year)|"
    rf"(?:an?|one|two|three|four|five|six|ten|\d{{1,3}}) (?:day|week|month|year)s? ago)\b(?!'| (?:of|in)\b)"
)
_NO_PAST = re.compile(r"\b(?:from|since|like|of|than|as|the|every)(?: the)? $")  # "the plate from yesterday"
_DID = re.compile(r"\b(?:was|were|did|had|been|done|i|we|he|she|they|it|you|that|which|who)\b")
_ARTICLE_QUARTER = re.compile(r"\ba (?=quarter (?:past|to|after|before) )")
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
_LISTED_MONTHS = re.compile(rf"(?: ,| and| , and)(?: in)? (?={MONTH}\b)")
_PUBLIC = re.compile(r"^(?:public|bank|national) ")


class When(NamedTuple):
    """What was said of time, and the clause without it."""

    rest: str
    rrule: str = ""
    time: str = ""
    date: str = ""
    until: str = ""
    except_: str = ""


@lru_cache(maxsize=2048)
def take_times(clause: str) -> When:
    """Everything said of time in the clause; empty fields where nothing was."""
    clause = _ARTICLE_QUARTER.sub("", clause)
    clause, except_ = _take(_EXCEPT, clause)
    except_ = _LISTED_MONTHS.sub(" and ", except_)
    except_ = except_ if not except_ else _singular_day(_PUBLIC.sub("", except_.removeprefix("the ")))
    clause, until = _take(_UNTIL, clause)
    until = until.removeprefix("the ") if until.startswith("the end") else until
    clause, time = take_clock(clause)
    clause, rrule = take_recurrence(clause)
    date = ""
    match = None if rrule else _DATE.search(clause)
    if match:
        date = match["what"] or match["day"]
        date = (
            date
            if date.startswith("the day")
            else date.removeprefix("the ").removeprefix("on the ").removeprefix("on ")
        )
        date = date.replace(" ,", "")
        clause = clause[: match.start()] + clause[match.end() :]
    if rrule or time or date:
        clause = _VAGUE.sub("", clause)
    return When(" ".join(clause.split()).strip(" ,"), rrule, time, date, until, except_)


def take_past(clause: str) -> When | None:
    """The same where a day that is over was named in an order: `wipe the counter last Tuesday at 5`."""
    past = _PAST.search(clause)
    if past is None or _NO_PAST.search(clause[: past.start()]) or _DID.search(clause):
        return None
    when = take_times(" ".join(f"{clause[: past.start()]}{clause[past.end() :]}".split()))
    return None if when.rrule or when.date else when._replace(date=past["what"])


def _take(pattern: re.Pattern[str], clause: str) -> tuple[str, str]:
    match = pattern.search(clause)
    return (clause[: match.start()] + clause[match.end() :], match["what"]) if match else (clause, "")


def _singular_day(words: str) -> str:
    return (
        words[:-1]
        if words.removesuffix("s") in (*DAYS, "weekend", "weekday", "holiday") and words.endswith("s")
        else words
    )
