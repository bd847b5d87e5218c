"""Corrections: `no, in the drying rack`, `not the plate, the towel`, `the other cup`, `wrong one`."""

from __future__ import annotations

import re

from coach.interpreter.bans import is_ban
from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import VERBS, alternatives
from coach.interpreter.normalise import strip_fillers
from coach.interpreter.phrases import is_known_place, parse_noun, parse_place, split_prepositions
from coach.interpreter.tasks import parse_elided, parse_task

_MARKER = re.compile(
    r"(?:no|wrong|incorrect|not (?:like )?(?:that|this|it|there|here|so|that way|in there|over there)(?: one)?"
    r"(?! (?!(?:the|over|in|on|into|onto|put|pick|take|i|use|but|it|no|not)\b)[a-z])|"
    r"that is (?:wrong|not (?:it|right|correct|what i (?:meant|said|wanted|asked for|asked)))|"
    r"actually|i (?:meant|mean)|what i meant was|rather(?! than)|sorry|oops|correction|change of plans?|"
    r"(?:on )?second thoughts?|wait no|i said|"
    r"(?:what|how) about|i was (?:after|thinking of|looking for|talking about|asking for)|i (?:want|wanted|would "
    r"(?:prefer|rather have|like)|prefer|need|asked for|told you)(?! you "
    r"to| to |(?: it| that)? my )|i told you to|"
    r"make (?:it|that)(?! a )|i changed my mind|"
    r"this is wrong|that is not right|you are wrong|that is a mistake|mistake|better|hang on|wait|hold on|use|"
    r"try|choose|(?:the )?target is|i meant to say|i am sorry|change (?:the |your )?(?:target|goal|place|"
    r"destination) to|incorrect|negative|go (?:with|for)|no way|oh no|nope|please|robot|my mistake|my bad|let me "
    r"correct that|let us rather|"
    r"i (?:did|do) not (?:mean|want|say|ask for) (?:that|this|it)(?: one)?|that is not the one(?: i (?:meant|wanted|"
    r"asked for|said))?|that one is wrong|"
    r"let me (?:correct|rephrase|repeat)(?: (?:myself|that|it))?|i (?:misspoke|stand corrected|repeat)|to be "
    r"(?:clear|precise|exact)|to clarify|(?:that is|it was) my (?:mistake|fault)|"
    r"that is not (?:mine|where it goes|where it belongs|the right one)|you (?:should|must|need to|have to|can) "
    r"(?:have )?(?:rather |instead )?|"
    r"i (?:want|need|would like) you to|(?:can|could|would) you|"
    r"it (?:should|has to|must|needs to|is supposed to|ought to) (?:go|be)|(?:it|that|this|they|those) (?:goes|"
    r"go|belongs?)|that (?:should|has to|must) (?:go|be)|do(?! not)|,|but|and|it is|put)"
    r"(?= |$)"
)
# markers that alone do not make a correction: they only introduce what is said
_WEAK = frozenset(
    [
        "hang on",
        "wait",
        "hold on",
        "use",
        "try",
        "choose",
        "do",
        ",",
        "but",
        "and",
        "it is",
        "put",
        "go with",
        "go for",
        "i want",
        "i need",
        "i would like",
        "sorry",
        "please",
        "the target is",
        "robot",
        "can you",
        "could you",
        "would you",
        "i want you to",
        "i need you to",
        "i would like you to",
        "you should",
        "you must",
        "you need to",
        "you have to",
        "you can",
    ]
)

_CONTRASTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<wanted>.+?) (?:, )?(?:instead of|rather than|in place of|as opposed to) (?P<unwanted>.+)",
        r"(?:instead of|rather than) (?P<unwanted>.+?) , (?P<wanted>.+)",
        rf"(?:instead of|rather than) (?P<unwanted>(?:in |on |into )?(?:the|that|this|my) [a-z ]+?) "
        rf"(?P<wanted>(?:{alternatives(VERBS)}|in|on|into) .+)",
        r"(?:it is |that is )?not (?P<unwanted>.+?) (?:, )?(?:but|i (?:said|meant|mean|want|wanted)|it is|rather|"
        r"take|use) (?P<wanted>.+)",
        r"(?:it is |that is )?not (?P<unwanted>.+?) , (?P<wanted>.+)",
        r"(?:it is |that is )?not (?P<unwanted>(?:in |on |into )(?:the|my|that) [a-z ]+?) (?P<wanted>(?:put|place|"
        r"move|take|use|leave) .+)",
        r"(?:never mind|forget|leave|skip) (?P<unwanted>(?:the|that) .+?) (?:,|and) (?P<wanted>.+)",
        r"(?P<wanted>.+?) (?:, )?(?:and |but )?not (?P<unwanted>.+)",
        r"(?:it is |that is )?not (?P<unwanted>(?:in |on |into )?(?:the|that) .+?) (?P<wanted>(?:in |on |"
        r"into )?the .+)",
        r"(?:it is |that is )?not (?P<unwanted>.+)",
    )
)
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
    r"you (?:stopped|started|let go|finished|opened|closed|turned) (?:too|much too|way too) (?:early|late|soon|fast|"
    r"far)|you are doing it wrong|"
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
_HAND_SAID = re.compile(
    r"(?:(?:no|hey|but|oh|robot|,) )*(?:i (?:said|meant|mean|wanted|asked for|told you)(?: to)?(?: (?:use|take|with))?|"
    r"(?:that is )?(?:not (?:that|this|the (?:left|right)) (?:hand|arm)|(?:the )?wrong (?:hand|arm))(?: ,)?(?: use| "
    r"but| try)?"
    r"|no(?: ,)?(?: use| with)?) "
    r"(?:the |your )?(?P<which>left|right|other) (?P<part>hand|arm|gripper|one(?= $))(?: please)?"
)
_NEGATED = re.compile(r"(?:do|should|must|shall|will) not (?:you )?(?P<task>.+)")
_USE_FOR = re.compile(r"use .+ (?:on|for) ")
_NOT_WANTED = re.compile(
    r"(?:no ,? ?)?(?:i (?:do|did) not (?:want|mean|need|say|ask for)|(?:that|this|it) is) "
    r"(?P<unwanted>.+?)(?: ,)? (?:but )?i (?:want|meant|wanted|mean|said|need|asked for) (?P<wanted>.+)"
)
_BARE_PLURAL = re.compile(
    r"(?!(?:no|not|the|that|this|it|those|these|my|they|actually|sorry|wait)\b)(?:[a-z]+ "
    r")?[a-z]+s (?:go|belong|should|must|have|need|ought)\b"
)
_WANT_IT = re.compile(
    r"(?:no ,? ?)?(?:i|we) (?:want|need|would like|wanted|would prefer) (?:it|that|this|them) "
    r"(?P<where>(?:in|on|into|onto) .+)"
)
_PAST = {
    "taken": "take",
    "picked": "pick",
    "put": "put",
    "grabbed": "grab",
    "used": "use",
    "washed": "wash",
    "placed": "place",
    "left": "leave",
}
_SHOULD_HAVE = re.compile(rf"you (?:should|were supposed to|ought to) have (?P<did>{'|'.join(_PAST)}) (?P<rest>.+)")
_I_SAID = re.compile(
    r"(?: ,)? (?:(?:that )?i (?:want|said|meant|mean|wanted|told you)|is what i (?:said|meant|"
    r"wanted))$"
)
_HAND = re.compile(
    r"(?:(?:use|with|try|take) )(?:the |your |its )?(?P<which>left|right|other) (?P<part>hand|arm|"
    r"gripper)(?: for (?:that|this|it))?"
)
_BELONGS = re.compile(
    r"(?P<thing>(?:(?:the|that|this|those|these|my) )?[a-z ]{1,40}?) (?:goes|go|belongs?|should (?:go|be)|"
    r"(?:has|have|needs?) to (?:go|be)|must (?:go|be)|ought to (?:go|be)) (?P<where>(?:in|into|inside|on|onto|to) .+)"
)
_GENERIC_RULE = re.compile(rf"(?>{alternatives(VERBS)}) (?!(?:the|that|this|it|my|those|these|them)\b)")


def parse_correction(clause: str) -> list[Item] | None:
    """What the person wants otherwise; None where nothing says that it is a correction."""
    if is_ban(clause):
        return None
    if said_hand := parse_hand(clause):
        return [said_hand]
    if _MISUNDERSTOOD.fullmatch(clause):
        return [Item(kind="correction", text=clause)]
    if _BAD.fullmatch(re.sub(r"^(?:(?:no|hey|but|oh|robot|,) )+", "", clause)):
        return [Item(kind="correction", text=clause)]
    wrong = _WRONG.fullmatch(clause)
    if wrong and "," not in clause:
        return [_wrong(wrong["what"], clause)]
    negated = _NEGATED.fullmatch(clause)
    if negated:
        return _negated(negated["task"], clause)
    either = _NOT_WANTED.fullmatch(clause)
    if either and (unwanted := _name(either["unwanted"])):
        return _wanted(either["wanted"], unwanted)
    if _BELONGS.fullmatch(clause.split(" not ")[0]) and _BARE_PLURAL.match(clause):
        return None  # "plates go in the rack, not in the sink" holds for all of them
    want = _WANT_IT.fullmatch(clause)
    if want:
        return _wanted(want["where"], "")
    should = _SHOULD_HAVE.fullmatch(clause)
    if should:
        return _wanted(f"{_PAST[should['did']]} {should['rest']}", "")
    marked, rest = _take_markers(clause)
    said = _I_SAID.sub("", rest)
    marked, rest = marked or said != rest, said
    wanted, unwanted = _contrast(rest)
    wanted, instead = _take_instead(wanted)
    marked = marked or instead or bool(unwanted)
    if not marked and (hand := _HAND.fullmatch(rest)):
        return [Item(kind="correction", object=Object(name=hand["part"], which=hand["which"]))]
    if not marked:
        return _the_other(rest)
    if not wanted:
        return [Item(kind="correction", instead_of=unwanted, text="" if unwanted else clause)]
    return _wanted(wanted, unwanted)


def parse_hand(clause: str) -> Item | None:
    """`I said left arm`: the other arm is meant, not a nudge to the left."""
    said = _HAND_SAID.fullmatch(clause)
    return Item(kind="correction", object=Object(name=said["part"], which=said["which"])) if said else None


def _take_markers(clause: str) -> tuple[bool, str]:
    marked, rest = False, clause
    while match := _MARKER.match(rest):
        if match[0] in ("put", "do", "use") and not marked:
            break
        if match[0] == "put":
            break
        marked = marked or match[0].strip() not in _WEAK
        rest = rest[match.end() :].strip(" ,")
    return marked, rest


def _take_instead(wanted: str) -> tuple[str, bool]:
    shorter = re.sub(r" ?,? ?\b(?:instead|rather)$", "", wanted)
    shorter = re.sub(r"^(?:instead|rather) ,? ?", "", shorter)
    return shorter.strip(" ,"), shorter != wanted


def _contrast(rest: str) -> tuple[str, str]:
    """What is wanted and what is not, where the words set one against the other."""
    if _NEGATED.match(rest):
        return rest, ""
    for pattern in _CONTRASTS:
        match = pattern.fullmatch(rest)
        if match:
            if match["unwanted"] in ("quite", "yet", "really", "exactly", "now", "so fast", "too"):
                return rest, ""
            unwanted = _name(match["unwanted"])
            if unwanted or match["unwanted"] in (
                "that",
                "this",
                "it",
                "that one",
                "this one",
                "there",
                "here",
                "in there",
            ):
                return match.groupdict().get("wanted") or "", unwanted
    return rest, ""


def _wanted(wanted: str, unwanted: str) -> list[Item] | None:
    negated = _NEGATED.fullmatch(wanted)
    if negated:
        return _negated(negated["task"], wanted)
    if " , " in wanted and unwanted == "":
        first, _, second = wanted.partition(" , ")
        before = _NEGATED.fullmatch(first)
        after = _wanted(second, "")
        if before and after:
            gone = _negated(before["task"], first)
            return [_with_instead(item, gone[0].instead_of if gone else "") for item in after]
    wanted = re.sub(r"^(?:use|with) ", "", strip_fillers(wanted))
    belongs = _BELONGS.fullmatch(wanted)
    tasks = parse_task(f"put {belongs['thing']} {belongs['where']}" if belongs else wanted)
    if tasks:
        return [_with_instead(_as_correction(item), unwanted) for item in tasks]
    found = parse_elided(
        re.sub(r"^(?:use|take|try|choose|do|go (?:with|for)|it is|that is|i want|i said|with) ", "", wanted)
    )
    if found is None:
        return None
    return [Item(kind="correction", object=found[0], place=found[1], instead_of=unwanted)]


def _negated(task: str, clause: str) -> list[Item] | None:
    """`do not put it in the bin , put it in the sink`; a plural or bare noun makes it a rule, which is not ours."""
    if task.startswith(("stop", "touch my", "touch the", "eat", "drink")):
        return None
    first, _, second = task.partition(" , ")
    unwanted_tasks = parse_task(first)
    if not unwanted_tasks:
        return None
    if not second and (_GENERIC_RULE.match(first) or _USE_FOR.match(first)):
        return None
    task_item = unwanted_tasks[0]
    unwanted = task_item.place or (_text_of(task_item.object) if task_item.object else "")
    if second:
        wanted = _wanted(re.sub(r"^(?:but|put it|rather) (?=in |on |into )", "", second), unwanted)
        if wanted:
            return wanted
        return None
    text = "" if unwanted else clause
    named = task_item.object if task_item.place else None
    return [Item(kind="correction", verb=task_item.verb, object=named, instead_of=unwanted, text=text)]


def _the_other(clause: str) -> list[Item] | None:
    """`the other cup` alone says that this one is wrong."""
    found = parse_elided(re.sub(r"^(?:use|try) ", "", clause))
    if found and found[0] and found[0].which == "other":
        return [Item(kind="correction", object=found[0], place=found[1])]
    return None


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


def _name(words: str) -> str:
    """The thing or place in `in the red bin`, `the blue one`."""
    words = words.strip(" ,")
    head, phrases = split_prepositions(words)
    if not head and phrases:
        return parse_place(phrases[-1][1])
    tasks = parse_task(words)
    if tasks and tasks[0].kind == "task":
        return tasks[0].place or _text_of(tasks[0].object)
    if is_known_place(head):
        return parse_place(head)
    thing = parse_noun(head)
    return _text_of(thing.object) if thing else ""


def _text_of(thing: Object | None) -> str:
    if thing is None:
        return ""
    return " ".join(filter(None, (thing.which if not thing.name and not thing.color else "", thing.color, thing.name)))


def _as_correction(item: Item) -> Item:
    if item.kind != "task":
        return item
    return Item(kind="correction", verb=item.verb, object=item.object, place=item.place, text=item.text)


def _with_instead(item: Item, unwanted: str) -> Item:
    if item.kind != "correction" or not unwanted:
        return item
    return Item(
        kind="correction", verb=item.verb, object=item.object, place=item.place, instead_of=unwanted, text=item.text
    )
