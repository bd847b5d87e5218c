"""Spoken language made fluent: without repeated words, asides, preambles, and phrases broken off and begun again.

All of it in plain form (`normalise.py`), before the rules read it.
"""

from __future__ import annotations

import re

from coach.interpreter.lexicon import COLORS, DAY, VERBS, alternatives

_KEPT_TWICE = frozenset(("no", "wait", "stop", "ha", "bye", "hey", "whoa", "yes", "go", "very", "blah", "the", "halt",
                         "freeze", "la", "it", "that"))  # fmt: skip
_TWICE = re.compile(r"\b(?P<said>[a-z]+(?: [a-z]+){0,3})(?: ,)? (?P=said)\b")
_ASIDES = re.compile(
    r"^i (?:think|believe|guess) (?:that )?(?=i (?:meant|said|want|would like|need|asked))|(?: ,)? if you (?:please|"
    r"will|like)$|(?<=at )like (?=\w)|(?<=at )around (?=\w)|"
    r"(?: ,)?(?<!do)(?<!did)(?<!if)(?<!how)(?<!that)\b (?:you know(?! (?:what|where|how|who|why|when|if|which|that))|"
    r"i guess|i suppose|sort of|kind of|"
    r"like you know|if that makes sense|or something|or so|as i said|basically|literally|if that is okay(?: with "
    r"you)?|"
    r"if it is not too much trouble|once you are (?:free|done)|if you have (?:a|the) (?:moment|minute|second|time)|"
    r"(?:when|if|once) you (?:get|have|find|can|are|could) (?:a |the |spare a )?(?:chance|moment|minute|second|sec|"
    r"time|free|tick|mo)|at your convenience|"
    r"if you would be so kind|if you please)(?: ,)?(?= |$)"
)
# "the blue plate is for the bin": where it goes, and no more
_IS_FOR = re.compile(
    r"^(?P<before>(?:no ,? ?)?(?:the |that |this |all |those |these )?(?:[a-z]+ ){1,3})(?:(?P<one>is)|are) "
    r"(?:only |just |all )?for (?=the (?:sink|(?:drying |dish )?rack|bin|dishwasher)(?:$| not | ,))"
)
# what people say before they come to the point
_PREAMBLE = re.compile(
    r"^(?:(?:right|okay|so|well|now|look|listen|hey|hi|hello|robot|oh|um|and|please|alright|dear|yo|,) )*"
    r"(?:listen up|listen (?:carefully|here|closely|to me)|here is (?:the plan|the thing|the deal|what .{3,30}?|"
    r"how .{3,30}? "
    r"works?|my list|the list)|(?:the |my |our |some |a few )?(?:house|kitchen|home|new) rules?(?: (?:are|is|for "
    r"you))?(?! is)|"
    r"(?:a|just a) (?:few|couple of|quick) (?:things?|rules?|notes?|jobs?)|(?:one|two|three|four) (?:more "
    r")?(?:quick )?things?|"
    r"first of all|first off|firstly|secondly|lastly|last but not least|to begin with|to start with|for starters|"
    r"the (?:plan|thing|idea|deal|schedule) is(?: this| that)?|heads up|quick (?:thing|one|note|question)|"
    r"before i forget|while you are at it|while i (?:think of it|remember)|another thing|one last thing|"
    r"this is (?:the plan|how it works|how we do it|important|what .{3,30}?)|let me (?:tell|explain to) you (?:the "
    r"plan|the rules)|"
    r"(?:here are|these are) (?:the|my|our|some) (?:rules|chores|jobs|tasks|wishes)|you know the drill|mind you|"
    r"pay attention|attention(?: please)?|as (?:always|usual|i said(?: before)?)|good news|guess what|my dear|if i "
    r"may|"
    r"pardon me(?: but)?|forgive me(?: but)?|excuse me(?: but)?|i beg your pardon(?: but)?)"
    r"(?: ,| and| but| then| please)* (?=\S)"
)
# what they add when they have come to it
_POSTSCRIPT = re.compile(
    r"(?: ,| and)*(?: |^)(?:i (?:am|m) afraid|i believe|i think|i reckon|mind you|do you (?:hear|understand)(?: me)?|"
    r"(?:and )?remember that|do not forget(?: that)?|got it|got that|you hear(?: me)?|is that (?:clear|okay|all "
    r"right)|"
    r"thanks in advance|will you not|is it not|if you would be so kind|when you are ready|if i may say so|"
    r"as (?:always|usual|well)|like (?:always|usual)|come on|for (?:goodness|heavens?|god)s? sake|every single "
    r"time please)$"
)
# "put the red , no , the blue cup in the sink": a phrase broken off and begun again
_DISCOURSE_RIGHT = re.compile(
    rf"^right(?: ,)? (?=(?:so|then|okay|well|now|let|back|carry|go on|off you|you|i|we|next|here|"
    rf"{alternatives(VERBS)}) "
    rf")(?:, )?"
)
_BROKEN_OFF = re.compile(
    rf"(?P<det>\b(?:the|my|that|this|a|in|on|into|at|every|in the|on the|into the|at the))"
    rf"(?: (?P<last>{alternatives(COLORS)}))?(?: ,)? (?:uh |um )?(?:no|sorry|i mean|i meant|or rather|rather|wait|"
    rf"make that|"
    rf"no wait|wait no|no sorry|sorry no|no i mean|sorry i mean|actually)(?: ,)? (?=(?:the|my|that|in|on|into|at|"
    rf"every) )"
)
_LISTED_COLORS = re.compile(  # "the green , the yellow bowl", where no "and" follows
    rf"\bthe (?:{alternatives(COLORS)})(?: ,)? (?=the (?:{alternatives(COLORS)}) [a-z]+(?! and| ,))"
)
_SCOPE_FIRST = re.compile(
    r"^(?P<scope>just today|only today|for today(?: only)?|just (?:for )?this once|just this time|only this time|"
    r"this time(?: only)?|"
    r"just for (?:now|today)|for now)(?: ,)?(?: please)? (?P<rest>(?!the\b|in\b|on\b).{6,})"
)
_AFTERTHOUGHT = re.compile(  # where a correction sets in that no comma tells
    r"(?<=[a-z]) (?=(?:no wait|wait no|no sorry|sorry no|actually no|no actually|no i mean|no i meant|sorry i "
    r"meant|sorry i mean|"
    r"i mean the|no no not|or rather|no hang on|oh no not|no make that|actually make that) )"
)
_OFF_AND_INTO = re.compile(r"(?<= )((?:off|from|out of|off of) (?:the|my|that) [a-z]+) and (?=(?:into|onto|in|on|to) )")
_TOPIC_FIRST = re.compile(  # "the plants water the plants every three days"
    rf"\b(?P<thing>(?:the|my|our) [a-z]+)(?: ,)? (?P<verb>{alternatives(VERBS)}) (?P=thing)\b"
)
_PLEASE_WITHIN = re.compile(
    r"\b([a-z]+(?: (?:up|off|down|out|away|for me|me))?) please (?=(?:the|that|this|my|your|"
    r"a|an|all|me|it|to|for|in|on|[a-z]+)\b)"
)
_ADDRESS = re.compile(
    r"(?: ,)? \b(?:lol|sweetie|sweetheart|honey|darling|bro|bruh|dude|fam|babe|bestie|champ|chief|my (?:dear|"
    r"friend|love)|mister|"
    r"you know what|old chap|young man|you silly (?:thing|robot)|silly(?= the)|pal|fella|smarty pants|"
    r"partner)\b(?: ,)?"
)
_VOCATIVE = re.compile(  # "no , love , the red one"
    r"(?<!\bthe)(?<!\boh)(?<!\bmy)(?<!\bi)(?<!\ba)(?<!\bthat)(?<!\bold)(?<!\bwe)(?<!\byou)(?: ,)? (?:my |old |dear |"
    r"good )?"
    r"(?:love|dear|mate|buddy|man|sir|madam|sunshine|robot|friend|boy|girl|lad|son|petal|hun|dearie|duck|amigo)(?= ,)"
)
_INTERJECTED = re.compile(r"(?<= ,) (?:well|look|listen|like|please|honestly|seriously|come on|oh|hey|er|now|right|"
                          r"i am afraid|of course|obviously)(?= ,)")  # fmt: skip
_NO_SUBJECT = re.compile(r"^is (?=(?:mistake|a mistake|wrong|not|no|too|very|so)\b)")  # "is mistake"
_GO_AND = re.compile(
    rf"^(?P<before>(?:please |now |then |, )*)go (?:and )?(?=(?:{alternatives(VERBS)}|turn|switch|"
    rf"plug|do|ask|tell|help|"
    r"have|see) )"
)
_DAY_OWNS = re.compile(rf"\b(?P<day>tomorrow|today|tonight|(?:(?:this|next) )?{DAY})'s (?P<what>[a-z]+)\b")


def fluent(sentence: str) -> str:
    """Without repeated words and asides: `put the put the cup , you know , in the sink`."""
    if len(sentence) > 400:
        return sentence
    plain = _DISCOURSE_RIGHT.sub("", _PREAMBLE.sub("", _POSTSCRIPT.sub("", sentence) or sentence))
    if "," in plain:
        plain = _INTERJECTED.sub("", _VOCATIVE.sub("", plain)).replace(", ,", ",")
    plain = _GO_AND.sub(r"\g<before>", _NO_SUBJECT.sub("it is ", plain))
    plain = _OFF_AND_INTO.sub(r"\1 ", _AFTERTHOUGHT.sub(" , ", plain).replace(" , , ", " , "))
    plain = _SCOPE_FIRST.sub(r"\g<rest> \g<scope>", _LISTED_COLORS.sub("", plain))
    plain = _TOPIC_FIRST.sub(r"\g<verb> \g<thing>", _BROKEN_OFF.sub("", plain))
    plain = _TWICE.sub(_once, plain).replace("never ever", "never").replace("always always", "always")
    plain = (
        _DAY_OWNS.sub(_on_the_day, plain)
        .replace("i should like ", "i would like ")
        .replace("i should love ", "i would love ")
    )
    plain = _ADDRESS.sub("", plain).strip(" ,") or plain
    plain = _IS_FOR.sub(lambda said: f"{said['before']}{'goes' if said['one'] else 'go'} in ", plain)
    plain = _PLEASE_WITHIN.sub(r"\1 ", plain)
    return _ASIDES.sub("", plain).strip(" ,") or plain


def _on_the_day(match: re.Match[str]) -> str:
    """`tomorrow's laundry` → `laundry tomorrow`."""
    named = match["day"] not in ("today", "tomorrow", "tonight") and " " not in match["day"]
    return f"{match['what']} {'on ' if named else ''}{match['day']}"


def _once(match: re.Match[str]) -> str:
    return match[0] if match["said"].split()[0] in _KEPT_TWICE else match["said"]
