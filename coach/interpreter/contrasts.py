"""What is wanted set against what is not: `the towel, not the plate`, `no, in the rack instead`."""

from __future__ import annotations

import re

from coach.interpreter.items import Object
from coach.interpreter.lexicon import VERBS, alternatives
from coach.interpreter.phrases import is_known_place, parse_noun, parse_place, split_prepositions
from coach.interpreter.tasks import parse_task

_MARKER = re.compile(
    r"(?:no|wrong|incorrect|not (?:like )?(?:that|this|it|there|here|so|that way|in there|over there)(?: one)?"
    r"(?! (?!(?:the|over|in|on|into|onto|put|pick|take|i|use|but|it|no|not)\b)[a-z])|"
    r"that is (?:wrong|not (?:it|right|correct|what i (?:meant|said|wanted|asked for|asked)))|"
    r"actually|i (?:meant|mean)|what i meant was|rather(?! than)|sorry|oops|correction|change of plans?|"
    r"(?:on )?second thoughts?|wait no|i said|"
    r"(?:what|how) about|i was (?:after|thinking of|looking for|talking about|asking for)|i (?:want|wanted|would "
    r"(?:prefer|rather have|like)|prefer|need|asked for|told you)(?! you "
    r"to| to |(?: it| that)? my )|i told you to|"
    r"make (?:it|that)(?! a )|i changed my mind|"
    r"this is wrong|that is not right|you are wrong|that is a mistake|mistake|better|hang on|wait|hold on|use|"
    r"try|choose|(?:the )?target is|i meant to say|i am sorry|change (?:the |your )?(?:target|goal|place|"
    r"destination) to|incorrect|negative|go (?:with|for)|no way|oh no|nope|please|robot|my mistake|my bad|let me "
    r"correct that|let us rather|"
    r"i (?:did|do) not (?:mean|want|say|ask for) (?:that|this|it)(?: one)?|that is not the one(?: i (?:meant|wanted|"
    r"asked for|said))?|that one is wrong|"
    r"let me (?:correct|rephrase|repeat)(?: (?:myself|that|it))?|i (?:misspoke|stand corrected|repeat)|to be "
    r"(?:clear|precise|exact)|to clarify|(?:that is|it was) my (?:mistake|fault)|"
    r"that is not (?:mine|where it goes|where it belongs|the right one)|you (?:should|must|need to|have to|can) "
    r"(?:have )?(?:rather |instead )?|"
    r"i (?:want|need|would like) you to|(?:can|could|would) you|"
    r"it (?:should|has to|must|needs to|is supposed to|ought to) (?:go|be)|(?:it|that|this|they|those) (?:goes|"
    r"go|belongs?)|that (?:should|has to|must) (?:go|be)|do(?! not)|,|but|and|it is|put)"
    r"(?= |$)"
)
# markers that alone do not make a correction: they only introduce what is said
_WEAK = frozenset(
    [
        "hang on",
        "wait",
        "hold on",
        "use",
        "try",
        "choose",
        "do",
        ",",
        "but",
        "and",
        "it is",
        "put",
        "go with",
        "go for",
        "i want",
        "i need",
        "i would like",
        "sorry",
        "please",
        "the target is",
        "robot",
        "can you",
        "could you",
        "would you",
        "i want you to",
        "i need you to",
        "i would like you to",
        "you should",
        "you must",
        "you need to",
        "you have to",
        "you can",
    ]
)
_CONTRASTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<wanted>.+?) (?:, )?(?:instead of|rather than|in place of|as opposed to) (?P<unwanted>.+)",
        r"(?:instead of|rather than) (?P<unwanted>.+?) , (?P<wanted>.+)",
        rf"(?:instead of|rather than) (?P<unwanted>(?:in |on |into )?(?:the|that|this|my) [a-z ]+?) "
        rf"(?P<wanted>(?:{alternatives(VERBS)}|in|on|into) .+)",
        r"(?:it is |that is )?not (?P<unwanted>.+?) (?:, )?(?:but|i (?:said|meant|mean|want|wanted)|it is|rather|"
        r"take|use) (?P<wanted>.+)",
        r"(?:it is |that is )?not (?P<unwanted>.+?) , (?P<wanted>.+)",
        r"(?:it is |that is )?not (?P<unwanted>(?:in |on |into )(?:the|my|that) [a-z ]+?) (?P<wanted>(?:put|place|"
        r"move|take|use|leave) .+)",
        r"(?:never mind|forget|leave|skip) (?P<unwanted>(?:the|that) .+?) (?:,|and) (?P<wanted>.+)",
        r"(?P<wanted>.+?) (?:, )?(?:and |but )?not (?P<unwanted>.+)",
        r"(?:it is |that is )?not (?P<unwanted>(?:in |on |into )?(?:the|that) .+?) (?P<wanted>(?:in |on |"
        r"into )?the .+)",
        r"(?:it is |that is )?not (?P<unwanted>.+)",
    )
)
NEGATED = re.compile(r"(?:do|should|must|shall|will) not (?:you )?(?P<task>.+)")


def take_markers(clause: str) -> tuple[bool, str]:
    marked, rest = False, clause
    while match := _MARKER.match(rest):
        if match[0] in ("put", "do", "use") and not marked:
            break
        if match[0] == "put":
            break
        marked = marked or match[0].strip() not in _WEAK
        rest = rest[match.end() :].strip(" ,")
    return marked, rest


def take_instead(wanted: str) -> tuple[str, bool]:
    shorter = re.sub(r" ?,? ?\b(?:instead|rather)$", "", wanted)
    shorter = re.sub(r"^(?:instead|rather) ,? ?", "", shorter)
    return shorter.strip(" ,"), shorter != wanted


def contrast(rest: str) -> tuple[str, str]:
    """What is wanted and what is not, where the words set one against the other."""
    if NEGATED.match(rest):
        return rest, ""
    for pattern in _CONTRASTS:
        match = pattern.fullmatch(rest)
        if match:
            if match["unwanted"] in ("quite", "yet", "really", "exactly", "now", "so fast", "too"):
                return rest, ""
            unwanted = named_in(match["unwanted"])
            if unwanted or match["unwanted"] in (
                "that",
                "this",
                "it",
                "that one",
                "this one",
                "there",
                "here",
                "in there",
            ):
                return match.groupdict().get("wanted") or "", unwanted
    return rest, ""


def named_in(words: str) -> str:
    """The thing or place in `in the red bin`, `the blue one`."""
    words = words.strip(" ,")
    head, phrases = split_prepositions(words)
    if not head and phrases:
        return parse_place(phrases[-1][1])
    tasks = parse_task(words)
    if tasks and tasks[0].kind == "task":
        return tasks[0].place or name_of(tasks[0].object)
    if is_known_place(head):
        return parse_place(head)
    thing = parse_noun(head)
    return name_of(thing.object) if thing else ""


def name_of(thing: Object | None) -> str:
    if thing is None:
        return ""
    return " ".join(filter(None, (thing.which if not thing.name and not thing.color else "", thing.color, thing.name)))
