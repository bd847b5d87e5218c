"""Stops: heard in every form, and not where the word has another meaning.

When in doubt it is a stop: to hold the arms for nothing costs a second. No stop is what cannot be one: "don't stop",
"the bus stop", "why did you stop", "until I say stop", "stop when you are done".
"""

from __future__ import annotations

import re

from coach.interpreter.normalise import is_filler

_WORD = re.compile(r"\b(?:stop|halt|abort|freeze)\b")
_EVER_BEFORE = re.compile(r"\bever $")  # "do you ever stop to rest"
_COMPOUND_BEFORE = re.compile(r"\b(?:bus|tram|train|pit|door|rest|press|pressing|hit|hitting) $")
_ARTICLE_BEFORE = re.compile(r"\b(?:the|a|an|every|each) $")
_FORBIDDEN_BEFORE = re.compile(
    r"\b(?:not|never|non|without|no need to|no reason to|not have to)(?: ever| you| you dare| dare| even think about "
    r"it)? $"
)
# "until I tell you to stop", "if you drop it stop"
_CONDITION_BEFORE = re.compile(
    r"\b(?:until|till|when|unless|before|if|whenever|once|after|saying|word|called|means?)"
    r"(?: (?:i|you|we|it|they|somebody|someone|to|say|said|tell you to|tell you when to|tell you when|(?:will|shall) "
    r"tell you when|call|shout|want you to|ask you to|drop it|fall|"
    r"falls))* $"
)
_SAY_BEFORE = re.compile(r"\b(?:say|said) $")
_SAID = re.compile(r"^(?:(?:no|hey|robot|but) )*(?:i|we) (?:said|say) (?:to )?$")
# "she told me to stop smoking", "we have to stop buying plastic"
_SOMEONE_ELSE = re.compile(r"\b(?:he|she|they|mum|mom|dad|doctor|teacher|wife|husband|boss) (?:told|tells|asked|asks|"
    r"wants|begged|advised|made|forced) "
                           r"(?:me|us|him|her|them) (?:to )?$")  # fmt: skip
_HABIT_AFTER = re.compile(
    r" (?:smoking|drinking|eating|buying|working|going|using|taking|watching|playing|living|"
    r"wearing|biting)\b"
)
_SUBJECT_BEFORE = re.compile(r"\b(?:i|we|he|she|they) (?:really )?(?:have to|has to|need to|needs to|must|should|"
    r"want to|wants to|will|would|could|had to|decided to|"
                             r"am going to|tried to|am trying to) $")  # fmt: skip
_ROBOT = r"(?:arms?|robots?|hands?|grippers?|claws?|wrists?|fingers?|thing|it|motors?|machine)\b"
_MOTION = r"(?:mov|go|do|wip|push|pull|press|turn|spin|shak|squeez|dropp|wash|clean|grabb|pick|pour|play|work)ing\b"
_THING = rf"(?:(?:the|my|our|your|his|her|their|that|this|these|those|a|an) )(?:(?!{_ROBOT})[a-z]+ ){{1,3}}"
# "why did the music stop", "does the bus stop here"
_ASKED_OF_A_THING = re.compile(
    r"(?:(?:so|and|but|hey|oh|wait|,) )*(?:(?:why|how come|what made) |(?:(?:why|when|where|how|what time|which day|"
    r"how "
    r"often|how long until|how soon) )(?:do )?|(?=(?:did|does|would|will|has|can|could|should) ))(?:(?:did|do|does|"
    r"would|"
    r"will|has|can|could|should|must|had) )?(?:the|my|our|your|that|this|his|her|those|these|all|it|they|he|she)"
    r"(?: [a-z]+){0,3} (?:ever |always |just |suddenly |have to |need to )?$"
)
_ASKS_OF_A_THING = re.compile(
    r"(?:(?:so|and|but|hey|oh|,) )*(?:why|when|where|how|what|which|did|does|do|would|will|has|can|could|should) "
)
# "I wish that dog would stop barking"
_WISHED_OF_A_THING = re.compile(
    rf"^(?:(?:oh|god|so|and|but|,) )*(?:i|we) (?:really |just |so |do )*(?:wish|hope|want|need|would like|would love|"
    rf"asked|"
    rf"told|begged|can make|made|hear|heard|saw) (?:that )?(?:{_THING}|he |she |they |(?!this\b)[a-z]+s )(?:(?:would|"
    rf"will|could|"
    r"did|to|has to|had to|finally|just|ever) )*$"
)
# "the buses stop running at midnight", "my phone keeps ... ", "they stop serving at nine"
_OF_A_THING = re.compile(
    rf"^(?:(?:so|and|but|oh|well|you know|because|,) )*(?:{_THING}|(?!this\b)[a-z]+s |(?:they|he|she|we|i|people) )"
    r"(?:(?:usually|always|often|normally|never|sometimes|all|just|finally|have to|has to|had to|would|will|did|can|"
    r"could|"
    r"may|might|should|must|do|does|ever|really|(?:is|are|was|were) (?:supposed|meant|due) to) )*$"
)
_GOES_ON = re.compile(rf" (?!{_MOTION})(?:[a-z]+ing\b|at (?:\d|noon|midnight|the|every|all|our|my|[a-z]+ (?:o'clock|"
                      rf"am|pm|"
                      r"station|road|street|lights?)|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|"
                      r"(?:for|by|in|on|near|outside|from|every|selling|to) (?:a|the|my|our|me|us|every|[a-z]+)\b|"
                      r"(?:work|school|lessons?)\b)")  # fmt: skip
_CONDITION_START = re.compile(r"(?:when|if|whenever|unless|until|as soon as|once (?:you|i|it|the)) ")
_CONDITION_WORDS = 8  # more words than that before a stop are no longer its condition
_QUESTION_START = re.compile(r"(?:why|what|when|where|how|who|did|do|does|have|has|are|were|was|is|should|shall) ")
_QUESTION_BEFORE = re.compile(r"\b(?:you|i|we|it|they|he|she|robot|arm|to|does|did|mean by) $")
_SUBJECT_OF_BE = re.compile(r"\b(?:are|is|were|was|am) (?:you|i|we|it|they|he|she) $")
# what else can be stopped
_OTHER_AFTER = re.compile(
    r" (?:worrying|thinking|crying|laughing|talking|joking|kidding|complaining|apologi[sz]ing|asking|calling|"
    r"listening|"
    r"saying|by (?:the|my|our|a|yourself|itself)|on (?:your|its) own|automatically|if|when|whenever|once (?:you|i|"
    r"it|the)|after|as soon as|at \d|"
    r"the (?:music|radio|tv|television|timer|alarm|dishwasher|washing machine|oven|water|tap|kettle|video|song|"
    r"recording|fan|heater|heating|mixer|blender|dryer|vacuum cleaner|printer|pump|game|film|movie|clock|car))\b"
)
_FREEZE_FOOD = re.compile(r" (?:the|a|some|these|those|this|my|our) ")
_FREEZE_BEFORE = frozenset(
    (
        "",
        "no",
        "drop it and",
        "nobody move",
        "everybody",
        "stop and",
        "halt and",
        "now",
        "just",
        "robot",
        "hey",
        "please",
        "hey robot",
        "okay",
        "oh",
    )
)
_PAUSE_AFTER = re.compile(r" (?:for )?(?:a|one|just a|half a) (?:second|sec|moment|minute|bit|while)(?: please)?$")

# whole clauses that stop
_STOP_CLAUSES = re.compile(
    r"(?:(?:no|oh|hey|robot|god|damn|jesus|christ|ah|,) ?)*(?:"
    r"emergency(?: stop| halt)?|red alert|mayday|whoa(?: there| whoa)*|e stop|"
    r"(?:hold|quit|cut|knock|drop|kill|end|cease) (?:it|that)(?: out| off)?(?: right)?(?: there| now)?|"
    r"(?:hold|stand|stay|sit|keep) (?:completely |perfectly |very )?still|"
    r"do not (?:you )?(?:dare )?move(?: (?:the|your|that|those) (?:arms?|hands?|grippers?|robot|claws?)| a muscle| "
    r"anymore| any more| an inch| it)?|"
    r"do not (?:touch|grab|do) (?:it|that|this|me|anything|him|her)(?: again)?|(?:no more(?: of (?:that|this|it))?|"
    r"stay (?:right |exactly |"
    r"just )?where you are|"
    r"stay right there)|"
    r"(?:(?:right|okay|well|so|now) )*(?:that is |that will be |i have had )?(?:quite |more than |just |really "
    r")?enough(?: of (?:that|this|it)| already| now| for now|"
    r" thank you| thanks)*|that will do(?: (?:nicely|fine))?|cease(?: fire| and desist)?|"
    r"desist|quit(?: moving)?|"
    r"kill (?:the )?(?:motors?|power|switch)|(?:power|turn|switch) (?:yourself |the robot |the arms? )?(?:off|down)|"
    r"(?:turn|switch|shut) (?:yourself|it|the robot|the arms?) (?:off|down)|shut down|shutdown|"
    r"hands off|back off|get off(?: me)?|get away(?: from me)?|stay away(?: from me)?|drop everything|"
    r"cancel(?: it| that| this| (?:the |this |that )?(?:current )?(?:task|job|action|motion|movement|plan|order|"
    r"command)| everything| all| the whole thing)?|call (?:it|that) off|"
    r"never mind(?: that| it)?|forget (?:it|about it|that|about that)|leave (?:it|that)(?: alone| be)?|let (?:it|"
    r"that|him|her|me) (?:be|alone)|scrap that|"
    r"ouch|ow|aua|danger(?:ous)?|watch out|look out|(?:you are |that is )?hurting me|that hurts|you hurt me|"
    r"(?:drop|leave|release) it and (?:freeze|halt)|(?:please )?(?:nobody|no one|do not anybody) (?:move|touch (?:it|"
    r"that|anything))|"
    r"(?:do not|never) (?:move|touch|do) (?:a finger|an inch|anything|anything else|another inch|one more inch|any "
    r"further|any more)|"
    r"cut (?:the )?power|(?:pull|hit) the (?:plug|brakes?)|let go of (?:me|my .{1,20}|him|her)|you are (?:crushing|"
    r"squashing|pinching|burning) .{1,20}|"
    r"(?:get|take) your (?:hands?|arms?|grippers?|claws?) off(?: .{1,20})?|(?:that is|it is|there is) danger(?:ous)?|"
    r"help me stop|"
    r"(?:no|wait|whoa|hey|oh|careful|help|god)(?:(?: ,)? (?:no|wait|whoa|hey|oh|careful|help)){2,}|"
    r"no(?:(?: ,)? no){2,}|wait(?:(?: ,)? wait| up)*|hold everything|nobody move(?: freeze)?|hold it hold it|"
    r"everybody freeze|cease .{2,30}|desist .{2,30}|(?:keep|get|take|pull|put) (?:your|those|the) (?:hands?|arms?|"
    r"grippers?|claws?|fingers?) (?:off|away|back|down)"
    r"(?: (?:of|from) .{1,20}| it| that| me| there)?|(?:stand|stay|keep) (?:right )?(?:back|clear|away)(?: from "
    r".{1,20})?|hold your fire|"
    r"(?:do not|never) (?:do|try|touch) (?:that|it|this)(?: (?:again|please))*|brake|brakes|time to quit|pack it in|"
    r"give it a rest|knock it off"
    r")(?:(?: ,)? (?:please|now|robot|okay|you|this time|thanks|thank you|already|man|right there|right now|"
    r"immediately|at once|mister|sir|dude|bro|buddy|mate))*"
)


_NO_NO_NO = re.compile(r"(?:(?:no|wait)(?: ,)? ){2,}(?:no|wait)(?: ,)? (?=\S)")


def split_at_stops(clause: str) -> list[str | None]:
    """The clause cut where a stop was said; None stands for each stop."""
    parts: list[str | None] = []
    start = 0
    alarmed = _NO_NO_NO.match(clause)
    if alarmed and not _WORD.search(clause):
        return [None, clause[alarmed.end() :].strip(" ,")]
    for match in _WORD.finditer(clause):
        if not _is_command(clause, match):
            continue
        parts += [clause[start : match.start()].strip(" ,"), None]
        start = match.end()
    tail = clause[start:]
    if parts and parts[-1] is None:
        tail = _STOP_TAIL.sub("", tail)
    parts.append(tail.strip(" ,"))
    return [p for p in parts if p is None or p]


def is_stop_clause(clause: str) -> bool:
    """Whether the whole clause means stop without saying the word."""
    return _STOP_CLAUSES.fullmatch(clause) is not None


_STOP_TAIL = re.compile(
    r"^(?: (?:right away|right now|right this (?:second|instant|minute)|it|that|this|right|there|now|please|"
    r"immediately|at once|here|robot|everything|all|the|robots?|"
    r"arms?|motors?|both|"
    r"moving|going|doing|what you are|whatever|that right|motion|motions|task|turning|pushing|pulling|pressing|"
    r"shaking|spinning|"
    r"squeezing|dropping|wiping|washing|cleaning|this instant|you|your|movement|already|,|okay|everyone|working|"
    r"stop|halt|idiot|stupid|damn|for gods sake|for god's sake|the left arm|for now|hey|no|right away|before .*|"
    r"time|playing|moved|"
    r"too))+(?= |$)"
)


def _is_command(clause: str, match: re.Match[str]) -> bool:
    before, after = clause[: match.start()], clause[match.end() :]
    if match[0] == "freeze":
        return (before.strip(" ,") in _FREEZE_BEFORE or is_filler(before.strip(" ,"))) and not _FREEZE_FOOD.match(after)
    if _PAUSE_AFTER.fullmatch(after) or _OTHER_AFTER.match(after):
        return False
    if _SAID.match(before):  # "I said stop"
        return True
    if _SOMEONE_ELSE.search(before) or (_HABIT_AFTER.match(after) and _SUBJECT_BEFORE.search(before)):
        return False
    if _is_condition(clause, before):
        return False
    if before.endswith("full "):  # a dictated full stop, but not "the bin is full stop"
        return before == "full " or re.search(r"\b(?:is|are) full $", before) is not None
    if _EVER_BEFORE.search(before):
        return False
    if _COMPOUND_BEFORE.search(before) or _FORBIDDEN_BEFORE.search(before) or _SAY_BEFORE.search(before):
        return False
    if re.match(r" (?:and|or|button|sign|word|command)\b", after) and re.search(
        r"\b(?:between|explain|"
        r"mean|word)\b",
        before,
    ):
        return False
    if _is_of_a_thing(before, after):
        return False
    asks = _QUESTION_START.match(before) is not None
    if _ARTICLE_BEFORE.search(before):  # "put the cup in the stop" is a sentence broken off
        return not after and not asks
    return not (asks and _QUESTION_BEFORE.search(before) and not _SUBJECT_OF_BE.search(before))


def _is_of_a_thing(before: str, after: str) -> bool:
    """Whether something else stops, or is asked or wished to: `why did the music stop`, `the buses stop running`."""
    if _ASKS_OF_A_THING.match(before) and _ASKED_OF_A_THING.fullmatch(before):
        return re.search(rf"\b(?:{_ROBOT}) $|\b(?:you|that|this) $", before) is None or before.startswith(_WHYS)
    if _NOTHING_CAN.search(before):
        return True
    if _OF_THE_ROBOT.search(before):
        return False
    if _WISHED_OF_A_THING.match(before) or (before.endswith(" to ") and _DOES_ELSE.match(after)):
        return True
    if _NEXT_STOP.search(before) and re.match(r" (?:is|was|will|comes|on)\b", after):
        return True
    return _OF_A_THING.match(before) is not None and _GOES_ON.match(after) is not None


_OF_THE_ROBOT = re.compile(
    rf"\b(?:{_ROBOT}|you\b|(?:that|this|these|those) (?:would|will|could|has|had|to|should|"
    rf"must)\b)"
)
_NOTHING_CAN = re.compile(r"\b(?:nothing|nobody|no one) (?:can|could|will|would) (?:ever )?$")
_DOES_ELSE = re.compile(rf" (?!{_MOTION})[a-z]+ing\b")
_NEXT_STOP = re.compile(r"\b(?:next|last|first|final|second|only) $")
_WHYS = ("why ", "when ", "where ", "how ", "what ")


def _is_condition(clause: str, before: str) -> bool:
    """Whether the stop belongs to an "if" or "until": not now. A second stop behind it is meant."""
    if "," in before.rstrip(" ,"):
        return False
    if _CONDITION_START.match(clause):
        return len(before.split()) <= _CONDITION_WORDS and len(_WORD.findall(before)) < 2
    if _WORD.search(before) and not _SAY_BEFORE.search(before):
        return False
    return _CONDITION_BEFORE.search(before) is not None
