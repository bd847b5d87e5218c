"""How people speak: repeated words, detours of politeness, the thing or the place before the verb.

All of it in plain form (`normalise.py`), before the rules read it.
"""

from __future__ import annotations

import re

from coach.interpreter.lexicon import COLORS, GERUNDS, PLACES, THINGS, VERBS, alternatives

_KEPT_TWICE = frozenset(("no", "wait", "stop", "ha", "bye", "hey", "whoa", "yes", "go", "very", "blah", "the", "halt",
                         "freeze", "la"))  # fmt: skip
_TWICE = re.compile(r"\b(?P<said>[a-z]+(?: [a-z]+){0,3})(?: ,)? (?P=said)\b")
_ASIDES = re.compile(
    r"^i (?:think|believe|guess) (?:that )?(?=i (?:meant|said|want|would like|need|asked))|(?: ,)? if you (?:please|"
    r"will|like)$|(?<=at )like (?=\w)|(?<=at )around (?=\w)|"
    r"(?: ,)?(?<!do)(?<!did)(?<!if)(?<!how)(?<!that)\b (?:you know(?! (?:what|where|how|who|why|when|if|which|that))|"
    r"i guess|i suppose|sort of|kind of|"
    r"like you know|if that makes sense|or something|or so|as i said|basically|literally|if that is okay(?: with you)?|"
    r"if it is not too much trouble|once you are (?:free|done)|if you have (?:a|the) (?:moment|minute|second|time)|"
    r"when you (?:get|have) (?:a|the) (?:chance|moment|minute|second|time)|at your convenience|"
    r"if you would be so kind|if you please)(?: ,)?(?= |$)"
)
_DETOURS = re.compile(
    r"^(?:(?:so|and|okay|well|please|robot|hey|oh|now|then|um|sorry to bother you(?: but)?|listen|look|,) )*"
    r"(?:(?:please )?be so (?:kind|good) (?:as )?(?:to|and)|(?:would|could) it (?:trouble|bother) you to|may i "
    r"(?:ask|trouble) you to|(?:i )?(?:kindly )?(?:ask|beg) you to|"
    r"i (?:should|would) be (?:glad|grateful|happy|obliged) if you (?:could|would)|would you be so (?:kind|good) "
    r"(?:as )?(?:to|and)|could you (?:please )?be so kind (?:as )?(?:to|and)|"
    r"(?:please )?be (?:a|an) (?:dear|darling|angel|sweetheart|love|good robot) and|"
    r"(?:can|could|would|will) you do me a (?:favou?r|kindness) and|do me a (?:favou?r|kindness)(?: and| ,)?|"
    r"i (?:was|am) (?:just )?wondering (?:if|whether) you (?:could|would|can|might)|"
    r"i wonder (?:if|whether) you (?:could|would|can)|"
    r"(?:do|would) you think you (?:could|can|might)|do you mind|would you mind|"
    r"(?:is there )?any chance (?:that )?you (?:could|can|might)|(?:is|would) it (?:be )?possible (?:for you )?to|"
    r"(?:it would|that would) be (?:really |so |very )?(?:great|nice|lovely|good|helpful|wonderful|kind|super) if you "
    r"(?:could|would|can)|"
    r"i would (?:really )?(?:love|like|appreciate) it if you (?:could|would)|i would be (?:glad|happy|grateful) if you "
    r"(?:could|would)|i would appreciate you|"
    r"i (?:think|guess|believe|reckon|suppose) (?:that )?you (?:should|could|can|might|ought to|had better)|"
    r"maybe you (?:should|could|can)|perhaps you (?:should|could|can)|you (?:should|could|can) (?:maybe|perhaps)|"
    r"(?:could|can|would|will) you(?: (?:maybe|perhaps|possibly|please|kindly|just|quickly|then|also|now|robot|go "
    r"and|go|try to|try and|to))*|"
    r"i was (?:just )?thinking (?:that )?(?:maybe )?you (?:could|should|might)|i (?:would|'d) rather you|make "
    r"sure(?: that)?(?: you| to)?|see (?:to it )?that you|"
    r"you (?:know what|see)(?: ,)?|(?:hey|hi|hello) (?:there|robot)(?: ,)?|"
    r"why do not (?:you|we)(?: just)?|how about (?:you|we)|what if you|"
    r"if (?:you )?(?:do not mind|would not mind|you can|possible|it is okay)(?: ,)?|"
    r"when(?:ever)? you (?:get|have|find) (?:a|the) (?:chance|moment|minute|second|time)(?: ,)?|"
    r"(?:once|when) you are (?:free|ready|done with that|finished)(?: ,)?|"
    r"i (?:really )?(?:need|want|ask|would like|would love) (?:for )?you (?:now )?to(?: please)?|"
    r"you are (?:supposed|meant|allowed|welcome|free) to|your (?:next )?(?:job|task) (?:now )?is to|"
    r"the next (?:thing|job|task) is to|(?:can|could|may|might) (?:i|we) (?:ask|get|have) you to|"
    r"(?:could|can|shall|should) we(?: please)?|we (?:need|have|ought) to|would you please) (?=\S)"
)
_VERB = alternatives(VERBS)
_DETERMINED = rf"(?:the|that|this|those|these|my|your|our|{alternatives(COLORS)})\b(?: [a-z]+){{1,4}}?"
# "the blue plate , put it in the dishwasher", "that cup over there , pick it up"
_THING_FIRST = re.compile(
    rf"(?P<thing>{_DETERMINED})(?: over there| there| here)? ,(?: please| can you| could you| just)? "
    rf"(?P<verb>{_VERB}) (?:it|that|them|this|that one|those)\b(?P<rest>.*)"
)
# "in the drying rack please put the white bowl"
_PLACE_FIRST = re.compile(
    rf"(?P<place>(?:in|into|on|onto|to) (?:the |my |our )?(?:{alternatives(PLACES)}))(?: ,| please)* "
    rf"(?P<verb>put|place|set|drop|lay|stick|pop|throw|toss|move) (?P<rest>(?!in |on |into |onto ).+)"
)
_PARTICLE_LAST = re.compile(
    r"(?P<verb>turn|switch|plug|put|take|bring|throw|clear|clean|heat|warm|fill|hang|wipe|dry|chuck|toss) "
    r"(?P<thing>(?:the|my|our|that|this|all|those|these|some) [a-z ]{2,30}?) (?P<particle>on|off|out|up|away|down)"
    r"(?P<rest>$| (?:every|each|on|at|by|before|tomorrow|tonight|today|daily|,|in the (?:morning|evening)).*)"
)
_PHRASED = frozenset(f"{verb} {particle}" for verb in ("turn", "switch") for particle in ("on", "off")) | {
    "put out", "take out", "bring out", "heat up", "warm up", "fill up", "hang up", "throw out", "throw away",
    "put on", "hang out", "chuck out", "toss out", "clear up", "clear away", "clean up", "clean off", "wipe down",
    "wipe off", "dry off",
    "plug in", "clear off", "wipe up",
}  # fmt: skip
_MUST_GO = re.compile(
    rf"(?P<thing>(?:the|that|this|those|these) (?:[a-z]+ ){{0,2}}(?:{alternatives(THINGS)})(?:s|es)?) (?:needs?|has|"
    rf"have|"
    r"ought|wants|is supposed) to (?:go|be put|be placed|go back) (?P<where>(?:in|into|on|onto|to) .+)|"
    rf"(?P<thing2>(?:the|that|this) (?:[a-z]+ ){{0,2}}(?:{alternatives(THINGS)})) should (?:go|be) (?P<where2>(?:in|"
    rf"into|on|onto|to) .+)"
)
_GOES_PLEASE = re.compile(
    r"(?:please ,? ?)?(?P<thing>(?:the|that|this|those|these) (?:[a-z]+ ){0,2}[a-z]+) (?:goes|go) (?P<where>(?:in|"
    r"into|on|"
    r"onto|to) .+?)(?P<please> please)?"
)
PARTICIPLES = {
    "mopped": "mop", "cleaned": "clean", "washed": "wash", "wiped": "wipe", "vacuumed": "vacuum", "dusted": "dust",
    "ironed": "iron",
    "watered": "water", "fed": "feed", "emptied": "empty", "cleared": "clear", "swept": "sweep",
    "scrubbed": "scrub", "changed": "change",
    "tidied": "tidy", "polished": "polish", "hoovered": "hoover", "walked": "walk", "folded": "fold",
    "rinsed": "rinse", "unloaded": "unload",
    "loaded": "load", "opened": "open", "closed": "close", "locked": "lock", "done": "do", "cooked": "cook",
}  # fmt: skip
_ARRANGED = re.compile(  # "the floor needs to be mopped"
    rf"(?P<what>(?:the|my|our|all the|those|these) [a-z ]+?) (?:is|are|gets?|should be|must be|needs? to be|has to "
    rf"be|have to be|(?:is|are) to be) (?P<how>{'|'.join(PARTICIPLES)})"
    r"(?P<rest> (?:every|each|on|at|by|daily|once|twice|before|after|tomorrow|today|tonight).*)"
)
_USE_TO = re.compile(
    r"(?:use|take) (?:the|a|that|this|your) [a-z ]{2,25}? (?:to|and) (?P<do>(?:wipe|clean|wash|"
    r"scrub|dry|sweep|dust|mop|rinse|polish) .+)"
)
_HAVE_IN = re.compile(
    rf"(?:i (?:would like|want) to |(?:can|could) (?:i|we) )?(?:have|get|see) (?P<thing>the "
    rf"(?:[a-z]+ ){{0,2}}(?:{alternatives(THINGS)})) (?P<where>(?:in|into|on|onto) .+)"
)
_PLEASE_WITHIN = re.compile(
    r"\b([a-z]+(?: (?:up|off|down|out|away|for me|me))?) please (?=(?:the|that|this|my|your|"
    r"a|an|all|me|it|to|for|in|on|[a-z]+)\b)"
)
_TO_LAST = re.compile(
    rf"^((?!(?:what|which|how|where|who|when|why) ).+ (?:{alternatives({*THINGS, *PLACES})})) to "
    rf"(put|wash|clean|wipe|open|close|bring|take|pick up|throw away|empty|clear)$"
)  # "the cup in the sink to put"
_LAST_VERB = re.compile(
    rf"(?P<thing>(?:the |my )?(?:[a-z]+ ){{0,2}}(?:{alternatives({*THINGS, *PLACES})})) "
    rf"(?P<verb>clean|wash|wipe|open|close|clear|empty)"
)
_ADDRESS = re.compile(r"(?: ,)? \b(?:lol|sweetie|honey|darling|bro|dude|my dear|mister|you know what)\b(?: ,)?")
_NP_PUT = re.compile(
    rf"(?P<thing>(?:the|my|that|this) (?:[a-z]+ ){{0,2}}(?:{alternatives(THINGS)})) (?P<verb>put|"
    rf"place|throw|wash|clean|bring|take) (?P<rest>(?:in|into|on|onto|to) .+)"
)
_PLACE_NP = re.compile(
    rf"(?P<where>(?:in|into|on|onto) (?:the )?(?:{alternatives(PLACES)})) (?P<thing>the (?:[a-z]+ "
    rf"){{0,2}}(?:{alternatives(THINGS)}))"
)
_YOU_DO = re.compile(
    rf"you (?!(?:take|get|pick|put|hold) (?:over|care|it|that)\b|"
    rf".*\bwrong\b)(?P<do>(?:{alternatives(VERBS)}|ask|remind|tell|wait|check|never|always) .+)"
)
_LEADING = re.compile(r"^(?:(?:so|okay|robot|hey|well|and|now|then|oh|um|please|hi|listen|,) )+(?=\S)")
_GIVE_A = re.compile(r"give (?P<thing>(?:the|that|this|my|our|those|these) [a-z ]{2,30}?) (?:a|another) (?:[a-z]+ )?"
                     r"(?P<verb>wipe|wash|clean|rinse|scrub|dust|polish|dry|sweep|mop|shake|stir)(?: "
                     r"please| down)?")  # fmt: skip
_CLEAR_OFF = re.compile(
    r"(?:clear|take|get|remove|clean) (?:everything|all|all the .+?|the stuff|all of it|the "
    r"things) (?:off|from|off of) (?P<place>(?:the|my|our) .+)"
)
_DAYS = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DAY_OWNS = re.compile(rf"\b(?P<day>tomorrow|today|tonight|(?:(?:this|next) )?{_DAYS})'s (?P<what>[a-z]+)\b")
_CAN_I_HAVE = re.compile(
    r"(?:can|could|may|might) (?:i|we) (?:please )?(?:have|get|take) (?P<thing>(?:the|that|my|a|an|some|this) .+)|"
    r"i (?:want|need|would like|would love) (?P<wanted>(?:the|that|my|this) "
    rf"(?:[a-z]+ ){{0,2}}(?:one|{alternatives(THINGS - {'thing', 'stuff', 'food', 'can', 'key'})}))(?: please)?"
)


def fluent(sentence: str) -> str:
    """Without repeated words and asides: `put the put the cup , you know , in the sink`."""
    if len(sentence) > 400:
        return sentence
    plain = _TWICE.sub(_once, sentence).replace("never ever", "never").replace("always always", "always")
    plain = (
        _DAY_OWNS.sub(_on_the_day, plain)
        .replace("i should like ", "i would like ")
        .replace("i should love ", "i would love ")
    )
    plain = _ADDRESS.sub("", plain).strip(" ,") or plain
    plain = _PLEASE_WITHIN.sub(r"\1 ", plain)
    return _ASIDES.sub("", plain).strip(" ,") or plain


def directly(clause: str) -> str:
    """Without detours of politeness, in the usual order.

    >>> directly("i was wondering if you could in the sink please put the cup")
    'put the cup in the sink'
    """
    plain = clause
    while (shorter := _DETOURS.sub("", plain)) != plain:
        plain = shorter
    return in_order(plain)


def in_order(clause: str) -> str:
    """Verb, thing, place: `in the sink put the cup` → `put the cup in the sink`."""
    please = clause.endswith(" please") or clause.startswith("please ")
    clause = _LEADING.sub("", clause).removesuffix(" please") or clause
    if match := _NP_PUT.fullmatch(clause):
        return f"{match['verb']} {match['thing']} {match['rest']}"
    if match := _PLACE_NP.fullmatch(clause):
        return f"put {match['thing']} {match['where']}"
    if match := _YOU_DO.fullmatch(clause):
        return match["do"]
    clause = _TO_LAST.sub(r"\2 \1", clause)
    if (match := _LAST_VERB.fullmatch(clause)) and clause.split()[0] not in VERBS:
        return f"{match['verb']} {match['thing']}"
    if match := _GIVE_A.fullmatch(clause):
        return f"{match['verb']} {match['thing']}"
    if match := _CLEAR_OFF.fullmatch(clause):
        return f"clear {match['place']}"
    if match := _THING_FIRST.fullmatch(clause):
        return f"{match['verb']} {match['thing']}{match['rest']}"
    if match := _PLACE_FIRST.fullmatch(clause):
        return f"{match['verb']} {match['rest']} {match['place']}"
    if (match := _PARTICLE_LAST.fullmatch(clause)) and f"{match['verb']} {match['particle']}" in _PHRASED:
        return f"{match['verb']} {match['particle']} {match['thing']}{match['rest']}"
    if match := _MUST_GO.fullmatch(clause):
        return f"put {match['thing'] or match['thing2']} {match['where'] or match['where2']}"
    match = _GOES_PLEASE.fullmatch(clause)
    if match and please:
        return f"put {match['thing']} {match['where']}"
    if match := _CAN_I_HAVE.fullmatch(clause):
        return f"give me {match['thing'] or match['wanted']}"
    if match := _USE_TO.fullmatch(clause):
        return match["do"]
    if match := _HAVE_IN.fullmatch(clause):
        return f"put {match['thing']} {match['where']}"
    if match := _ARRANGED.fullmatch(clause):
        return f"{PARTICIPLES[match['how']]} {match['what']}{match['rest']}"
    first, _, rest = clause.partition(" ")
    if rest and first in GERUNDS:
        return f"{GERUNDS[first]} {rest}"
    return clause


def _on_the_day(match: re.Match[str]) -> str:
    """`tomorrow's laundry` → `laundry tomorrow`."""
    named = match["day"] not in ("today", "tomorrow", "tonight") and " " not in match["day"]
    return f"{match['what']} {'on ' if named else ''}{match['day']}"


def _once(match: re.Match[str]) -> str:
    return match[0] if match["said"].split()[0] in _KEPT_TWICE else match["said"]
