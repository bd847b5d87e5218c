"""What holds beyond this moment: rules, facts, routines, and when the person wants to be asked or told."""

from __future__ import annotations

import re

from coach.interpreter.bans import BAN, is_ban
from coach.interpreter.items import Item, Object
from coach.interpreter.phrases import parse_noun, parse_places, split_prepositions
from coach.interpreter.tasks import parse_task
from coach.interpreter.times import When, take_times

_RULE = re.compile(
    r"(?:from now on|in future|in the future|as a rule|in (?:this|our|my) (?:house|home|kitchen)|"
    r"remember(?: that)?|note that|keep in mind(?: that)?|"
    r"for the future|here|the rule is|new rule|house rule|rule|generally|normally|usually|"
    r"it is important that you|make sure (?:to|you|that you)|, )+ "
)
_ALWAYS = re.compile(
    r"(?:you (?:should|must|can|may) )?(?P<word>always|never|do not ever|not ever|under no circumstances|do not|"
    r"must not|only|no)(?: you)? (?P<task>.+)"
)
_GOES = re.compile(r"(?P<thing>.+?) (?:(?:always|usually|should|must|all|only) )*(?P<never>(?:never|do not|"
                   r"does not|must not|should not|can not|may not) )?"
                   r"(?:be (?:put|placed|stored|kept) |gets? put |are (?:kept|stored) |is (?:kept|stored) |"
                   r"go(?:es)? |belongs? |live[s]? )(?P<where>(?:in|on|into|onto|under|next to|"
                   r"inside) .+)")  # fmt: skip
_USE_FOR = re.compile(r"(?P<never>(?:never|do not) )?(?:always |only )?use (?P<thing>.+?) (?:for|on|to) (?P<use>.+)")
_CONDITIONAL = re.compile(
    r"(?:if|when|whenever|once|as soon as|every time|before|after|while|until) .+ .+|(?:stop|pause|wait) (?:if|"
    r"when|whenever|once|after|as soon as|at) .+"
)
_AT_THE_END = re.compile(r"^(.+?) ,? ?(?:always|every time|from now on|in future|in the future)$")
_NOW = re.compile(
    r",? ?\b(?:for now|this time|just this once|just once|for today|only this time|just this time|today only|"
    r"this once)\b,? ?"
)
_CHECKIN = re.compile(
    r"(?:always )?(?:ask|check with|check in with|tell|warn|call|alert|notify|inform|show|remind|wake) (?:me|us|"
    r"with me)(?: first| again)? ?(?P<when>(?:before|when|if|once|as soon as|after|whenever|every|at|in|to|about|"
    r"that|first|tomorrow|on) ?.*|)|"
    r"(?:always )?(?:ask|check) (?P<when2>(?:first|before|in|back|with me|again|in every|every) ?.*)|"
    r"let me know ?(?P<when3>.*)|report (?P<when4>.*)|report|keep me (?:posted|updated|informed|"
    r"in the loop)(?: .*)?|check in(?: .*)?|do not (?:start|begin|do anything|move) (?:until|before|"
    r"without) (?:i|asking|you have) .*"
)
MORE_TIME = re.compile(r"\b(?:every|each|daily|weekly|monthly|on (?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b")
_ABOUT = re.compile(r" about (?:the |my |our )?(?P<what>[a-z ]{2,40}?)$")
_ACTIVITY = re.compile(r"(?:(?:have|serve|we eat|we have|we want|i want|schedule|plan|is|the) )*(?P<what>dinner|"
                       r"lunch|breakfast|supper|laundry|dishes|cleaning|tea|coffee|bins?|shopping|bath|bedtime|"
                       r"trash|garbage|washing)"
                       r"(?: (?:is|day|time|night|starts?|should be(?: ready)?|ready|done|will be))*")  # fmt: skip
_FACT = re.compile(
    r"(?:my|our|the|this|that|these|those|it|he|she|they|there|i|we|you|his|her|all|a|an|dad|mum|mom|grandma|"
    r"guests?|[a-z]+(?:s)?)\b.{0,60}?"
    r"\b(?:is|are|was|were|am|has|have|like|likes|love|loves|hate|hates|prefer|prefers|live|lives|belongs?|"
    r"called|named|need|needs|want|wants|own|owns|eat|eats|drink|drinks|"
    r"fell|broke|moved|keeps|bought|comes?|coming|stopped|can not|will be|use|uses)\b.*"
)
_SUBJECT = re.compile(
    r"(?P<subject>.+?) (?:is|are|was|were|has|have|belongs?|lives?|goes|go|fell|broke|will be|comes?|stopped|"
    r"needs?|can not)\b"
)


def parse_checkin(clause: str) -> Item | None:
    """When the person wants to be asked or told."""
    if not _CHECKIN.fullmatch(clause):
        return None
    when = take_times(clause)
    topic = _ABOUT.search(when.rest)
    return Item(kind="checkin", rrule=when.rrule, time=when.time, date=when.date, until=when.until,
                about=topic["what"] if topic else "", text=clause)  # fmt: skip


def parse_routine(clause: str) -> Item | None:
    """A standing or timed instruction: `laundry on Tuesdays`, `dinner at 6`."""
    when = take_times(clause)
    if not (when.rrule or when.time or when.date):
        return None
    if " and " in when.rest and MORE_TIME.search(when.rest):
        return None  # two of them in one breath
    rest = re.sub(r"^(?:always|remember to|we|i) ", "", when.rest)
    skipped = re.sub(r"^(?:skip|no|do not do|leave out) (?:the )?", "", rest)
    if skipped != rest:  # the routine stays, one day falls out
        rest, when = skipped, when._replace(date="", except_=when.date or when.except_)
    activity = _ACTIVITY.fullmatch(rest)
    tasks = parse_task(rest) if rest else None
    if tasks and tasks[0].kind == "task" and not (activity and tasks[0].verb != "laundry"):
        return _routine(when, verb=tasks[0].verb, thing=tasks[0].object, place=tasks[0].place, text=tasks[0].text)
    if activity:
        verb = "laundry" if activity["what"] in ("laundry", "washing") else ""
        return _routine(when, verb=verb, about="" if verb else activity["what"])
    if when.rrule and rest and len(rest.split()) <= 6 and not _FACT.fullmatch(rest):
        return _routine(when, about=rest)
    return None


def _routine(
    when: When, verb: str = "", thing: Object | None = None, place: str = "", about: str = "", text: str = ""
) -> Item:
    return Item(kind="routine", verb=verb, object=thing, place=place, rrule=when.rrule, time=when.time, date=when.date,
                until=when.until, except_=when.except_, about=about, text=text)  # fmt: skip


def parse_rule(clause: str) -> Item | None:
    """A rule of this home: what always or never is done, and where things belong."""
    prefix = _RULE.match(clause)
    body = clause[prefix.end() :] if prefix else clause
    scope = "now" if _NOW.search(body) else "home"
    body = _NOW.sub(" ", body).strip(" ,")
    body = _AT_THE_END.sub(r"always \1", body)
    no_in = BAN.fullmatch(body)
    if no_in and is_ban(body):
        return _placed(no_in["thing"], no_in["where"], True, scope, clause)
    use = _USE_FOR.fullmatch(body)
    if use:
        thing = parse_noun(use["thing"])
        return Item(kind="rule", object=thing.object if thing else None, scope=scope, about=use["use"], text=clause)
    body = re.sub(r"^we (?=always|never|do not|only)", "", body)
    always = _ALWAYS.fullmatch(body)
    if always:
        return _from_task(always["task"], always["word"] not in ("always", "only"), scope, clause)
    goes = _GOES.fullmatch(body)
    if goes and goes["thing"] not in ("it", "that", "this", "they", "he", "she", "i", "we", "you", "them"):
        return _placed(goes["thing"], goes["where"], bool(goes["never"]), scope, clause)
    if _CONDITIONAL.fullmatch(body):
        return Item(kind="rule", scope=scope, text=clause)
    if prefix and prefix[0].strip() != "here":
        tasks = parse_task(body)
        if tasks:
            return _from_task(body, False, scope, clause)
        if not _FACT.fullmatch(body):
            return Item(kind="rule", scope=scope, text=clause)
    return None


def _from_task(words: str, forbidden: bool, scope: str, clause: str) -> Item | None:
    when = take_times(words)
    words = when.rest if when.except_ else words
    tasks = parse_task(words)
    if not tasks:
        if forbidden and clause.split()[0] in ("do", "no"):
            return None
        return Item(kind="rule", scope=scope, except_=when.except_, text=clause)
    task = tasks[0]
    place, unwanted = ("", task.place) if forbidden else (task.place, "")
    return Item(kind="rule", verb=task.verb, object=task.object, place=place, instead_of=unwanted, scope=scope,
                except_=when.except_, text=clause)  # fmt: skip


def _placed(thing: str, where: str, forbidden: bool, scope: str, clause: str) -> Item | None:
    when = take_times(where)
    where = when.rest if when.except_ else where
    if re.search(r" , | and (?=.* (?:is|are|goes|go|at|belongs?) )", where):
        return None  # two sentences in one
    noun = parse_noun(thing)
    place = parse_places(split_prepositions(where)[1]).target
    if noun is None or not place:
        return None
    return Item(kind="rule", object=noun.object, place="" if forbidden else place,
        instead_of=place if forbidden else "",
                scope=scope, except_=when.except_, text=clause)  # fmt: skip


def parse_fact(clause: str) -> Item | None:
    """A statement about this home or its people."""
    body = _RULE.sub("", clause)
    if not _FACT.fullmatch(body):
        return None
    subject = _SUBJECT.match(body)
    about = ""
    if subject:
        noun = parse_noun(split_prepositions(subject["subject"])[0])
        about = " ".join(filter(None, (noun.object.color, noun.object.name))) if noun and noun.object else ""
    return Item(kind="fact", about=about, text=clause)
