"""Routines: what is done on its days and at its hours, and the days on which it is not."""

from __future__ import annotations

import re

from coach.interpreter.calendar_words import DAYS
from coach.interpreter.checkins import MORE_TIME
from coach.interpreter.facts import FACT
from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import DAY
from coach.interpreter.phrases import topic_of
from coach.interpreter.politeness import directly
from coach.interpreter.tasks import parse_task
from coach.interpreter.times import When, take_past, take_times
from coach.interpreter.verb_forms import PARTICIPLES

_ACTIVITY = re.compile(r"(?:(?:have|so|you have|there is|serve|we want|i want|i would like|would like|would love|"
    r"want|schedule|plan|is|the|do|my|our) )*(?P<what>dinner|"
                       r"lunch|breakfast|supper|laundry|dishes|cleaning|tea|coffee|bins?|shopping|bath|bedtime|"
                       r"trash|garbage|washing|brunch|tea|snacks?|vacuuming|hoovering|dusting|ironing|mopping|"
                       r"sweeping|cooking|gardening|tidying|recycling)"
                       r"(?: (?:up|out))?"
                       r"(?: (?:goes out|go out|is|day|time|night|starts?|should be(?: ready)?|ready|"
                       r"done|will be))*")  # fmt: skip
_DONE = re.compile(
    rf"^(?:(?:i |we )?(?:want|need|would like|would love|like) )?(?P<what>(?:the|my|our|all the) [a-z "
    rf"]+?) (?:should be |must be |needs? to be |"
    rf"(?:is|are) to be |(?:gets?|be|is|are) )?(?P<how>{'|'.join(PARTICIPLES)})$"
)
_CARRYING = ("other", "hand_over", "bring", "pick_up", "put")  # "have dinner ready" is no errand
_NOMINAL = {"laundry": "laundry", "washing": "laundry", "cleaning": "clean", "vacuuming": "clean", "hoovering": "clean",
            "dusting": "clean", "sweeping": "clean", "tidying": "clean", "mopping": "wipe",
            "cooking": "cook"}  # fmt: skip
_MOVED = re.compile(  # "push dinner back to eight tonight"
    r"(?:push|move|shift|bring|pull|put|reschedule|postpone|delay|change|switch)(?: back| off| forward| up)? (?:the |"
    r"our |"
    r"my )?(?P<what>[a-z]+)(?: (?:back|forward|off|up|ahead|on))? (?:to|until|till|for) (?P<when>.+)"
)
_WEEKDAY = re.compile(rf"(?:next |this )?{DAY}$|next week$")
_EXCLUDE = re.compile(
    rf"(?:exclude|remove|drop|take) (?P<day>{DAY}s?) (?:from|"
    r"out of|off) (?:the )?(?P<what>.+)"
)
_LED_IN = re.compile(r"^(?:always|remember to|we|i|also|please|then|and|there should be|have) ")
_SKIPPING = re.compile(r"^(?:skip|leave out|drop|cancel) (?:the )?")
_DO_NOT = re.compile(r"^do not (?:do )?")
_LEAVING_OUT = re.compile(
    r"^(?:skip|no|leave out|drop|cancel|without|forget|omit|there is no|not|no need to|no need for) "
    r"(?:the |our |any )?"
)
_FORBIDS = re.compile(r"(?:never|do not|you (?:must|should|may|can) not) (?!do )")


def activity_of(words: str) -> bool:
    """Whether what is left out is a chore or a task that the rules know."""
    plain = _SKIPPING.sub("", words)
    return is_activity(plain) or parse_task(plain) is not None


def is_activity(words: str) -> bool:
    """Whether the words name a chore or a meal alone: `the bins go out`."""
    return _ACTIVITY.fullmatch(words) is not None


def _moved(clause: str) -> str:
    """`push dinner back to half past eight tonight` → `dinner at half past eight tonight`."""
    match = _MOVED.fullmatch(clause)
    if match is None or not is_activity(match["what"]):
        return clause
    to_day = _WEEKDAY.match(match["when"]) or match["when"].startswith(("tomorrow", "tonight", "today"))
    return f"{match['what']} {'on' if to_day else 'at'} {match['when']}".replace("on to", "to")


def parse_routine(clause: str) -> Item | None:
    """A standing or timed instruction: `laundry on Tuesdays`, `dinner at 6`, `no laundry tomorrow`."""
    clause = _moved(clause)
    when, excluded = take_past(clause) or take_times(clause), _EXCLUDE.fullmatch(clause)
    if not (when.rrule or when.time or when.date or excluded) or (when.rrule and _FORBIDS.match(clause)):
        return None
    if " and " in when.rest and MORE_TIME.search(when.rest):
        return None  # two of them in one breath
    what = _named(when.rest)
    if when.date and _SKIPPING.match(what) and what.replace(" ", "").isalpha() and not activity_of(what):
        return _routine(when._replace(date="", except_=when.date), about=topic_of(_SKIPPING.sub("", what)))
    if excluded:
        what, when = f"skip {excluded['what']}", take_times(f"on {excluded['day']}")
    what, when = _left_out(what, when)
    return _done_then(what, when)


def _named(rest: str) -> str:
    """What is to be done, as an order: `we want the floor mopped` → `mop the floor`."""
    what = directly(_LED_IN.sub("", rest))
    what = _DONE.sub(lambda done: f"{PARTICIPLES[done['how']]} {done['what']}", what)
    return re.sub(r" for (?:me|us|anyone)$", "", what)


def _left_out(what: str, when: When) -> tuple[str, When]:
    """`skip the laundry` tomorrow → `laundry`, except tomorrow: the routine stays, one day falls out."""
    done = _DO_NOT.sub("", what) if when.date or when.except_ else what.removeprefix("do not do ")
    done = _LEAVING_OUT.sub("", done)
    if done != what:
        if when.rrule and not when.except_:  # "no laundry on Sundays" is no laundry of Sundays
            when = when._replace(rrule="", except_=_days_of(when.rrule))
        what, when = done, when._replace(date="", except_=when.date or when.except_)
    return (_leading_activity(what) if when.except_ and not when.rrule else what), when


def _days_of(rrule: str) -> str:
    """`FREQ=WEEKLY;BYDAY=SA,SU` → `weekend`; nothing where it is not of days of every week."""
    codes = rrule.removeprefix("FREQ=WEEKLY;BYDAY=")
    if codes == "SA,SU":
        return "weekend"
    return " and ".join(name for code in codes.split(",") for name in DAYS if DAYS[name] == code)


def _done_then(what: str, when: When) -> Item | None:
    """The routine of a task, a chore or a meal; of anything else only where it recurs."""
    if what in ("only", "just", "maybe", "probably") or not (when.rrule or when.time or when.date or when.except_):
        return None
    activity = _ACTIVITY.fullmatch(what)
    tasks = parse_task(what) if what else None
    if tasks and tasks[0].kind == "task" and not (activity and tasks[0].verb in _CARRYING):
        return _routine(when, verb=tasks[0].verb, thing=tasks[0].object, place=tasks[0].place, text=tasks[0].text)
    if activity and activity["what"] == "dishes":
        return _routine(when, verb="wash", thing=Object(name="dish"))
    if activity:
        verb = _NOMINAL.get(activity["what"], "")
        return _routine(when, verb=verb, about="" if verb else topic_of(activity["what"]))
    if when.rrule and what and "," not in what and len(what.split()) <= 6 and not FACT.fullmatch(what):
        return _routine(when, about=topic_of(re.sub(r"^(?:the|my|our|some|a) ", "", what)))
    return None


def _leading_activity(rest: str) -> str:
    """`hoovering we are away` → `hoovering`: what is left out comes first, then why."""
    words = rest.split()
    for count in range(len(words), 0, -1):
        if activity_of(" ".join(words[:count])):
            return " ".join(words[:count])
    return rest


def _routine(
    when: When, verb: str = "", thing: Object | None = None, place: str = "", about: str = "", text: str = ""
) -> Item:
    return Item(kind="routine", verb=verb, object=thing, place=place, rrule=when.rrule, time=when.time, date=when.date,
                until=when.until, except_=when.except_, about=about, text=text)  # fmt: skip
