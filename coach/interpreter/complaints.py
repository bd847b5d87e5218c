"""Complaints that name nothing else to do: `wrong one`, `you misunderstood`, `that is not what I meant`."""

from __future__ import annotations

import re

from coach.interpreter.items import Item, Object
from coach.interpreter.phrases import is_known_place, parse_noun, parse_place

_WRONG = re.compile(
    r"(?:.{0,40}\b)?(?:the )?wrong (?P<what>(?:(?:one|thing|object|item|place|spot|way|side|hand|arm|direction)|"
    r"[a-z]+(?: [a-z]+)?))"
)
_BAD = re.compile(
    r"(?:that is |this is |it is |you are |you did it |very |really |so )*(?:wrong|incorrect|bad(?: robot| job|"
    r" idea)?|not (?:good|right|correct|quite|quite right|like that|that way|okay|it|"
    r"what i (?:meant|wanted|said|asked for|asked))|a mistake|terrible|awful|no good|rubbish|nonsense)(?: again)?|"
    r"you (?:missed|dropped|forgot|misunderstood|spilled|broke|lost|knocked over)(?: (?:it|that|one|me|something|"
    r"again|the .{1,30}|a .{1,30}))*|not again|i did not (?:say|mean|want|ask for|tell you to do) (?:that|this|"
    r"it)(?: one| cup| plate)?|"
    r"(?:that is|this is) not the (?:right )?(?:one|cup|plate|place|way)(?: (?:i|we) .{1,20})?|you (?:went|put it|"
    r"took it|did it|got it|picked it) (?:to )?(?:all )?wrong|"
    r"you (?:stop(?:ped)?|start(?:ed)?|wait(?:ed)?|let go|finish(?:ed)?|open(?:ed)?|closed?|turn(?:ed)?) "
    r"(?:too|much too|way too) (?:early|late|soon|fast|far|often|suddenly|long)|you are doing it wrong|"
    r"(?:it|that|this|they|that one) (?:does|do) not (?:go|belong|fit) (?:there|here|in there|on there|like that)|"
    r"(?:it |this |that )?(?:is )?(?:not )?wrong(?: wrong)*|(?:this|that|it) is not (?:the )?(?:right|correct) "
    r"[a-z]+|(?:this|that|it) is not (?:the|a) [a-z ]{2,20} i (?:meant|wanted|said|asked for)|not what i (?:meant|"
    r"wanted|said|asked for)|that (?:was|is) (?:all )?wrong|"
    r"you (?:are )?(?:not listening|misheard(?: me)?|got (?:it|me|that) wrong|made a mistake|messed (?:it|that) up)"
)  # fmt: skip
_MISUNDERSTOOD = re.compile(
    r"(?:(?:no|oh|sorry|hey|robot|well|but|okay|,) )*(?:(?:i|we) (?:think|believe|guess|reckon|feel|am afraid|fear|"
    r"suspect)"
    r" (?:that )?)?(?:(?:you|we)(?: have| must have| may have| might have| seem to have| clearly| obviously| totally|"
    r" completely| just| did| do)* "
    r"(?:misunderst(?:ood|and)|misheard?|misread|(?:not|never) (?:understand|understood|get|hear|listen(?: to)?|heard)|"
    r"(?:got|get|have|had|put|did|done|turned)(?: got)? (?:it|that|this|them|me|everything)(?: all)? (?:backwards?|"
    r"mixed up|confused|the wrong way(?: (?:round|around|up))?|upside down|the other way (?:round|around)|wrong|"
    r"muddled(?: up)?|back to front)|"
    r"(?:mixed|messed|muddled|screwed|mucked) (?:it|that|this|them|things|something|everything) up|(?:are|were) "
    r"(?:mistaken|confused|mixing (?:it|them|things) up|wrong about .{1,30}))"
    r"(?: (?:me|us|what i .{1,30}|my (?:request|instructions?|meaning|order|words)|it|that|again|there|completely|"
    r"somehow|entirely|i (?:think|guess|am afraid)))*|"
    r"(?:there (?:is|was|has been|must be|seems to be) (?:a|some)|(?:that|this|it) (?:is|was)(?: just)? a) (?:bit of "
    r"a )?"
    r"(?:misunderstanding|mistake|mix up|error|confusion)(?: here| there)?|"
    r"(?:that|this|it) (?:is|was) (?:not|never) (?:at all )?(?:what|how|where|the one|the way|the thing) (?:i|we|you) "
    r"(?:meant|said|wanted|want|asked(?: for)?|had in mind|were (?:asked|told|supposed) .{0,20}|like it)(?: at all)?|"
    r"(?:that|this|it) (?:is|was) (?:mistake|backwards|back to front|(?:all )?mixed up|the wrong way (?:round|around|"
    r"up))|"
    r"(?:i am|we are) not (?:very |at all |really |too )*(?:pleased|happy|impressed|satisfied)(?: with .{1,30})?"
    r")"
)
_WHERE_IT_IS = r"where (?:it|that|this|they) (?:is|are|was|were|stands?|lies?)"
_LEFT_ALONE = re.compile(
    rf"(?:just |please )*(?:leave (?:it|that|this|them) (?:just |exactly |right )*(?:{_WHERE_IT_IS}|there)|"
    rf"(?:leave|skip) (?:that|this) one(?: (?:{_WHERE_IT_IS}|there|out|alone|be))?|skip (?:it|that|this)|"
    rf"leave (?:the|that|this|my) (?:[a-z]+ )?[a-z]+ (?:just |exactly |right )*{_WHERE_IT_IS})(?: please)?"
)
_LED_IN = re.compile(r"^(?:(?:no|hey|but|oh|robot|,) )+")


def parse_complaint(clause: str) -> Item | None:
    """The correction that says no more than that something is wrong, or which thing is."""
    if _MISUNDERSTOOD.fullmatch(clause) or _BAD.fullmatch(_LED_IN.sub("", clause)):
        return Item(kind="correction", text=clause)
    wrong = _WRONG.fullmatch(clause)
    return _wrong(wrong["what"], clause) if wrong and "," not in clause else None


def parse_left_alone(clause: str) -> Item | None:
    """`leave that one where it is`: nothing is to be done with the thing in hand, and nothing else was named."""
    left = _LEFT_ALONE.fullmatch(_LED_IN.sub("", clause))
    return Item(kind="correction", text=clause) if left else None


def is_left_alone(words: str) -> bool:
    """Whether a correction, as it was said, only lets its thing be."""
    plain = " ".join(re.findall(r"[a-z]+|,", words.lower()))
    return parse_left_alone(plain) is not None


def _wrong(what: str, clause: str) -> Item:
    if what in ("place", "spot", "way", "side", "direction", "again", "color", "size", "order", "hand",
                "way round", "way around", "way up", "end", "arm"):  # fmt: skip
        return Item(kind="correction", text=clause)
    if what in ("one", "thing", "object", "item"):
        return Item(kind="correction", object=Object(which="other"))
    thing = parse_noun(what)
    if thing and thing.object and not is_known_place(what):
        return Item(kind="correction", object=Object(name=thing.object.name, which="other"))
    return Item(kind="correction", instead_of=parse_place(what), text=clause)
