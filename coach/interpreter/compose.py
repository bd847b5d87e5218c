"""An item of a given kind from words that no rule reads as a whole: its slots, wherever they stand in the clause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from coach.interpreter.corrections import parse_correction
from coach.interpreter.fluency import fluent
from coach.interpreter.house_rules import NOW, parse_rule
from coach.interpreter.items import Item, Kind, Object
from coach.interpreter.lexicon import COLORS, DETERMINERS, PREPOSITIONS, THINGS, WHICH, singular
from coach.interpreter.normalise import strip_fillers
from coach.interpreter.nudges import find_nudge
from coach.interpreter.phrases import is_known_place, parse_noun, split_prepositions, topic_of
from coach.interpreter.politeness import directly
from coach.interpreter.questions import parse_question
from coach.interpreter.routines import parse_routine
from coach.interpreter.tasks import is_no_task, is_verb, parse_elided, parse_task
from coach.interpreter.times import take_times
from coach.interpreter.verb_forms import base_of

_BARE = frozenset(("stop", "undo", "restart", "takeover", "praise", "unknown"))
_UNTIL = re.compile(r" (?:until|till) (?P<until>.+)$")
_TAILS = re.compile(  # where the errand ends and the talk about it begins
    r" , | (?:never|always|because|since|so that|so|otherwise|before|if|when|while|"
    r"for (?:it|there|i|we)|as (?:it|i|we|there)|it is|"
    r"would you|will you|could you|can you|for me|for us|please|thanks|thank you|dear|love|mate|darling|honey|buddy|"
    r"right now|now|again|instead|(?:i|we|they|he|she) (?:am|are|is|have|will|need|want|can|do|had)|i (?:think|"
    r"guess|mean|said|suppose)|and (?:be|do|make|thank)) "
)
_PHRASE_START = frozenset((*DETERMINERS, *COLORS, *WHICH, *(p.split()[0] for p in PREPOSITIONS)))
_NEGATION = re.compile(r"\b(?:never|not|no|nothing|nobody|none|stop|avoid|without)\b")
_TOWARDS = re.compile(r" (?:in|into|on|onto) ")
_ABOUT = re.compile(r" (?:about|regarding|concerning|on) (?:the |my |our )?(?P<what>[a-z]+(?: [a-z]+)?)$")
_ASK_NO_MORE = re.compile(r"\b(?:do not|stop|never|no more|quit) (?:ask|remind|tell|wake|warn|call)(?:ing)?\b")
_NOT_DONE = re.compile(r"\b(?:stop [a-z]+ing|do not|never|no longer|no more)\b")
MAX_WORDS = 40


def compose(kind: Kind, sentence: str) -> list[Item] | None:
    """What the sentence, in plain form, holds of the kind; None where the kind needs something that was not said."""
    if len(sentence.split()) > MAX_WORDS:
        return None
    plain = strip_fillers(directly(fluent(sentence)))
    if kind in _BARE:
        return [Item(kind=kind)]
    if kind in ("pause", "resume"):
        until = _UNTIL.search(plain)
        return [Item(kind=kind, until=until["until"] if until else "")]
    return _COMPOSERS[kind](plain)


def _chatter(plain: str) -> list[Item]:
    return [Item(kind="chatter", text=plain)]


def _answer(plain: str) -> list[Item]:
    thing, place = _named(plain)
    return [Item(kind="answer", object=thing, place=place, text=plain)]


def _question(plain: str) -> list[Item] | None:
    question = parse_question(plain, True)
    return [question] if question else None


def _fact(plain: str) -> list[Item]:
    when = take_times(plain)
    return [Item(kind="fact", rrule=when.rrule, time=when.time, date=when.date, until=when.until, text=plain)]


def _checkin(plain: str) -> list[Item] | None:
    if _ASK_NO_MORE.search(plain):
        return None
    when = take_times(plain)
    topic = _ABOUT.search(when.rest)
    return [Item(kind="checkin", rrule=when.rrule, time=when.time, date=when.date, until=when.until,
                 except_=when.except_, about=topic_of(topic["what"]) if topic else "", text=plain)]  # fmt: skip


def _nudge(plain: str) -> list[Item] | None:
    nudge = find_nudge(plain)
    return [nudge] if nudge else None


def _task(plain: str) -> list[Item] | None:
    if is_no_task(plain):
        return None
    if this_time := NOW.search(plain):
        tasks = _task(NOW.sub("", plain).strip(" ,")) if this_time[0] != plain else None
        return [msgspec.structs.replace(task, scope="now") for task in tasks] if tasks else None
    short: list[Item] | None = None
    for part in _parts(plain):
        tasks = parse_task(part)
        if tasks and all(item.kind in ("task", "nudge") for item in tasks) and _is_whole(tasks[0]):
            if tasks[0].verb != "put" or tasks[0].place or not _TOWARDS.search(part):
                return tasks
            short = short or tasks  # a place was named, and not understood with what follows it
    if short:
        return short
    thing, place = _named(plain)
    if thing and place:
        return [Item(kind="task", verb="put", object=thing, place=place)]
    return None


def _correction(plain: str) -> list[Item]:
    for part in _parts(plain, anywhere=True):
        found = parse_correction(part)
        if found and all(item.kind == "correction" for item in found) and _says_what(found[0]):
            return found
    thing, place = _named(plain)
    return [Item(kind="correction", object=thing, place=place, text=plain)]


def _rule(plain: str) -> list[Item]:
    read = [(part, rule) for part in _parts(plain, anywhere=True) if (rule := parse_rule(part)) and _says_what(rule)]
    read.sort(key=lambda pair: not (pair[1].place or pair[1].instead_of))  # the first that names a place, if one does
    tasks = None if read and (read[0][1].place or read[0][1].instead_of) else _task(plain)
    forbidden = _NEGATION.search(plain) is not None
    if read and not (tasks and tasks[0].place):
        part, rule = read[0]
        return [_forbidding(rule) if forbidden and not _NEGATION.search(part) else rule]
    if not tasks:
        return [Item(kind="rule", scope="home", text=plain)]
    task = tasks[0]
    place, unwanted = ("", task.place) if forbidden else (task.place, "")
    return [Item(kind="rule", verb=task.verb, object=task.object, place=place, instead_of=unwanted, scope="home",
                 text=plain)]  # fmt: skip


def _forbidding(rule: Item) -> Item:
    """The rule turned round: what forbids it was said outside of the words that it was read from."""
    return msgspec.structs.replace(rule, place="", instead_of=rule.place or rule.instead_of)


def _routine(plain: str) -> list[Item] | None:
    """A routine; never one of what was not to be done: `stop vacuuming on Fridays`."""
    found = _any_routine(plain)
    return None if found and not found[0].except_ and _NOT_DONE.search(plain) else found


def _any_routine(plain: str) -> list[Item] | None:
    for part in (plain, *plain.split(" , ")):
        whole = parse_routine(part)
        if whole and (whole.verb or whole.except_):
            return [whole]
    when = take_times(plain)
    if not (when.rrule or when.time or when.date or when.except_):
        return None
    for part in _parts(when.rest):
        task = parse_task(part)
        if task and task[0].kind == "task" and _is_whole(task[0]):
            return [msgspec.structs.replace(task[0], kind="routine", rrule=when.rrule, time=when.time, date=when.date,
                                            until=when.until, except_=when.except_)]  # fmt: skip
    for part in _parts(plain, anywhere=True):
        routine = parse_routine(part)
        if routine and routine.verb:
            return [routine]
    about = _subject(when.rest)
    return [Item(kind="routine", rrule=when.rrule, time=when.time, date=when.date, until=when.until,
                 except_=when.except_, about=about)] if about else None  # fmt: skip


_COMPOSERS: dict[str, Callable[[str], list[Item] | None]] = {
    "answer": _answer, "chatter": _chatter, "checkin": _checkin, "correction": _correction, "fact": _fact,
    "nudge": _nudge, "question": _question, "routine": _routine, "rule": _rule, "task": _task,
}  # fmt: skip


def _parts(plain: str, anywhere: bool = False) -> Iterator[str]:
    """The words from each verb on, the whole first, then without what is said behind it."""
    ends = [len(plain), *sorted((m.start() for m in _TAILS.finditer(f"{plain} ")), reverse=True)]
    if plain.count(" ") > 2:
        ends.append(plain.rindex(" "))  # "do the dishes sweetheart"
    for end in ends:
        words = plain[:end].split()
        for start, word in enumerate(words):
            base = base_of(word)
            if start and words[start - 1] in DETERMINERS:
                continue  # "the bin", "my wash" are things
            if start == 0 or anywhere or is_verb(base):
                yield " ".join([base if is_verb(base) and not is_verb(word) else word, *words[start + 1 :]])


def _named(plain: str) -> tuple[Object | None, str]:
    """A thing and a place, from the longest stretch of words that names them."""
    words = plain.replace(",", " ").split()
    for size in range(min(len(words), 9), 0, -1):
        for start in range(len(words) - size + 1):
            first = words[start]
            if first not in _PHRASE_START and singular(first) not in THINGS and not is_known_place(first):
                continue
            found = parse_elided(" ".join(words[start : start + size]))
            if found and (found[1] or _is_known(found[0])):
                return found
    return None, ""


def _is_known(thing: Object | None) -> bool:
    return thing is not None and bool(
        thing.color or (thing.which and not thing.name) or (thing.name and thing.name.split()[-1] in THINGS)
    )


def _is_whole(task: Item) -> bool:
    return bool(task.object or task.place or task.verb in ("laundry", "set_table", "clean", "cook", "wash"))


def _says_what(item: Item) -> bool:
    return bool(item.object or item.place or item.instead_of)


def _subject(rest: str) -> str:
    """What a routine is about, where no verb says it: `grandma wants tea` → `tea`."""
    head, _ = split_prepositions(rest)
    noun = parse_noun(_LEADING.sub("", head))
    return noun.object.name if noun and noun.object else ""


_LEADING = re.compile(r"^.*\b(?:want|wants|need|needs|like|likes|have|has|is|are|be) ")
