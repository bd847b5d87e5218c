"""Detours of politeness: `I was wondering if you could …`, `would you be so kind as to …`."""

from __future__ import annotations

import re
from functools import lru_cache

from coach.interpreter.word_order import in_order

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
    r"(?:it would|that would) be (?:really |so |very )?(?:great|nice|lovely|good|helpful|wonderful|kind|super) if "
    r"you "
    r"(?:could|would|can)|"
    r"i would (?:really )?(?:love|like|appreciate) it if you (?:could|would)|i would be (?:glad|happy|grateful) if "
    r"you "
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
    r"i (?:really |am )?(?:need|want|ask|wish|wanting|wishing|needing|would like|would love)(?: that)? (?:for "
    r")?you(?: now)?(?: to)?(?: please)?"
    r"(?= (?!(?:to|so|all|there|here|back|out|off)\b))|"
    r"(?:it would|that would) (?:really )?(?:help|make my day)(?: me| us)?(?: a lot)? if you (?:could|would|can)|"
    r"(?:how|what) would you (?:feel about|say to)|would it be (?:all right|okay|fine|too much)(?: if you(?: could)?|"
    r" to "
    r"(?:ask|get) you to)|would it be too much trouble to|(?:would|will|might) you be (?:able|willing|up) to|"
    r"might you|is there (?:any|a) way you (?:could|can)|(?:i|we) (?:was|were|am|are) hoping (?:that )?you (?:could|"
    r"would|"
    r"might|can)|(?:do you have|have you got|do you have any|have you) (?:the |a )?(?:time|moment|minute|second)(?: "
    r"free)?"
    r" to|what i (?:need|want) (?:now )?is (?:for you to|you to)|it is (?:your (?:turn|job)|up to you) to|care to|"
    r"are you (?:free|able|willing|up) to|(?:could|may|might|can) i (?:trouble|bother|get|persuade|ask) you to|"
    r"i (?:would|will) (?:really )?(?:love|like|prefer) (?:for|it for) you to|be (?:kind|good|nice) enough to|feel "
    r"free to|"
    r"if you (?:could|would|can)(?: just| please| maybe)?(?= (?!have|find|see|spare|get a|not\b))|"
    r"(?:somebody|someone) (?:should|needs to|has to|ought to|must)|(?:i|we) (?:need|want) (?:somebody|someone) to|"
    r"mind(?= "
    r"[a-z]+ing )|"
    r"you are (?:supposed|meant|allowed|welcome|free) to|your (?:next )?(?:job|task) (?:now )?is to|"
    r"the next (?:thing|job|task) is to|(?:can|could|may|might) (?:i|we) (?:ask|get|have) you to|"
    r"(?:could|can|shall) we(?: please)?|we (?:need|have|ought) to|would you please) (?=\S)"
)


@lru_cache(maxsize=1024)
def directly(clause: str) -> str:
    """Without detours of politeness, in the usual order.

    >>> directly("i was wondering if you could in the sink please put the cup")
    'put the cup in the sink'
    """
    plain = clause
    while (shorter := _DETOURS.sub("", plain)) != plain:
        plain = shorter
    return in_order(plain)
