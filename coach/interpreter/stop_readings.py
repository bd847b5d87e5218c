"""What is a stop and what is none, where somebody says `stop`, `halt`, `abort` or `freeze`.

A table, read from the top: the first row that fits decides. Where none fits it is a stop, for to hold the arms for
nothing costs a second. Every row holds an example that it decides; a test reads them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from coach.interpreter.normalise import is_filler
from coach.interpreter.times import take_times


class Said(NamedTuple):
    """The word (or `press the emergency stop`) within its clause, in plain form: what stands before and after it."""

    before: str
    word: str
    after: str


Test = Callable[[Said], bool]


class Reading(NamedTuple):
    """A row. `stops`: whether it is one; `why`: what it means; `example`: a clause that this row decides."""

    stops: bool
    why: str
    example: str
    fits: Test


def reading_of(said: Said) -> Reading | None:
    """The row that decides; None where the word is a plain stop."""
    return next((reading for reading in READINGS if reading.fits(said)), None)


def _before(pattern: str) -> Test:
    """The words right before it."""
    compiled = re.compile(rf"\b(?:{pattern}) $")
    return lambda said: compiled.search(said.before) is not None


def _all_before(pattern: str) -> Test:
    """All the words before it."""
    compiled = re.compile(rf"(?:{pattern})$")
    return lambda said: compiled.match(said.before) is not None


def _after(pattern: str) -> Test:
    """The words right after it."""
    compiled = re.compile(rf" (?:{pattern})")
    return lambda said: compiled.match(said.after) is not None


def _both(*tests: Test) -> Test:
    return lambda said: all(test(said) for test in tests)


def _not(test: Test) -> Test:
    return lambda said: not test(said)


# the robot and its parts, its motions, and any other thing
_ROBOT = (
    r"(?:arms?|robots?|hands?|grippers?|claws?|wrists?|fingers?|thing|it|motors?|"
    r"(?:(?<=the )|(?<=this )|(?<=that ))machine)\b"
)
_MOTION = r"(?:mov|go|do|wip|push|pull|press|turn|spin|shak|squeez|dropp|wash|clean|grabb|pick|pour|play|work)ing\b"
_THING = rf"(?:(?:the|my|our|your|his|her|their|that|this|these|those|a|an) )(?:(?!{_ROBOT})[a-z0-9]+ ){{1,3}}"
_OF_THE_ROBOT = re.compile(
    rf"\b(?:{_ROBOT}|you\b|(?:that|this|these|those) (?:would|will|could|has|had|to|should|must)\b)"
)
_PLURAL = r"(?!(?:this|please|yes|perhaps|always|its|is|was|has|does)\b)[a-z]+s "
_ADVERB = r"(?:always|often|usually|sometimes|just|simply|suddenly|even|ever|still|really|only)"


def _of_another(test: Test) -> Test:
    """Where the robot is not the one spoken of."""
    return lambda said: _OF_THE_ROBOT.search(said.before) is None and test(said)


_QUESTION = re.compile(r"(?:why|what|when|where|how|who|did|do|does|have|has|are|were|was|is|should|shall) ")
_ASKED_OF_A_THING = re.compile(
    r"(?:(?:so|and|but|hey|oh|wait|,) )*(?:(?:why|how come|what made) |(?:(?:why|when|where|how|what time|which day|"
    r"how often|how long until|how soon) )(?:do )?|(?=(?:did|does|would|will|has|can|could|should) ))"
    r"(?:(?:did|do|does|would|will|has|can|could|should|must|had) )?"
    r"(?:the|my|our|your|that|this|his|her|those|these|all|it|they|he|she)"
    rf"(?: [a-z0-9]+){{0,3}} (?:{_ADVERB} |have to |need to )?$"
)
_ASKED_OF_THE_ROBOT = re.compile(rf"\b(?:{_ROBOT}|you|that|this) $")


def _asks(said: Said) -> bool:
    return _QUESTION.match(said.before) is not None


def _asks_of_a_thing(said: Said) -> bool:
    whose = _ASKED_OF_THE_ROBOT.search(said.before) is None or said.before.startswith(
        ("why ", "when ", "where ", "how ", "what ")
    )
    return whose and _ASKED_OF_A_THING.fullmatch(said.before) is not None


_CONDITION_START = re.compile(r"(?:when|if|whenever|unless|until|as soon as|once (?:you|i|it|the)) ")
_CONDITION_WORDS = 8  # more words than that before a stop are no longer its condition
_CONDITION = re.compile(
    r"\b(?:until|till|when|unless|before|if|whenever|once|after|saying|word|called|means?)"
    r"(?: (?:i|you|we|it|they|somebody|someone|to|say|said|tell you to|tell you when to|tell you when|(?:will|shall) "
    r"tell you when|call|shout|want you to|ask you to|drop it|fall|falls))* $"
)
_ANY = re.compile(r"\b(?:stop|halt|abort|freeze)\b")
_IN_QUOTES = _before(r"say|said")


def _is_conditional(said: Said) -> bool:
    """Whether the stop belongs to an "if" or "until": not now. A second stop behind it is meant."""
    if _CONDITION_START.match(said.before + said.word):
        if "," in said.before.rstrip(" ,"):
            return False
        return len(said.before.split()) <= _CONDITION_WORDS and len(_ANY.findall(said.before)) < 2
    if _ANY.search(said.before) and not _IN_QUOTES(said):
        return False
    return _CONDITION.search(said.before) is not None


def _is_at_a_time(said: Said) -> bool:
    """Whether the words that follow, up to a comma, say when: `stop watering the plants tomorrow`."""
    when = take_times(said.after.partition(",")[0].strip())
    lead = take_times(said.before.rpartition(",")[2].strip())
    return bool(when.rrule or when.time or when.date or lead.rrule or lead.date or lead.except_)


_NOW = re.compile(r"(?: (?:now|right|right now|please|immediately|at once|robot|already|okay|there|here))*(?: ,.*)?")


def _goes_no_further(said: Said) -> bool:
    """Whether nothing follows but what makes it urgent."""
    return _NOW.fullmatch(said.after) is not None


_FREEZES = frozenset(("", "no", "drop it and", "nobody move", "everybody", "stop and", "halt and"))
_FOOD = re.compile(r" (?:the|a|some|these|those|this|my|our|half|both|two|three|four|five|six|ten) ")


def _is_freeze(said: Said) -> bool:
    return said.word == "freeze"


def _freezes_now(said: Said) -> bool:
    lead = said.before.strip(" ,")
    return _is_freeze(said) and (lead in _FREEZES or is_filler(lead)) and not _FOOD.match(said.after)


_SUBJECT = r"(?:i|we|he|she|they) (?:really )?"
_PURPOSE = (
    r"(?:have to|has to|need to|needs to|must|should|want to|wants to|will|would|could|had to|decided to|am going to|"
    r"tried to|am trying to)"
)
_PLAN = (
    r"(?:usually|always|often|normally|never|sometimes|all|just|finally|have to|has to|had to|would|will|did|can|could|"
    r"may|might|should|must|do|does|ever|really|(?:is|are|was|were) (?:supposed|meant|due|going) to)"
)
_GOES_ON = (
    rf"(?!{_MOTION})(?:[a-z]+ing\b|by\b|at (?:\d|noon|midnight|nothing|the|every|all|our|my|"
    r"[a-z]+ (?:o'clock|am|pm|station|road|street|lights?)|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|"
    r"(?:for|by|in|on|near|outside|from|every|selling|to) (?:a|the|my|our|me|us|every|[a-z]+)\b|"
    r"(?:work|school|lessons?|first|soon|eventually)\b)"
)
_TALK = (
    r"(?:worrying|thinking|crying|laughing|talking|joking|kidding|complaining|apologi[sz]ing|asking|calling|listening|"
    r"saying|telling|reminding|warning|informing|notifying|waking|messaging|texting|ringing|greeting)\b"
)
_APPLIANCE = (
    r"the (?:music|radio|tv|television|timer|alarm|dishwasher|washing machine|oven|stove|cooker|water|tap|kettle|"
    r"video|song|recording|fan|heater|heating|mixer|blender|dryer|vacuum cleaner|printer|pump|game|film|movie|clock|"
    r"car)\b"
)
_ARTICLE = r"(?:the|a|an|every|each)"
_OWNED = rf"(?:{_ARTICLE}|my|our|your|his|her|their)"
_KIND_OF_STOP = r"(?:bus|tram|train|metro|underground|taxi|ferry|coach|pit|emergency)"
_ONE_OF_SEVERAL = (
    r"(?:door|rest|lunch|coffee|fuel|last|next|first|second|third|final|only|nearest|previous|other|quick|short|"
    r"brief|long|little|sudden)"
)
_AUXILIARY = r"(?:did|do|does|have|has|had|will|would|can|could|should|shall|must|may|might|why|how come)"

READINGS: tuple[Reading, ...] = (
    Reading(True, "nobody moves", "drop it and freeze", _freezes_now),
    Reading(False, "food, or the weather", "will it freeze tonight", _is_freeze),
    Reading(False, "a pause", "stop for a second", _after(
        r"(?:for )?(?:a|one|just a|half a) (?:second|sec|moment|minute|bit|while)(?: please)?$")),
    Reading(True, "whether it is heard", "stop if you can hear me", _after(
        r"if you (?:can |could |do )?(?:hear|understand) me\b")),
    Reading(True, "said with force", "when I say stop I mean stop", _before(
        r"(?<!not )(?:i|we) (?:really |do )?(?:mean|meant)")),
    Reading(True, "threatened", "if you don't stop you will break it", _before(
        r"(?:if you (?:do|will) not|unless you)")),
    Reading(False, "a saying", "stop me if you have heard this one", _after(
        r"(?:me|us) (?:if|when|whenever|any time)\b")),
    Reading(False, "a sign, or the word", "stop signs are red", _after(
        r"(?:signs?|buttons?|switch(?:es)?|words?|commands?|times?) (?:is|are|was|were|has|have|must|should|works)\b")),
    Reading(False, "the word, written", "write stop on the list", _before(
        r"(?:write|writes|wrote|type|types|typed|spell|spells|print|prints)(?: down)?(?: the word)?")),
    Reading(False, "where one gets off", "I missed my stop this morning", _before(
        r"(?:miss|missed|reach|reached|passed|off at|out at|overslept) (?:my|our|your|his|her|their|the)")),
    Reading(False, "a visit", "stop by the bakery on your way", _after(
        r"(?:by|at|off at) .*\bon (?:the|your|my) way\b")),
    Reading(False, "talk, which the arms have no part in", "stop worrying about me", _after(_TALK)),
    Reading(False, "an appliance", "stop the music", _after(_APPLIANCE)),
    Reading(False, "how it stops", "do you stop on your own", _after(
        r"(?:on (?:your|its) own|automatically|by (?:yourself|itself)) ?")),
    Reading(False, "its condition follows", "stop only when it is full", _after(
        r"(?:only |just )?(?:if|when|whenever|once (?:you|i|it|the)|after|as soon as|at \d)\b")),
    Reading(True, "said once more", "I said stop", _all_before(
        r"^(?:(?:no|hey|robot|but) )*(?:i|we) (?:said|say) (?:to )?")),
    Reading(True, "asked for with impatience", "why don't you just stop", _all_before(
        r"^(?:(?:hey|robot|so|,) )*why do not you (?:just |please )*")),
    Reading(True, "said before, and not heard", "didn't I tell you to stop", _before(
        r"(?:(?:did|have|had|do) not (?:i|we)|how (?:many times|often)\b.*\b(?:i|we)) (?:have to |must |need to )?"
        r"(?:tell|told|ask|asked|say|said)(?: you)?(?: to)?")),
    Reading(False, "nobody asked for it", "I didn't tell you to stop", _before(
        r"(?:(?<!did )(?:i|we) (?:did|do|have|had) not|never|nobody|no one|who) "
        r"(?:ask|asked|tell|told|want|wanted|need|needed|order|ordered|say|said)(?: for)? you to")),
    Reading(False, "somebody else is to", "the doctor told me to stop smoking", _before(
        r"(?:me|us|him|her|them) (?:not )?to|(?:told|tells|asked|asks|wants|begged|advised|made|forced) "
        r"(?:me|us|him|her|them)")),
    Reading(False, "a person's habit", "we have to stop buying plastic", _both(
        _before(f"{_SUBJECT}{_PURPOSE}"),
        _after(r"(?:smoking|drinking|eating|buying|working|going|using|taking|watching|playing|living|wearing|"
               r"biting)\b"))),
    Reading(False, "others' plans", "they want to stop the bus line", _both(
        _before(rf"(?:he|she|they|people) (?:really )?{_PURPOSE}"), _not(_goes_no_further),
        _not(_after(rf"(?:it|that|this|you|the {_ROBOT}|your|{_MOTION}|,)")))),
    Reading(False, "in times gone by", "we used to stop at that inn", _before("used to")),
    Reading(False, "what a thing is good for", "the pills help to stop the pain", _before(
        rf"{_OWNED} [a-z]+ (?:help|helps|helped)(?: to)?")),
    Reading(True, "asked for politely", "if you could please stop", _before(
        r"if (?:you|we|i) (?:can|could|would|may|might)(?: ask you to)?(?: please| just| kindly)*|"
        r"if you (?:can )?(?:hear|understand) me")),
    Reading(False, "a condition", "keep going until I tell you to stop", _is_conditional),
    Reading(True, "a dictated full stop", "the bin is full stop", _before(r"^full|(?:is|are) full")),
    Reading(False, "a manner", "she came to a full stop", _before(r"full")),
    Reading(False, "in general", "do you ever stop to rest", _before(r"ever")),
    Reading(False, "a button or a door's", "press stop on the microwave", _before(
        r"(?:bus|tram|train|pit|press|pressing|hit|hitting)")),
    Reading(True, "called for", "hit the emergency stop", lambda said: "emergency" in said.word),
    Reading(False, "a noun of its kind", "where is your emergency stop button", _before(
        rf"(?:{_OWNED} (?:[a-z]+ )?{_KIND_OF_STOP}|(?:is|are|was|has|have|had|got) (?:no|any))")),
    Reading(False, "one in a row", "the next stop is ours", _both(
        _before(rf"{_OWNED} {_ONE_OF_SEVERAL}"), _not(_goes_no_further))),
    Reading(False, "one in a row", "the zoo was our last stop", _before(
        rf"(?:is|was|at|to|until|before|after|from|made|make) {_OWNED} {_ONE_OF_SEVERAL}")),
    Reading(False, "forbidden", "don't stop", _before(
        rf"(?:not|never|non|without|no need to|no reason to)(?: ever| you| you dare| dare| even think about it| "
        rf"{_ADVERB}|(?: (?:need|have|want you|told|asked|allowed|supposed))? to)?|"
        r"(?:nobody|no one) (?:said|says|told you)(?: that)? you (?:should|must|could|had to|have to)")),
    Reading(False, "the word itself", "she didn't say stop", _IN_QUOTES),
    Reading(False, "the word explained", "explain the difference between stop and pause", _both(
        _before(r"(?:between|explain|mean|word)\b.*"), _after(r"(?:and|or|button|sign|word|command)\b"))),
    Reading(False, "too often, too early", "you stop too often", _both(
        _before("you"), _after(r"(?:too|so|way too|much too|very) (?:often|early|soon|late|quickly|suddenly|much)\b|"
                               r"(?:all the|every) time\b"))),
    Reading(False, "a question about a thing", "why did the music stop", _asks_of_a_thing),
    Reading(False, "what nothing can", "nothing can stop her", _before(
        r"(?:nothing|nobody|no one) (?:can|could|will|would)(?: ever)?")),
    Reading(False, "wished of another", "I wish that dog would stop barking", _of_another(_all_before(
        r"^(?:(?:oh|god|so|and|but|,) )*(?:i|we) (?:really |just |so |do )*(?:wish|hope|want|need|would like|"
        r"would love|asked|told|begged|can make|made|hear|heard|saw) (?:that )?"
        rf"(?:{_THING}|he |she |they |(?!this\b)[a-z]+s )(?:(?:would|will|could|did|to|has to|had to|finally|just|"
        r"ever) )*"))),
    Reading(False, "somebody's doing", "my son has to stop smoking", _of_another(_both(
        _before("to"), _after(rf"(?!{_MOTION})[a-z]+ing\b")))),
    Reading(False, "what a thing or a person does", "the buses stop running at noon", _of_another(_both(
        _all_before(rf"^(?:(?:so|and|oh|well|you know|because|,) )*(?:{_THING}|{_PLURAL}|"
                    rf"(?:they|he|she|we|i|people) )(?:{_PLAN} )*"),
        _after(_GOES_ON)))),
    Reading(True, "a sentence broken off", "put the cup in the stop", _both(
        _before(_ARTICLE), lambda said: not said.after, _not(_asks))),
    Reading(False, "a noun", "the stop was short", _before(_ARTICLE)),
    Reading(False, "a question about the robot", "why did you stop", _both(
        _asks, _before(rf"(?:{_AUXILIARY} (?:not )?(?:you|i|we|it|they|he|she|(?:the |your )?{_ROBOT})|"
                       r"(?:that|make|makes|made) you|to|does|did|mean by)"
                       rf"(?: {_ADVERB})*"))),
    Reading(False, "for a time to come", "stop making coffee on weekends", _both(
        _after(r"(?!for (?:today|tonight|the day)\b)(?:[a-z]+ing|(?:by|at|for) [a-z]+)\b"), _is_at_a_time)),
)  # fmt: skip
