"""Corrections: `no, in the drying rack`, `not the plate, the towel`, `the other cup`, `wrong one`."""

from __future__ import annotations

import re

from coach.interpreter.bans import is_ban
from coach.interpreter.complaints import parse_complaint
from coach.interpreter.contrasts import NEGATED, contrast, name_of, named_in, take_instead, take_markers
from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import VERBS, alternatives
from coach.interpreter.normalise import strip_fillers
from coach.interpreter.tasks import parse_elided, parse_task

_HAND_SAID = re.compile(
    r"(?:(?:no|hey|but|oh|robot|,) )*(?:i (?:said|meant|mean|wanted|asked for|told you)(?: to)?(?: (?:use|take|with))?|"
    r"(?:that is )?(?:not (?:that|this|the (?:left|right)) (?:hand|arm)|(?:the )?wrong (?:hand|arm))(?: ,)?(?: use| "
    r"but| try)?"
    r"|no(?: ,)?(?: use| with)?) "
    r"(?:the |your )?(?P<which>left|right|other) (?P<part>hand|arm|gripper|one(?= $))(?: please)?"
)
_USE_FOR = re.compile(r"use .+ (?:on|for) ")
_NOT_WANTED = re.compile(
    r"(?:no ,? ?)?(?:i (?:do|did) not (?:want|mean|need|say|ask for)|(?:that|this|it) is) "
    r"(?P<unwanted>.+?)(?: ,)? (?:but )?i (?:want|meant|wanted|mean|said|need|asked for) (?P<wanted>.+)"
)
_BARE_PLURAL = re.compile(
    r"(?!(?:no|not|the|that|this|it|those|these|my|they|actually|sorry|wait)\b)(?:[a-z]+ "
    r")?[a-z]+s (?:go|belong|should|must|have|need|ought)\b"
)
_WANT_IT = re.compile(
    r"(?:no ,? ?)?(?:i|we) (?:want|need|would like|wanted|would prefer) (?:it|that|this|them) "
    r"(?P<where>(?:in|on|into|onto) .+)"
)
_PAST = {
    "taken": "take",
    "picked": "pick",
    "put": "put",
    "grabbed": "grab",
    "used": "use",
    "washed": "wash",
    "placed": "place",
    "left": "leave",
}
_SHOULD_HAVE = re.compile(rf"you (?:should|were supposed to|ought to) have (?P<did>{'|'.join(_PAST)}) (?P<rest>.+)")
_I_SAID = re.compile(
    r"(?: ,)? (?:(?:that )?i (?:want|said|meant|mean|wanted|told you)|is what i (?:said|meant|"
    r"wanted))$"
)
_HAND = re.compile(
    r"(?:(?:use|with|try|take) )(?:the |your |its )?(?P<which>left|right|other) (?P<part>hand|arm|"
    r"gripper)(?: for (?:that|this|it))?"
)
_BELONGS = re.compile(
    r"(?P<thing>(?:(?:the|that|this|those|these|my) )?[a-z ]{1,40}?) (?:goes|go|belongs?|should (?:go|be)|"
    r"(?:has|have|needs?) to (?:go|be)|must (?:go|be)|ought to (?:go|be)) (?P<where>(?:in|into|inside|on|onto|to) .+)"
)
_GENERIC_RULE = re.compile(rf"(?>{alternatives(VERBS)}) (?!(?:the|that|this|it|my|those|these|them)\b)")


def parse_correction(clause: str) -> list[Item] | None:
    """What the person wants otherwise; None where nothing says that it is a correction."""
    if is_ban(clause):
        return None
    if said_hand := parse_hand(clause):
        return [said_hand]
    if complaint := parse_complaint(clause):
        return [complaint]
    negated = NEGATED.fullmatch(clause)
    if negated:
        return _negated(negated["task"], clause)
    either = _NOT_WANTED.fullmatch(clause)
    if either and (unwanted := named_in(either["unwanted"])):
        return _wanted(either["wanted"], unwanted)
    if _BELONGS.fullmatch(clause.split(" not ")[0]) and _BARE_PLURAL.match(clause):
        return None  # "plates go in the rack, not in the sink" holds for all of them
    want = _WANT_IT.fullmatch(clause)
    if want:
        return _wanted(want["where"], "")
    should = _SHOULD_HAVE.fullmatch(clause)
    if should:
        return _wanted(f"{_PAST[should['did']]} {should['rest']}", "")
    marked, rest = take_markers(clause)
    said = _I_SAID.sub("", rest)
    marked, rest = marked or said != rest, said
    wanted, unwanted = contrast(rest)
    wanted, instead = take_instead(wanted)
    marked = marked or instead or bool(unwanted)
    if not marked and (hand := _HAND.fullmatch(rest)):
        return [Item(kind="correction", object=Object(name=hand["part"], which=hand["which"]))]
    if not marked:
        return _the_other(rest)
    if not wanted:
        return [Item(kind="correction", instead_of=unwanted, text="" if unwanted else clause)]
    return _wanted(wanted, unwanted)


def parse_hand(clause: str) -> Item | None:
    """`I said left arm`: the other arm is meant, not a nudge to the left."""
    said = _HAND_SAID.fullmatch(clause)
    return Item(kind="correction", object=Object(name=said["part"], which=said["which"])) if said else None


def _wanted(wanted: str, unwanted: str) -> list[Item] | None:
    negated = NEGATED.fullmatch(wanted)
    if negated:
        return _negated(negated["task"], wanted)
    if " , " in wanted and unwanted == "":
        first, _, second = wanted.partition(" , ")
        before = NEGATED.fullmatch(first)
        after = _wanted(second, "")
        if before and after:
            gone = _negated(before["task"], first)
            return [_with_instead(item, gone[0].instead_of if gone else "") for item in after]
    wanted = re.sub(r"^(?:use|with) ", "", strip_fillers(wanted))
    belongs = _BELONGS.fullmatch(wanted)
    tasks = parse_task(f"put {belongs['thing']} {belongs['where']}" if belongs else wanted)
    if tasks:
        return [_with_instead(_as_correction(item), unwanted) for item in tasks]
    found = parse_elided(
        re.sub(r"^(?:use|take|try|choose|do|go (?:with|for)|it is|that is|i want|i said|with) ", "", wanted)
    )
    if found is None:
        return None
    return [Item(kind="correction", object=found[0], place=found[1], instead_of=unwanted)]


def _negated(task: str, clause: str) -> list[Item] | None:
    """`do not put it in the bin , put it in the sink`; a plural or bare noun makes it a rule, which is not ours."""
    if task.startswith(("stop", "touch my", "touch the", "eat", "drink")):
        return None
    first, _, second = task.partition(" , ")
    unwanted_tasks = parse_task(first)
    if not unwanted_tasks:
        return None
    if not second and (_GENERIC_RULE.match(first) or _USE_FOR.match(first)):
        return None
    task_item = unwanted_tasks[0]
    unwanted = task_item.place or (name_of(task_item.object) if task_item.object else "")
    if second:
        wanted = _wanted(re.sub(r"^(?:but|put it|rather) (?=in |on |into )", "", second), unwanted)
        if wanted:
            return wanted
        return None
    text = "" if unwanted else clause
    named = task_item.object if task_item.place else None
    return [Item(kind="correction", verb=task_item.verb, object=named, instead_of=unwanted, text=text)]


def _the_other(clause: str) -> list[Item] | None:
    """`the other cup` alone says that this one is wrong."""
    found = parse_elided(re.sub(r"^(?:use|try) ", "", clause))
    if found and found[0] and found[0].which == "other":
        return [Item(kind="correction", object=found[0], place=found[1])]
    return None


def _as_correction(item: Item) -> Item:
    if item.kind != "task":
        return item
    return Item(kind="correction", verb=item.verb, object=item.object, place=item.place, text=item.text)


def _with_instead(item: Item, unwanted: str) -> Item:
    if item.kind != "correction" or not unwanted:
        return item
    return Item(
        kind="correction", verb=item.verb, object=item.object, place=item.place, instead_of=unwanted, text=item.text
    )
