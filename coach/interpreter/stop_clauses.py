"""Whole clauses that mean stop without the word: cries, orders to keep still or away, to leave off, to shut down."""

from __future__ import annotations

import re

_PART = r"(?:arms?|hands?|grippers?|robot|claws?|fingers?)"

_CRIES = (  # fear and pain
    r"emergency(?: stop| halt)?|red alert|mayday|whoa(?: there| whoa)*|e stop|help me stop|"
    r"(?:no|wait|whoa|hey|oh|careful|help|god)(?:(?: ,)? (?:no|wait|whoa|hey|oh|careful|help)){2,}|"
    r"no(?:(?: ,)? no){2,}|wait(?:(?: ,)? wait| up)*|watch out|look out|"
    r"danger(?:ous)?|(?:that is|it is|there is) danger(?:ous)?|"
    r"ouch|ow|aua|(?:you are |that is )?hurting me|that hurts|you hurt me|"
    r"you are (?:crushing|squashing|pinching|burning) .{1,20}|let go of (?:me|my .{1,20}|him|her)"
)
_STILL = (  # do not move, not another inch
    r"(?:hold|stand|stay|sit|keep) (?:completely |perfectly |very )?still|"
    rf"do not (?:you )?(?:dare )?move(?: (?:the|your|that|those) {_PART}| a muscle| anymore| any more| an inch| it)?|"
    r"(?:do not|never) (?:move|touch|do) (?:a finger|an inch|anything|anything else|another inch|one more inch|any "
    r"further|any more)|"
    r"stay (?:right |exactly |just )?where you are|stay right there|hold everything|hold it hold it|hold your fire|"
    r"(?:please )?(?:nobody|no one|do not anybody) (?:move|touch (?:it|that|anything))|nobody move(?: freeze)?|"
    r"everybody freeze|(?:drop|leave|release) it and (?:freeze|halt)"
)
_AWAY = (  # hands off, back off
    r"hands off|back off|get off(?: me)?|get away(?: from me)?|stay away(?: from me)?|drop everything|"
    r"(?:stand|stay|keep) (?:right )?(?:back|clear|away)(?: from .{1,20})?|"
    r"(?:get|take) your (?:hands?|arms?|grippers?|claws?) off(?: .{1,20})?|"
    r"(?:keep|get|take|pull|put) (?:your|those|the) (?:hands?|arms?|grippers?|claws?|fingers?) (?:off|away|back|down)"
    r"(?: (?:of|from) .{1,20}| it| that| me| there)?|"
    r"do not (?:touch|grab|do) (?:it|that|this|me|anything|him|her)(?: again)?|"
    r"(?:do not|never) (?:do|try|touch) (?:that|it|this)(?: (?:again|please))*"
)
_ENOUGH = (  # leave off, the work is over
    r"(?:hold|quit|cut|knock|drop|kill|end|cease) (?:it|that)(?: out| off)?(?: right)?(?: there| now)?|"
    r"no more(?: of (?:that|this|it))?|"
    r"(?:(?:right|okay|well|so|now) )*(?:that is |that will be |i have had )?(?:quite |more than |just |really )?"
    r"enough(?: of (?:that|this|it)| already| now| for now| thank you| thanks)*|"
    r"that will do(?: (?:nicely|fine))?|(?:cease|desist)(?: .{2,30})?|quit(?: moving)?|"
    r"never mind(?: that| it)?|forget (?:it|about it|that|about that)|leave (?:it|that)(?: alone| be)?|"
    r"let (?:it|that|him|her|me) (?:be|alone)|scrap that|time to quit|pack it in|give it a rest|knock it off"
)
_CALLED_OFF = (  # the task is cancelled
    r"cancel(?: it| that| this| (?:the |this |that )?(?:current )?(?:task|job|action|motion|movement|plan|order|"
    r"command)| everything| all| the whole thing)?|call (?:it|that) off"
)
_POWER = (  # switch off
    r"kill (?:the )?(?:motors?|power|switch)|cut (?:the )?power|(?:pull|hit) the (?:plug|brakes?)|brakes?|"
    r"(?:power|turn|switch) (?:yourself |the robot |the arms? )?(?:off|down)|"
    r"(?:turn|switch|shut) (?:yourself|it|the robot|the arms?) (?:off|down)|shut ?down"
)
_LEAD = r"(?:(?:no|oh|hey|robot|god|damn|jesus|christ|ah|,) ?)*"
_TAIL = (
    r"(?:(?: ,)? (?:please|now|robot|okay|you|this time|thanks|thank you|already|man|right there|right now|"
    r"immediately|at once|mister|sir|dude|bro|buddy|mate))*"
)
STOP_CLAUSE = re.compile(rf"{_LEAD}(?:{'|'.join((_CRIES, _STILL, _AWAY, _ENOUGH, _CALLED_OFF, _POWER))}){_TAIL}")
