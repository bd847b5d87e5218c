"""Questions to the robot, and what they are about."""

from __future__ import annotations

import re

from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import COLORS, THINGS, singular

_START = re.compile(
    r"(?:what|why|where|when (?:is|are|will|do|does|did|can|was|were|should|would|have)|when$|who|how|which|"
    r"whose|do (?:you|i|we|they|it)|does|did|is|are|was|were|have (?:you|we|i|they|he|she|it|any|all|the .+ been)|"
    r"has|had|can|could|will|would|should|may|"
    r"shall|(?:tell|remind) me (?:what|why|where|how|which|about)|explain|help|show me (?:what|how|where|why)|any "
    r"idea|am i|"
    r"am|describe|list (?:your|the|all|my)|status$|report status|you (?:okay$|done|ready|there$|awake|all right|"
    r"finished|sure|know (?:what|where|how|who|why|when|if|which)|"
    r"still)|(?:got )?any(?:thing|body|one)? (?:questions?|problems?|news|left|else|home|there|new|wrong|i|in|on|you|"
    r"to)|every(?:thing|body|one) (?:okay|done|"
    r"all right|good)|still (?:there|working|busy)|ready|done already|got it)\b"
)
_TOPICS = (
    ("ability", r"what (?:else )?can (?:you|i|we) (?:do|say|ask|tell you)|help(?: me)?|what (?:are|is) (?:your|"
                r"the) (?:commands?|options?|abilities|skills)|"
                r"how (?:do|can) i .*|what do you (?:know|understand)|what are you able to do|(?:can|"
                r"could) you (?!see|hear|spot).*|are you able to .*"),
    ("identity", r"who are you|what are you|what is your name|who (?:made|built) you|are you (?:a )?(?:robot|"
                 r"human|real).*"),
    ("lessons", r".*\b(?:rules?|lessons?|learn(?:ed|t)?|remember|corrections?|routines?|taught)\b.*"),
    ("reason", r"(?:tell me )?why\b.*|explain.*|how come.*|what (?:is|was) the reason.*|what for|"
               r"what did you do that for"),
    ("holding", r".*\b(?:holding|in (?:your|the) (?:left |right )?(?:hand|gripper|arm)s?|got there|have you got|"
                r"do you have)\b.*"),
    ("seeing", r"(?:what|which .*|how many .*|do|can|could|did) (?:(?:do|can|did|is|are) )?(?:(?:you|there|"
               r"i) )?(?:see|seeing|look(?:ing)? at|there|spot|sees?).*|"
               r"(?:is|are) there .*|what is (?:on|in) .*|how many .*|describe .*|which .* (?:is|are) (?:in|"
               r"on) .*|what do you see.*"),
    ("place", r"(?:tell me |show me )?where\b.*|(?:is|are|was|were) (?:the|my|it|that|any|all) .*\b(?:in|on|at)\b .*"),
    ("next", r".*\b(?:next|then|after that|will you do|going to do|plan|are you going to|after this)\b.*"),
    ("done", r".*\b(?:done|finish(?:ed)?|ready|complete[d]?|how (?:long|far|much longer)|progress|did you|"
             r"have you|managed?)\b.*"),
    ("doing", r".*\b(?:doing|going on|happen(?:ing|ed)?|up to|working on|task|status|state|matter|wrong|stuck|"
              r"thinking)\b.*"),
    ("feeling", r"how (?:are|do) you.*|are you (?:okay|all right|well|there|awake|alive|on|listening).*|"
                r"how is it going|do you hear me"),
    ("time", r"what (?:time|day|date) .*|what is the (?:time|date).*|when .*"),
)  # fmt: skip
_COMPILED = tuple((about, re.compile(pattern)) for about, pattern in _TOPICS)


def parse_question(clause: str, marked: bool) -> Item | None:
    """The question that the clause asks.

    Args:
        marked: it ended with a question mark.
    """
    if not marked and not _START.match(clause):
        return None
    about = next((name for name, pattern in _COMPILED if pattern.fullmatch(clause)), "")
    return Item(kind="question", object=_thing_in(clause), about=about, text=clause)


def _thing_in(clause: str) -> Object | None:
    """The first thing that the lexicon knows, with the colour before it."""
    words = clause.split()
    for index, word in enumerate(words):
        if singular(word) in THINGS and singular(word) not in ("thing", "stuff", "key", "can", "jar"):
            color = COLORS.get(words[index - 1], "") if index else ""
            return Object(name=singular(word), color=color)
    return None
