"""Stops: heard in every form, and not where the word has another meaning.

When in doubt it is a stop: to hold the arms for nothing costs a second. No stop is what cannot be one: "don't stop",
"the bus stop", "why did you stop", "until I say stop", "stop when you are done".
"""

from __future__ import annotations

import re

_NOUN_BEFORE = (
    "the|a|an|bus|tram|train|full|pit|door|rest|nonstop|every|each|next stop|last|short|that bus|this bus|press|"
    "pressing|hit|hitting"
)
_NOT_A_COMMAND_BEFORE = re.compile(
    rf"(?:^|\s)(?:(?:not|never|without)(?: ever| you| you dare| dare| even think about it)?|{_NOUN_BEFORE}|"
    r"(?:until|till|when|unless|before|if|whenever|time|once|after|say|saying|said the word|word|button|called|"
    r"means?) ?(?:i|you|we|it|they|somebody|someone)?"
    r"(?: say| said| tell you to| call| shout| want you to| ask you to| drop it| fall| falls)*) $"
)
_SAID = re.compile(r"^(?:\S+ )?(?:i|we) (?:said|say) (?:to )?$")
_QUESTION_START = re.compile(r"^(?:why|what|when|where|how|who|did|do|does|have|has|are|were|was|is|should|shall) ")
_QUESTION_BEFORE = re.compile(r"(?:^|\s)(?:you|i|we|it|they|he|she|robot|arm|to|does|did|is|mean by) $")
_OTHER_AFTER = re.compile(
    r"^ (?:worrying|thinking|crying|laughing|talking|joking|kidding|complaining|apologi[sz]ing|asking|calling|"
    r"listening|"
    r"saying|sign|light|watch|button|buttons|key|word|command|lamp|by|mean|means|do|motion|gap|off point|"
    r"if|when|whenever|once|after|as soon as|at \d|"
    r"the (?:music|radio|tv|television|timer|alarm|dishwasher|washing machine|oven|water|tap|kettle|video|song|"
    r"recording))\b"
)
_WORD = re.compile(r"\b(?:stop|halt|abort|freeze)\b")
_FREEZE_FOOD = re.compile(r"^ (?:the|a|some|these|those|this|my|our) ")
_PAUSE_AFTER = re.compile(r"^ (?:for )?(?:a|one|just a|half a) (?:second|sec|moment|minute|bit|while)\b")

# whole clauses that stop
_STOP_CLAUSES = re.compile(
    r"(?:(?:no|oh|hey|robot|god|damn|jesus|christ|ah|,) ?)*(?:"
    r"emergency(?: stop| halt)?|red alert|mayday|whoa(?: there| whoa)*|e stop|"
    r"(?:hold|quit|cut|knock|drop|kill|end|cease) (?:it|that)(?: out| off)?(?: right)?(?: there| now)?|"
    r"(?:hold|stand|stay|sit|keep) (?:completely |perfectly |very )?still|"
    r"do not (?:you )?(?:dare )?move(?: a muscle| anymore| any more| an inch| it)?|"
    r"do not (?:touch|grab|do) (?:it|that|this|me|anything|him|her)(?: again)?|(?:no more|stay where you are|"
    r"stay right there)|"
    r"(?:that is |that will be )?enough(?: of that| already| now)?|that will do|cease(?: fire| and desist)?|"
    r"desist|quit(?: moving)?|"
    r"kill (?:the )?(?:motors?|power|switch)|(?:power|turn|switch) (?:yourself |the robot |the arms? )?(?:off|down)|"
    r"(?:turn|switch|shut) (?:yourself|it|the robot|the arms?) (?:off|down)|shut down|shutdown|"
    r"hands off|back off|get off(?: me)?|get away(?: from me)?|stay away(?: from me)?|drop everything|"
    r"cancel(?: it| that| this| the task| everything| all| the whole thing)?|call (?:it|that) off|"
    r"never mind(?: that| it)?|forget (?:it|about it|that|about that)|leave (?:it|that)(?: alone| be)?|scrap that|"
    r"ouch|ow|aua|danger(?:ous)?|watch out|look out|(?:you are |that is )?hurting me|that hurts|you hurt me|"
    r"no(?: no){2,}"
    r")(?: please| now| robot| okay| you)*"
)


def split_at_stops(clause: str) -> list[str | None]:
    """The clause cut where a stop was said; None stands for each stop."""
    parts: list[str | None] = []
    start = 0
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


_CONDITION_START = re.compile(r"(?:when|if|whenever|unless|until|as soon as|once (?:you|i|it|the)) ")
_STOP_TAIL = re.compile(
    r"^(?: (?:it|that|this|right|there|now|please|immediately|at once|here|robot|everything|all|the|robots?|"
    r"arms?|motors?|both|"
    r"moving|going|doing|what you are|whatever|that right|motion|motions|task|turning|pushing|pulling|pressing|"
    r"shaking|spinning|"
    r"squeezing|dropping|wiping|washing|cleaning|this instant|you|your|movement|already|,|okay|everyone|working|"
    r"stop|halt|idiot|stupid|damn|for gods sake|for god's sake|the left arm|for now|hey|no|time|playing|moved|"
    r"too))+(?= |$)"
)


def _is_command(clause: str, match: re.Match[str]) -> bool:
    before, after = clause[: match.start()], clause[match.end() :]
    word = match[0]
    if _CONDITION_START.match(clause) and "," not in before:
        return False
    if word == "freeze" and (_FREEZE_FOOD.match(after) or before):
        return before.strip(" ,") in (
            "",
            "no",
            "robot",
            "hey",
            "please",
            "hey robot",
            "okay",
        ) and not _FREEZE_FOOD.match(after)
    if _PAUSE_AFTER.match(after) or _OTHER_AFTER.match(after):
        return False
    if _SAID.match(before):  # "I said stop"
        return True
    if before == "full ":
        return not after
    if _NOT_A_COMMAND_BEFORE.search(before):
        return before.strip(" ,") == "no"
    return not (_QUESTION_START.match(before) and _QUESTION_BEFORE.search(before) and not _again(after))


def _again(after: str) -> bool:
    """A second stop right behind: "did you stop stop"."""
    return after.startswith(" stop")
