"""Facts: statements about this home and its people."""

from __future__ import annotations

import re

from coach.interpreter.items import Item
from coach.interpreter.phrases import parse_noun, split_prepositions
from coach.interpreter.times import take_times

NOTICE = re.compile(  # "remember that …", "the rule is …": what opens a fact or a rule
    r"(?:from now on|in future|in the future|as a rule|in (?:this|our|my) (?:house|home|kitchen)|"
    r"remember(?: that)?|note that|keep in mind(?: that)?|"
    r"(?:please )?make it a (?:habit|rule) (?:to|that you)|(?:please )?get (?:used to|into the habit of)|"
    r"for the future|here|around here|at our place|over here|in our family|(?:the|our|my|a|one)(?: new)? rule is(?: "
    r"that)?|new rule|do not forget(?: that)?|"
    r"just so you know|for your information|please note(?: that)?|one more thing|house rule|rule|generally|normally|"
    r"usually|"
    r"it is important that you|make sure (?:to|you|that you)|, )+ "
)
FACT = re.compile(
    r"(?:there (?:is|are|was|were|will be) .+|you (?:will |can )?find .+|someone .+|somebody .+|nobody .+|everyone "
    r".+|(?:the|my|our|these|those|all|your) [a-z ]{1,20}s (?:sleep|sit|play|stay|live|smell|leak|stand|hang|lie|"
    r"work|come|get|arrive)\b.*|(?:i|we|he|she|they|it) (?:will|am going to|are going to|is going to|plan to|might|"
    r"may) .+|you (?:are (?:in charge|responsible|supposed)|take care|look after|handle|run|manage|do) .+)|"
    r"(?:my|our|the|this|that|these|those|it|he|she|they|there|i|we|you|his|her|all|a|an|dad|mum|mom|grandma|"
    r"guests?|[a-z]+(?:s)?)\b.{0,60}?"
    r"\b(?:is|are|was|were|am|has|have|like|likes|love|loves|hate|hates|prefer|prefers|live|lives|belongs?|"
    r"(?:(?:do|does|did) )?not (?:have|own|like|need|want|know|eat|drink|live|work|sleep|come)|"
    r"smells|looks|tastes|sounds|feels|sleeps|sits|stands|lies|hangs|plays|works|takes|makes|keeps|stays|hates|runs|"
    r"rings|"
    r"does|wakes|leaves|arrives|opens|closes|starts|ends|begins|finishes|stops|leaks|beeps|drips|freezes|quit|got|had|went|came|said|told|"
    r"took|bought|"
    r"sold|left (?:the|my|a|on|in|at|home|early|work)|died|slept|ate|drank|cleaned|cooked|washed|broke|made|built|"
    r"gave|brought|"
    r"found (?:the|my|a)|lost (?:the|my|a)|"
    r"visits|calls|goes|gets|hurts|costs|wears|speaks|knows|thinks|shares|should be|can be|may be|might be|"
    r"(?<=we )(?:sleep|sit|play|work|take|make|keep|stay|run|get|go|share|call|visit|leave|start|finish|cook|buy|"
    r"wash)|"
    r"(?<=they )(?:sleep|sit|play|work|take|make|keep|stay|run|get|go|share|call|visit|leave|start|finish|cook|buy|"
    r"wash)|"
    r"(?<=i )(?:sleep|sit|play|work|take|make|keep|stay|run|get|go|share|call|visit|leave|start|finish|cook|buy|wash|"
    r"wear)|"
    r"called|named|cancell?ed|need|needs|want|wants|own|owns|eat|eats|drink|drinks|"
    r"fell|broke|moved|keeps|bought|comes?|coming|stopped|can not|will be|use|uses)\b.*"
)
_SUBJECT = re.compile(
    r"(?P<subject>.+?) (?:is|are|was|were|has|have|belongs?|lives?|goes|go|fell|broke|will be|comes?|stopped|"
    r"needs?|can not)\b"
)


def parse_fact(clause: str) -> Item | None:
    """A statement about this home or its people."""
    prefix = NOTICE.match(clause)
    body = clause[prefix.end() :] if prefix else clause
    if not FACT.fullmatch(body):
        return None
    subject = _SUBJECT.match(body)
    about = ""
    if subject:
        noun = parse_noun(split_prepositions(subject["subject"])[0])
        about = " ".join(filter(None, (noun.object.color, noun.object.name))) if noun and noun.object else ""
    when = take_times(body)
    return Item(
        kind="fact", rrule=when.rrule, time=when.time, date=when.date, until=when.until, about=about, text=clause
    )
