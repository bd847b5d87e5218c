"""What a person's words mean for a run that was announced: begin, not this time, later, wait, or done already."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from coach.interpreter.clock import take_clock
from coach.routines.recurrence import to_local, to_utc

LATER_S = 3600
Meaning = Literal["now", "refuse", "later", "wait", "done"]
_WORD = re.compile(r"[\w':]+")
_FILLERS = re.compile(r"\b(?:thank you(?: very much)?|thanks|please|robot|hey|oh|well|sorry|actually|just|rather|maybe|"
                      r"perhaps|i think|i guess|let's|let us|could you|can you|would you)\b")  # fmt: skip
_IT = r"(?: (?:it|that|this|this one|them|both|all of them|everything))?"
_TODAY = (
    r"(?: (?:today|tonight|now|yet|this time|this once|this week|this (?:morning|afternoon|evening)|at all|for today))*"
)
_NOT_NOW = r"not (?:now|right now|just now|yet|just yet|quite yet|at the moment|so soon|today|this time)"
_DOES = r"(?: (?:do|start|begin|bother|run|make|bring|get))?"


def _any_of(*forms: str) -> re.Pattern[str]:
    """Any of them, or several after each other: "never mind, skip it"."""
    form = "|".join(f"(?:{form})" for form in forms)
    return re.compile(f"(?:{form})(?: (?:{form}))?")


_REFUSE = _any_of(
    rf"(?:no|nope|nah|never)+{_TODAY}",
    r"not (?:today|tonight|this (?:time|once|week|morning|afternoon|evening)|at all|necessary|needed|required|wanted)"
    + _TODAY,
    rf"(?:skip|cancel|drop|omit|forget|forget about|ignore|miss|leave out|call off|do without){_IT}{_TODAY}",
    rf"(?:leave|let){_IT}(?: out| off| be| alone| go)?{_TODAY}",
    r"never ?mind(?: it| that)?",
    rf"(?:don't|you don't (?:have|need) to|you needn't|you need not|i'd not|no need to){_DOES}{_IT}{_TODAY}",
    rf"(?:there is |there's )?no need(?: for (?:it|that))?{_TODAY}",
    rf"(?:i|we) (?:don't|won't) (?:want|need|like){_IT}(?: done| to do it| you to(?: do it)?)?{_TODAY}",
    rf"(?:it|that) (?:is not|isn't|won't be) (?:necessary|needed|wanted|required){_TODAY}",
    r"(?:i'd|i would|we'd|better)? ?(?:rather )?(?:you (?:did not|didn't)|not)(?: do it)?",
    r"(?:do it )?(?:some other|another) (?:day|time)",
    rf"(?:i|we)(?:'ll| will) do (?:it|that)(?: (?:myself|ourselves))?{_TODAY}",
)
_LATER = _any_of(
    rf"(?:(?:do|start|begin|ask me|remind me|try|come back){_IT} )?(?:again )?"
    rf"(?:a (?:bit|little|while) |some ?time |much )?later(?: on| again)?{_TODAY}",
    _NOT_NOW + r"(?: (?:but )?later)?",
    rf"(?:postpone|put off|put it off|delay|snooze|defer|reschedule|push back){_IT}{_TODAY}",
    r"(?:do it |start )?in a (?:bit|little|little while|while)",
)  # fmt: skip
_NOW = _any_of(
    r"(?:(?:yes|yeah|yep|yup|ok|okay|sure|fine|good|all right|alright|go|great|perfect) ?)+",
    r"(?:(?:yes|yeah|yep|ok|okay|sure|fine|all right|alright) )?(?:now|right now|right away|at once|immediately|"
    r"straight away|go on|go ahead|do so|(?:do|start|begin|run|make)(?: it| that| with it)?|proceed|carry on|continue|"
    r"resume|you may|you can(?: start| begin| go on)?)(?: (?:now|right now|right away|then|already))?",
)
_WAIT = _any_of(
    r"(?:wait|hold|hang|pause)(?: on| it| off| still| up| there| with (?:it|that))*"
    r"(?: (?:for )?(?:a|one) (?:minute|moment|second|sec|bit))?",
    r"(?:(?:a|one) )?(?:minute|moment|second|sec)", r"not so fast",
    r"(?:give me|i need) (?:a|one) (?:minute|moment|second|sec|bit)",
)  # fmt: skip
_DONE = _any_of(
    r"(?:i|we)(?: have|'ve)?(?: already)? (?:did|done) (?:it|that)(?: already| today| myself| ourselves)*",
    r"(?:(?:it|that) (?:is|was|has been|'s) |it's |that's )?(?:already )?done(?: already| today)*",
)
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "fifteen": 15,
    "twenty": 20, "thirty": 30, "a few": 5, "a couple of": 2, "a quarter of an": 0.25, "half an": 0.5,
}  # fmt: skip
_COUNT = "|".join(sorted(_COUNTS, key=len, reverse=True))
_SPAN = re.compile(rf"(?:in|for|by|after|within) (?:about |another )?(?P<count>\d{{1,3}}|{_COUNT}) "
                   r"(?P<unit>hours?|minutes?|mins?|moments?)")  # fmt: skip
_PARTS = {"morning": "09:00", "noon": "12:00", "afternoon": "15:00", "evening": "18:00", "tonight": "20:00",
          "night": "20:00"}  # fmt: skip
_PART = re.compile(
    r"(?:this |in the |until the |until this |till the )?(?P<part>morning|noon|afternoon|evening|tonight|night)"
)
_LEFT = re.compile(rf"(?:no|but|and|wait|hold on|do|make|start|begin|run|try|ask me|remind me|again|postpone|"
                   rf"put|put off|delay|snooze|defer|move|reschedule|push|back|off|until|till|to|for|it|that|this|"
                   rf"is better|better|"
                   rf"would be better|instead|at|by|on|later|i'd|{_NOT_NOW}| )*")  # fmt: skip
_OPENING = re.compile(r"(?:no|stop|yes|ok|okay|all right|fine)(?: but)? ")
_DOUBT = re.compile(r"\b(?:no|not|don't|never|won't|can't|skip|cancel|later|postpone|tomorrow|wait|instead|leave|hold|"
                    r"off|stop|busy|guests|asleep|sleeping)\b")  # fmt: skip


@dataclass(frozen=True)
class Said:
    """Args: until_utc: to when it is put off, of `later` alone."""

    meaning: Meaning
    until_utc: int = 0


def meaning_of(words: str, title: str, now_utc: float, tz: str) -> Said | None:
    """None for words about something else, or not understood.

    Args:
        title: of the run's routine: "skip the laundry" is about it as "skip it" is.
        tz: the routine's zone, for "tomorrow" and "at 5".
    """
    plain = _plain(words, title)
    said = _said(plain, now_utc, tz)
    if said is None and (opening := _OPENING.match(plain)):
        said = _said(plain[opening.end() :], now_utc, tz)
        return None if said is not None and said.meaning == "now" and plain.startswith(("no ", "stop ")) else said
    return said


def may_object(words: str) -> bool:
    """Whether something in the words sounds as if it should not be begun."""
    return _DOUBT.search(_plain(words, "")) is not None


def _said(plain: str, now_utc: float, tz: str) -> Said | None:
    if not plain:
        return None
    forms: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
        ("wait", _WAIT), ("refuse", _REFUSE), ("done", _DONE), ("now", _NOW),
    )  # fmt: skip
    for meaning, form in forms:
        if form.fullmatch(plain):
            return Said(meaning)
    if _LATER.fullmatch(plain):
        return Said("later", int(now_utc) + LATER_S)
    until = _moment(plain, now_utc, tz)
    return Said("later", until) if until is not None else None


def _plain(words: str, title: str) -> str:
    plain = " ".join(_WORD.findall(words.lower().replace("’", "'")))
    plain = re.sub(r"\bdo not\b", "don't", plain)
    for name in filter(None, (title.lower(), title.lower().partition(" the ")[2], title.lower().split(" ")[-1])):
        doing = "do it" if " " in name and name == title.lower() else "it"
        plain = re.sub(rf"\b(?:(?:the|my|our) )?{re.escape(name)}\b", doing, plain)
    return " ".join(_FILLERS.sub(" ", plain).split())


def _moment(plain: str, now_utc: float, tz: str) -> int | None:
    """The moment that is named, where nothing else is said."""
    span = _SPAN.search(plain)
    if span is not None:
        rest = plain[: span.start()] + plain[span.end() :]
        return int(now_utc) + _seconds(span["count"], span["unit"]) if _LEFT.fullmatch(rest) else None
    tomorrow = re.search(r"\btomorrow\b", plain)
    rest = plain.replace("tomorrow", " ") if tomorrow else plain
    rest, clock = take_clock(re.sub(r"\b(?:until|till|to|by|after|not before) (?=\d)", "at ", " ".join(rest.split())))
    part = _PART.search(rest)
    rest = rest[: part.start()] + rest[part.end() :] if part else rest
    clock = clock or (_PARTS[part["part"]] if part else "")
    if not (tomorrow or clock) or not _LEFT.fullmatch(" ".join(rest.split())):
        return None
    now = to_local(now_utc, tz)
    day = now.date() + timedelta(days=1 if tomorrow else 0)
    if not clock:
        return to_utc(datetime.combine(day, now.time()), tz)
    moment = datetime.combine(day, datetime.strptime(clock, "%H:%M").time())
    while moment <= now:  # "at 5", said at noon, is in the afternoon
        moment += timedelta(hours=12)
    return to_utc(moment, tz)


def _seconds(count: str, unit: str) -> int:
    one = 3600 if unit.startswith("hour") else 60
    return max(60, int(float(_COUNTS.get(count) or count) * one))
