"""House rules: what is always or never done, and where things belong."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.bans import BAN, is_ban
from coach.interpreter.facts import FACT, NOTICE
from coach.interpreter.items import Item
from coach.interpreter.lexicon import BESIDE, DAY
from coach.interpreter.phrases import parse_noun, parse_places, split_prepositions, topic_of
from coach.interpreter.tasks import parse_task
from coach.interpreter.times import take_times

_ALWAYS = re.compile(
    r"(?:you (?:should|must|can|may) )?(?P<word>always|never|do not ever|not ever|under no circumstances|do not|"
    r"must not|only|no)(?: you)? (?P<task>.+)"
)
_GOES = re.compile(r"(?P<thing>.+?) (?:(?:always|usually|should|must|all|only) )*(?P<never>(?:never|not|do not|"
                   r"does not|must not|should not|can not|may not) )?"
                   r"(?:be (?:put|placed|stored|kept) |gets? put |are (?:kept|stored|put) |is (?:kept|stored|put) |"
                   r"(?:have|has|need|needs|ought) to (?:go|be) |(?:be|stays?|stands?) (?=(?:in|on|inside|at|by|near|"
                   r"under|next to) )|"
                   r"go(?:es)? |belongs? |live[s]? )(?P<where>(?:in|on|into|onto|under|next to|at|by|near|behind|"
                   r"beside|above|below|"
                   r"inside) .+)")  # fmt: skip
_USE_FOR = re.compile(r"(?P<never>(?:never|do not) )?(?:always |only )?use (?P<thing>.+?) (?:for|on|to) (?P<use>.+)")
_CONDITIONAL = re.compile(
    r"(?:if|when|whenever|once|as soon as|every time|before|after|while|until) .+ .+|(?:stop|pause|wait) (?:if|"
    r"when|whenever|once|after|as soon as|at) .+"
)
_AT_THE_END = re.compile(r"^(.+?) ,? ?(?:always|every time|from now on|in future|in the future)$")
_PERSONS = frozenset(("it", "that", "this", "they", "he", "she", "i", "we", "you", "them"))
NOW = re.compile(
    r",? ?\b(?:(?:just |only )?for (?:now|today|this once)(?: only)?|(?:just|only) today|(?:only |just )?this time|"
    r"just this once|just once|today "
    r"only|"
    r"(?:only )?this once)\b,? ?"
)
_SPAN = (
    r"(?:only |just )?(?:(?:for )?(?:today|tonight|(?:the rest of )?this (?:morning|afternoon|evening|week|weekend|"
    r"month|year))|(?:for the next|until|till) (?:the )?(?:[a-z0-9]+ )??(?:hours?|days?|weeks?|weekend|months?|today|"
    rf"tonight|tomorrow|noon|midnight|{DAY}|morning|afternoon|evening|night|then)(?: (?:morning|afternoon|evening|"
    r"night))?|(?:until|till) (?:the end of|[a-z]+ (?:is|are|comes?|goes|leaves?)\b) ?.+)"
)
_LIMITED = re.compile(rf"^{_SPAN} ,? ?(?=\S)| ,? ?{_SPAN}$")
_WHERE = re.compile(
    r"(?P<thing>(?:[a-z]+ ){0,2}[a-z]+s) (?P<where>(?:in|into|on|onto) .+)"
)  # "the rule is plates in the rack"
_ALWAYS_THERE = re.compile(
    r"(?P<thing>(?:the |my |our )?(?:[a-z]+ ){0,2}[a-z]+s) always (?P<where>(?:in|into|on|onto|under|next to) .+)|"
    r"(?P<thing2>(?:the |my |our )?(?:[a-z]+ )?[a-z]+s) (?:we|i) (?:always )?(?:put|keep|place|store|leave) "
    r"(?:always )?(?P<where2>(?:in|into|on|onto|under|next to) .+)"
)
_STATE = re.compile(
    r"(?:always |please )?keep (?:the|my|our|your|all the) .+ (?:clear|clean|tidy|dry|closed|shut|"
    r"open|locked|empty|cold|warm|quiet|dark)"
)
_KEEP = re.compile(
    r"(?:always |please |we (?:always )?|i (?:always )?|you (?:should|must) )?(?P<never>never |do not )?keep "
    r"(?P<thing>.+?) (?P<out>out of|off|away from|in|on|inside|under|"
    r"next to) (?P<place>.+)"
)


def _kept(body: str, scope: str, clause: str) -> Item | None:
    """`keep the knives out of the dishwasher`, `we keep the towels in the basket`."""
    match = _KEEP.fullmatch(body)
    if match is None or match["thing"].split()[0] in ("going", "moving", "on", "it", "me", "an", "quiet", "still"):
        return None
    when = take_times(match["place"])
    beside = match["out"] if match["out"] in BESIDE else "in"
    noun, place = parse_noun(match["thing"]), parse_places([(beside, when.rest)]).target
    if noun is None or noun.object is None or not place:
        return None
    apart = (match["out"] in ("out of", "off", "away from")) != bool(match["never"])
    return Item(kind="rule", object=noun.object, place="" if apart else place, instead_of=place if apart else "",
                scope=scope, except_=when.except_, text=clause)  # fmt: skip


def _limited(body: str, clause: str) -> Item | None:
    """`cups go in the bin until Friday`: no rule ends by itself, so it holds no longer than for now."""
    rest = _LIMITED.sub("", body).strip(" ,")
    rule = parse_rule(rest) if rest != body else None
    if rule is None or not (rule.place or rule.instead_of):
        return None
    return msgspec.structs.replace(rule, scope="now", text=clause)


def parse_rule(clause: str) -> Item | None:
    """A rule of this home: what always or never is done, and where things belong."""
    prefix = NOTICE.match(clause)
    body = clause[prefix.end() :] if prefix else clause
    scope = "now" if NOW.search(body) else "home"
    body = NOW.sub(" ", body).strip(" ,")
    if limited := _limited(body, clause):
        return limited
    body = _AT_THE_END.sub(r"always \1", body)
    no_in = BAN.fullmatch(body)
    if no_in and is_ban(body):
        return _placed(no_in["thing"], no_in["where"], True, scope, clause)
    use = _USE_FOR.fullmatch(body)
    if use:
        thing = parse_noun(use["thing"])
        return Item(
            kind="rule", object=thing.object if thing else None, scope=scope, about=topic_of(use["use"]), text=clause
        )
    always = _ALWAYS_THERE.fullmatch(body)
    if always:
        return _placed(always["thing"] or always["thing2"], always["where"] or always["where2"], False, scope, clause)
    if _STATE.fullmatch(body):
        return Item(kind="rule", scope=scope, text=clause)
    kept = _kept(body, scope, clause)
    if kept:
        return kept
    body = re.sub(r"^we (?=always|never|only|do not (?!have\b|own\b|like\b|need\b|want\b|know\b))", "", body)
    always = _ALWAYS.fullmatch(body)
    if always:
        return _from_task(always["task"], always["word"] not in ("always", "only"), scope, clause)
    goes = _GOES.fullmatch(body)
    if goes and goes["thing"] not in _PERSONS:
        return _placed(goes["thing"], goes["where"], bool(goes["never"]), scope, clause)
    if prefix and not parse_task(body) and (where := _WHERE.fullmatch(body)):
        return _placed(where["thing"], where["where"], False, scope, clause)
    if _CONDITIONAL.fullmatch(body):
        return Item(kind="rule", scope=scope, text=clause)
    if prefix and prefix[0].strip() != "here":
        tasks = parse_task(body)
        if tasks:
            return _from_task(body, False, scope, clause)
        if not FACT.fullmatch(body):
            return Item(kind="rule", scope=scope, text=clause)
    return None


def _take_exception(words: str) -> tuple[str, str]:
    """The words without the days that are left out, and those days."""
    when = take_times(words)
    return (when.rest, when.except_) if when.except_ else (words, "")


def _from_task(words: str, forbidden: bool, scope: str, clause: str) -> Item | None:
    words, except_ = _take_exception(words)
    words = re.sub(
        r" (?:(?:before|after|while|when) (?:[a-z]+ing\b|you|we|i\b|breakfast|lunch|dinner).*|at night|"
        r"overnight)$",
        "",
        words,
    )
    tasks = parse_task(words)
    goes = None if tasks else _GOES.fullmatch(words)
    if goes and goes["thing"] not in _PERSONS:  # "cups go in the dishwasher, always"
        return _placed(goes["thing"], goes["where"], forbidden or bool(goes["never"]), scope, clause)
    if not tasks:
        if re.search(r" , | and (?!(?:the|a|my|our) )", words):
            return None  # two sentences in one
        if forbidden and clause.split()[0] in ("do", "no"):
            return None
        return Item(kind="rule", scope=scope, except_=except_, text=clause)
    task = tasks[0]
    place, unwanted = ("", task.place) if forbidden else (task.place, "")
    return Item(kind="rule", verb=task.verb, object=task.object, place=place, instead_of=unwanted, scope=scope,
                except_=except_, text=clause)  # fmt: skip


def _placed(thing: str, where: str, forbidden: bool, scope: str, clause: str) -> Item | None:
    where, _, apart = re.sub(r"(?: ,)? (?:and |but )?(?:not|never) (?=(?:in|on|into|onto) )", " ~ ", where).partition(
        " ~ "
    )
    where, except_ = _take_exception(where)
    where = re.sub(
        r" (?:overnight|at night|during the (?:day|night)|at all|ever|of course|though|any more|anymore|"
        r"instead)$",
        "",
        where,
    )
    if re.search(r" , | and (?=.* (?:is|are|goes|go|at|belongs?|in|on|into) )", where):
        return None  # two sentences in one
    noun = parse_noun(thing)
    place = parse_places(split_prepositions(where)[1]).target
    if noun is None or not place:
        return None
    unwanted = parse_places(split_prepositions(apart)[1]).target if apart else ""
    return Item(kind="rule", object=noun.object, place="" if forbidden else place,
        instead_of=place if forbidden else unwanted,
                scope=scope, except_=except_, text=clause)  # fmt: skip
