"""What is said about the times to come: the opening of a long wish, days of a person's life, routines with a time."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.checkins import MORE_TIME, parse_checkin
from coach.interpreter.clock import CLOCK
from coach.interpreter.items import Item
from coach.interpreter.lexicon import DAY
from coach.interpreter.phrases import topic_of
from coach.interpreter.routines import is_activity, parse_routine
from coach.interpreter.times import take_times

# "from now on you do the chores: …"
_OPENING = re.compile(
    r"\s*(?P<before>[^:.!?\n]{3,120}):\s+(?=\S)",
)
_FROM_NOW = re.compile(
    r"(?:so |okay |please |robot |hey |, )*(?:from (?:now|today|tomorrow|this week|next week|monday) on(?:wards?)?|"
    r"(?:starting|beginning) (?:today|now|tomorrow|next (?:week|month)|(?:on |next |this )?(?:mon|tues|wednes|thurs|"
    r"fri|satur|sun)day)|"
    r"from next (?:week|month) on|as of (?:today|now)|for the next (?:few )?(?:weeks|months|year)|every day|daily)"
    r"(?: , | )*(?:(?:you|we) (?:will |should |must |can |are to |have to |need to )?)?"
)
_CHARGE = re.compile(
    r"\b(?:from now on|from today|chores?|house ?work|household|routines?|take care|look after|in charge|keep the|"
    r"starting|as of|schedule|plan|every day|every week|daily|weekly|jobs?|duties|tasks)\b"
)
_PERSON = (
    r"(?:i|we|she|he|they|(?:my|our|the|his|her) (?:[a-z']+ ){1,2}?|dad|mum|daddy|mummy|granny|grandpa|auntie|uncle "
    r"[a-z]+|aunt [a-z]+|mom|grandma|grandpa|guests|"
    r"(?:[a-z]+ and i))"
)
_LIFE = re.compile(
    rf"(?P<who>{_PERSON}) ?(?:usually |always |normally |often |both |all )*"
    r"(?P<does>leaves?|go(?:es)?|come|comes|get|gets|wake|wakes|work|works|sleep|sleeps|start|starts|finish|finishes|"
    r"am|is|are|have|has|eat|eats|return|returns|arrive|arrives|pick|take|takes|train|trains|swim|practice|shower|"
    r"walk|walks|visit|visits|stay|stays|play|plays|bring|brings|do not|does not|call|calls|meet|meets|"
    r"swims|sings|runs|rides|studies|teaches|trains|paints|fasts|prays|babysits|volunteers|cycles|skates|dances|"
    r"sleep in|rest|rests|nap|naps|play outside|practise|practises|drive|drives|nap|naps)\b(?! ready\b| to be\b| "
    r"you\b).*"
)
_MEAL_HABIT = re.compile(
    r"(?P<about>breakfast|lunch|dinner|supper|tea|bedtime|bath time|school|work|piano|football|[a-z]+ (?:lesson|"
    r"class|"
    r"practice)) (?:is|are|starts?|begins?) (?:usually|always|normally|often|around|mostly|at|about|never)\b.*"
)
_ABOUT = re.compile(r" about (?:the |my |our )?(?P<what>[a-z]+(?: [a-z]+)?)$")
_EATEN = re.compile(r"\b(?:eat|eats|have|has) (breakfast|lunch|dinner|supper|tea)\b")
_QUESTION = re.compile(
    r"(?:what|why|where|who|how|which|when (?:is|are|do|does|did|will)|is|are|do you|does|did|can you tell)\b"
)
_TELL = re.compile(r"tell (?:me|us) (?:how|what|whether|if|about)\b.*")
_ON_DAY_ALWAYS = re.compile(rf"^on (?P<day>{DAY}) always ")
_HOURS = re.compile(rf"{CLOCK}(?:(?: ,| and| , and) {CLOCK})+")
_COUNTED = re.compile(r"\b(?:twice|three times|two times) (?:a|per|each|every) day\b")


_TAKE_CARE = re.compile(  # the same without a colon
    r"\s*(?:(?:okay|so|hi|hello|hey|robot|listen|please)[ ,]+)*(?:(?:from (?:now|today|tomorrow) on|starting (?:now|"
    r"today|tomorrow))[ ,]+)?"
    r"(?:you|i(?: would|'d)? (?:want|like|need) you to)(?:'re| are| will|'ll| should| shall| must)?(?: now)? (?:do|"
    r"handle|run|look after|take care of|"
    r"manage|be in charge of|in charge of|be responsible for|responsible for) (?:all )?(?:the |our |my )?(?:chores|"
    r"house|household|"
    r"kitchen|housework|cleaning|home|flat)(?: (?:from now on|now|please|for me|for us))*[ ,]+(?!now\b|from\b|"
    r"please\b)(?=[a-z])",
    re.IGNORECASE,
)


def take_opening(text: str) -> tuple[str, bool]:
    """`From now on you do the chores: dinner at 6, …` → what follows, and whether it holds from now on."""
    care = _TAKE_CARE.match(text)
    if care and MORE_TIME.search(text[care.end() :].lower()):
        return text[care.end() :], True
    match = _OPENING.match(text)
    if match and _CHARGE.search(match["before"].lower()):
        return text[match.end() :], True
    return text, False


def take_from_now_on(sentence: str) -> str:
    """The sentence without `from now on, you …`; as it was where it does not begin so."""
    match = _FROM_NOW.match(sentence)
    rest = sentence[match.end() :].strip(" ,") if match else ""
    return rest or sentence


def parse_standing(plain: str, marked: bool) -> list[Item] | None:
    """What recurs, or belongs to a time of a person's life; None for anything else."""
    if marked or _QUESTION.match(plain) or re.match(r"(?:never|do not) (?!do )", plain):
        return None
    when = take_times(plain)
    if not (when.rrule or when.time or when.date):
        return None
    if MORE_TIME.search(when.rest) and (" and " in plain or "," in plain):
        return None  # two of them in one breath
    if several := _each_hour(plain):
        return several
    checkin = _tell_me(plain) or parse_checkin(plain)
    if checkin and (when.rrule or when.time):
        return [checkin]
    if when.rrule and not _MEAL_HABIT.fullmatch(plain) and is_activity(when.rest):
        return _listed(parse_routine(plain))
    always = _ON_DAY_ALWAYS.sub(r"every \g<day> ", plain)
    if always != plain:
        return parse_standing(always, marked)
    one = " and " not in plain and "," not in when.rest
    if (one and (_LIFE.fullmatch(plain) or _LIFE.fullmatch(when.rest))) or _MEAL_HABIT.fullmatch(plain):
        return [_life(plain)]
    if not when.rrule:
        return None
    return _listed(parse_routine(plain))


def from_now_on(items: list[Item]) -> list[Item]:
    """In a wish for the times to come, `dinner ready at 6` is meant for every day."""
    return [msgspec.structs.replace(item, rrule="FREQ=DAILY") if _is_for_no_day(item) else item for item in items]


def _is_for_no_day(item: Item) -> bool:
    days = item.rrule or item.date or item.except_
    return item.kind in ("routine", "checkin") and bool(item.time) and not days


def _life(plain: str) -> Item:
    when = take_times(plain)
    habit, meal = _MEAL_HABIT.fullmatch(plain), _EATEN.search(plain)
    return Item(kind="fact", rrule=when.rrule, time=when.time, date=when.date, until=when.until,
                about=habit["about"] if habit else meal[1] if meal else "", text=plain)  # fmt: skip


def _tell_me(plain: str) -> Item | None:
    when = take_times(plain)
    if not (when.rrule and _TELL.fullmatch(when.rest)):
        return None
    topic = _ABOUT.search(when.rest)
    return Item(kind="checkin", rrule=when.rrule, time=when.time, date=when.date, until=when.until,
                about=topic_of(topic["what"]) if topic else "", text=plain)  # fmt: skip


def _each_hour(plain: str) -> list[Item] | None:
    """`feed the cat every day at 8 and at 18`: an item for each hour."""
    match = _HOURS.search(plain)
    if match is None or "," in plain[: match.start()] + plain[match.end() :]:
        return None
    found: list[Item] = []
    for clock in re.findall(CLOCK, match[0]):
        clause = f"{plain[: match.start()]}{clock}{plain[match.end() :]}"
        item = _tell_me(clause) or parse_checkin(clause) or parse_routine(clause)
        if item is None or not item.time:
            return None
        if found and item.time <= found[-1].time and "01" <= item.time < "12":  # "at one and at seven": the day goes on
            item = msgspec.structs.replace(item, time=f"{int(item.time[:2]) + 12:02d}{item.time[2:]}")
        found.append(item)
    return found


def _listed(item: Item | None) -> list[Item] | None:
    return [item] if item else None
