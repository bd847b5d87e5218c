"""The thing or the place before the verb, a wish in the passive: brought into the order that the rules read."""

from __future__ import annotations

import re

from coach.interpreter.lexicon import COLORS, GERUNDS, PLACES, THINGS, VERBS, alternatives, split_words
from coach.interpreter.verb_forms import PARTICIPLES

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
    r"(?P<verb>turn|switch|plug|put|stick|pop|take|bring|throw|clear|clean|heat|warm|fill|hang|wipe|dry|chuck|toss) "
    r"(?P<thing>(?:the|my|our|that|this|all|those|these|some) [a-z ]{2,30}?) (?P<particle>on|off|out|up|away|down)"
    r"(?P<rest>$| (?:every|each|on|at|by|before|tomorrow|tonight|today|daily|,|in the [a-z]+).*)"
)
_PHRASED = frozenset(f"{verb} {particle}" for verb in ("turn", "switch") for particle in ("on", "off")) | {
    "put out", "take out", "bring out", "heat up", "warm up", "fill up", "hang up", "throw out", "throw away",
    "put on", "stick on", "pop on", "hang out", "chuck out", "toss out", "clear up", "clear away",
    "clean up", "clean off", "wipe down",
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
_ARRANGED = re.compile(  # "the floor needs to be mopped"
    rf"(?P<what>(?:the|my|our|all the|those|these) [a-z ]+?) (?:is|are|gets?|should be|must be|needs? to be|has to "
    rf"be|have to be|(?:is|are) to be) (?P<how>{'|'.join(PARTICIPLES)})"
    r"(?P<rest> (?:every|each|on|at|by|daily|once|twice|before|after|tomorrow|today|tonight).*)"
)
_WHEN = r"(?: (?:every|each|on|at|by|before|after|daily|weekly|once|twice|tomorrow|today|tonight) .+)"
_NEEDS_DOING = re.compile(  # "the sheets want changing on sundays", "i need the bins putting out"
    r"(?P<wish>(?:i|we) (?:need|want|would like|like) )?(?P<thing>(?:the|my|our|all the|those|these|this|that)"
    r"(?: (?!needs?\b|wants?\b|could\b|will\b|requires?\b)[a-z]+){1,3}?)"
    r"(?: (?:wants?|needs?|requires?|could (?:do with|use)|will need)(?: a good| a)?)? (?P<does>[a-z]+(?:ing|ed)|"
    r"made|done)"
    rf"(?P<particle> (?:out|up|off|away|down))?(?P<rest>{_WHEN})?"
)
_USE_TO = re.compile(
    r"(?:use|take) (?:the|a|that|this|your) [a-z ]{2,25}? (?:to|and) (?P<do>(?:wipe|clean|wash|"
    r"scrub|dry|sweep|dust|mop|rinse|polish) .+)"
)
_HAVE_IN = re.compile(
    rf"(?:i (?:would like|want) to |(?:can|could) (?:i|we) )?(?:have|get|see) (?P<thing>the "
    rf"(?:[a-z]+ ){{0,2}}(?:{alternatives(THINGS)})) (?P<where>(?:in|into|on|onto) .+)"
)
_APART = split_words("big small left right other clean dirty full empty second first third")
_NAMED = (
    rf"(?:(?:the|that|this|my|our|all|both|all the|{alternatives([*COLORS, *_APART])}) )*"
    rf"(?:{alternatives(THINGS - {'can', 'key'})})(?:s|es)?"
)
_CAN_IT_GO = re.compile(
    rf"(?:can|could|may|shall|would) (?P<thing>{_NAMED}) (?:please )?(?:go|be put|be placed|go back|move) "
    rf"(?P<where>(?:in|into|on|onto|to) .+)"
)
_TELEGRAPHIC = re.compile(  # "red cup , sink", "plate to dishwasher"
    rf"(?:(?:put|place|move) )?(?P<thing>{_NAMED})(?: ,| to|) (?:the )?"
    rf"(?P<place>{alternatives(place for place in PLACES if place not in THINGS and 'hand' not in place)})"
)
_TO_LAST = re.compile(
    rf"^((?!(?:what|which|how|where|who|when|why) ).+ (?:{alternatives({*THINGS, *PLACES})})) to "
    rf"(put|wash|clean|wipe|open|close|bring|take|pick up|throw away|empty|clear)$"
)  # "the cup in the sink to put"
_LAST_VERB = re.compile(
    rf"(?P<thing>(?:the |my )?(?:[a-z]+ ){{0,2}}(?:{alternatives({*THINGS, *PLACES})})) "
    rf"(?P<verb>clean|wash|wipe|open|close|clear|empty)"
)
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
_CAN_I_HAVE = re.compile(
    r"(?:can|could|may|might) (?:i|we) (?:please )?(?:have|get|take) (?P<thing>(?:the|that|my|a|an|some|this) .+)|"
    r"i (?:want|need|would like|would love) (?P<wanted>(?:the|that|my|this) "
    rf"(?:[a-z]+ ){{0,2}}(?:one|{alternatives(THINGS - {'thing', 'stuff', 'food', 'can', 'key'})}))(?: please)?"
)


def in_order(clause: str) -> str:
    """Verb, thing, place: `in the sink put the cup` → `put the cup in the sink`."""
    please = clause.endswith(" please") or clause.startswith("please ")
    clause = _LEADING.sub("", clause).removesuffix(" please") or clause
    if match := _NP_PUT.fullmatch(clause):
        return f"{match['verb']} {match['thing']} {match['rest']}"
    if match := _PLACE_NP.fullmatch(clause):
        return f"put {match['thing']} {match['where']}"
    if match := _TELEGRAPHIC.fullmatch(clause):
        return f"put {match['thing']} in the {match['place']}"
    if please and (match := _CAN_IT_GO.fullmatch(clause)):
        return f"put {match['thing']} {match['where']}"
    match = _NEEDS_DOING.fullmatch(clause)
    if match and (match["wish"] or match["rest"]) and (match["does"] in GERUNDS or match["does"] in PARTICIPLES):
        verb = GERUNDS.get(match["does"]) or PARTICIPLES[match["does"]]
        return f"{verb}{match['particle'] or ''} {match['thing']}{match['rest'] or ''}"
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
