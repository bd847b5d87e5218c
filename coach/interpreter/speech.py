"""How people speak: repeated words, detours of politeness, the thing or the place before the verb.

All of it in plain form (`normalise.py`), before the rules read it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from coach.interpreter.lexicon import COLORS, DAY, GERUNDS, PLACES, THINGS, VERBS, alternatives, split_words

_KEPT_TWICE = frozenset(("no", "wait", "stop", "ha", "bye", "hey", "whoa", "yes", "go", "very", "blah", "the", "halt",
                         "freeze", "la", "it", "that"))  # fmt: skip
_TWICE = re.compile(r"\b(?P<said>[a-z]+(?: [a-z]+){0,3})(?: ,)? (?P=said)\b")
_ASIDES = re.compile(
    r"^i (?:think|believe|guess) (?:that )?(?=i (?:meant|said|want|would like|need|asked))|(?: ,)? if you (?:please|"
    r"will|like)$|(?<=at )like (?=\w)|(?<=at )around (?=\w)|"
    r"(?: ,)?(?<!do)(?<!did)(?<!if)(?<!how)(?<!that)\b (?:you know(?! (?:what|where|how|who|why|when|if|which|that))|"
    r"i guess|i suppose|sort of|kind of|"
    r"like you know|if that makes sense|or something|or so|as i said|basically|literally|if that is okay(?: with "
    r"you)?|"
    r"if it is not too much trouble|once you are (?:free|done)|if you have (?:a|the) (?:moment|minute|second|time)|"
    r"(?:when|if|once) you (?:get|have|find|can|are|could) (?:a |the |spare a )?(?:chance|moment|minute|second|sec|"
    r"time|free|tick|mo)|at your convenience|"
    r"if you would be so kind|if you please)(?: ,)?(?= |$)"
)
# what people say before they come to the point
_PREAMBLE = re.compile(
    r"^(?:(?:right|okay|so|well|now|look|listen|hey|hi|hello|robot|oh|um|and|please|alright|dear|yo|,) )*"
    r"(?:listen up|listen (?:carefully|here|closely|to me)|here is (?:the plan|the thing|the deal|what .{3,30}?|"
    r"how .{3,30}? "
    r"works?|my list|the list)|(?:the |my |our |some |a few )?(?:house|kitchen|home|new) rules?(?: (?:are|is|for "
    r"you))?(?! is)|"
    r"(?:a|just a) (?:few|couple of|quick) (?:things?|rules?|notes?|jobs?)|(?:one|two|three|four) (?:more "
    r")?(?:quick )?things?|"
    r"first of all|first off|firstly|secondly|lastly|last but not least|to begin with|to start with|for starters|"
    r"the (?:plan|thing|idea|deal|schedule) is(?: this| that)?|heads up|quick (?:thing|one|note|question)|"
    r"before i forget|while you are at it|while i (?:think of it|remember)|another thing|one last thing|"
    r"this is (?:the plan|how it works|how we do it|important|what .{3,30}?)|let me (?:tell|explain to) you (?:the "
    r"plan|the rules)|"
    r"(?:here are|these are) (?:the|my|our|some) (?:rules|chores|jobs|tasks|wishes)|you know the drill|mind you|"
    r"pay attention|attention(?: please)?|as (?:always|usual|i said(?: before)?)|good news|guess what|my dear|if i "
    r"may|"
    r"pardon me(?: but)?|forgive me(?: but)?|excuse me(?: but)?|i beg your pardon(?: but)?)"
    r"(?: ,| and| but| then| please)* (?=\S)"
)
# what they add when they have come to it
_POSTSCRIPT = re.compile(
    r"(?: ,| and)*(?: |^)(?:i (?:am|m) afraid|i believe|i think|i reckon|mind you|do you (?:hear|understand)(?: me)?|"
    r"(?:and )?remember that|do not forget(?: that)?|got it|got that|you hear(?: me)?|is that (?:clear|okay|all "
    r"right)|"
    r"thanks in advance|will you not|is it not|if you would be so kind|when you are ready|if i may say so|"
    r"as (?:always|usual|well)|like (?:always|usual)|come on|for (?:goodness|heavens?|god)s? sake|every single "
    r"time please)$"
)
# "put the red , no , the blue cup in the sink": a phrase broken off and begun again
_DISCOURSE_RIGHT = re.compile(
    rf"^right(?: ,)? (?=(?:so|then|okay|well|now|let|back|carry|go on|off you|you|i|we|next|here|"
    rf"{alternatives(VERBS)}) "
    rf")(?:, )?"
)
_BROKEN_OFF = re.compile(
    rf"(?P<det>\b(?:the|my|that|this|a|in|on|into|at|every|in the|on the|into the|at the))"
    rf"(?: (?P<last>{alternatives(COLORS)}))?(?: ,)? (?:uh |um )?(?:no|sorry|i mean|i meant|or rather|rather|wait|"
    rf"make that|"
    rf"no wait|wait no|no sorry|sorry no|no i mean|sorry i mean|actually)(?: ,)? (?=(?:the|my|that|in|on|into|at|"
    rf"every) )"
)
_LISTED_COLORS = re.compile(  # "the green , the yellow bowl", where no "and" follows
    rf"\bthe (?:{alternatives(COLORS)})(?: ,)? (?=the (?:{alternatives(COLORS)}) [a-z]+(?! and| ,))"
)
_SCOPE_FIRST = re.compile(
    r"^(?P<scope>just today|only today|for today(?: only)?|just (?:for )?this once|just this time|only this time|"
    r"this time(?: only)?|"
    r"just for (?:now|today)|for now)(?: ,)?(?: please)? (?P<rest>(?!the\b|in\b|on\b).{6,})"
)
_AFTERTHOUGHT = re.compile(  # where a correction sets in that no comma tells
    r"(?<=[a-z]) (?=(?:no wait|wait no|no sorry|sorry no|actually no|no actually|no i mean|no i meant|sorry i "
    r"meant|sorry i mean|"
    r"i mean the|no no not|or rather|no hang on|oh no not|no make that|actually make that) )"
)
_OFF_AND_INTO = re.compile(r"(?<= )((?:off|from|out of|off of) (?:the|my|that) [a-z]+) and (?=(?:into|onto|in|on|to) )")
_TOPIC_FIRST = re.compile(  # "the plants water the plants every three days"
    rf"\b(?P<thing>(?:the|my|our) [a-z]+)(?: ,)? (?P<verb>{alternatives(VERBS)}) (?P=thing)\b"
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
    r"(?P<rest>$| (?:every|each|on|at|by|before|tomorrow|tonight|today|daily|,|in the (?:morning|evening)).*)"
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
PARTICIPLES = {
    "laid": "lay", "made": "make", "set": "set", "put": "put", "taken": "take", "brought": "bring", "turned": "turn",
    "hung": "hang", "dried": "dry", "served": "serve", "prepared": "prepare", "sorted": "sort", "checked": "check",
    "repaired": "repair", "fixed": "fix", "trimmed": "trim", "brushed": "brush", "replaced": "replace",
    "aired": "air", "descaled": "descale", "defrosted": "defrost", "sharpened": "sharpen", "disinfected": "disinfect",
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
_PLEASE_WITHIN = re.compile(
    r"\b([a-z]+(?: (?:up|off|down|out|away|for me|me))?) please (?=(?:the|that|this|my|your|"
    r"a|an|all|me|it|to|for|in|on|[a-z]+)\b)"
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
_ADDRESS = re.compile(
    r"(?: ,)? \b(?:lol|sweetie|sweetheart|honey|darling|bro|bruh|dude|fam|babe|bestie|champ|chief|my (?:dear|"
    r"friend|love)|mister|"
    r"you know what|old chap|young man|you silly (?:thing|robot)|silly(?= the)|pal|fella|smarty pants|"
    r"partner)\b(?: ,)?"
)
_NP_PUT = re.compile(
    rf"(?P<thing>(?:the|my|that|this) (?:[a-z]+ ){{0,2}}(?:{alternatives(THINGS)})) (?P<verb>put|"
    rf"place|throw|wash|clean|bring|take) (?P<rest>(?:in|into|on|onto|to) .+)"
)
_PLACE_NP = re.compile(
    rf"(?P<where>(?:in|into|on|onto) (?:the )?(?:{alternatives(PLACES)})) (?P<thing>the (?:[a-z]+ "
    rf"){{0,2}}(?:{alternatives(THINGS)}))"
)
_VOCATIVE = re.compile(  # "no , love , the red one"
    r"(?<!\bthe)(?<!\boh)(?<!\bmy)(?<!\bi)(?<!\ba)(?<!\bthat)(?<!\bold)(?<!\bwe)(?<!\byou)(?: ,)? (?:my |old |dear |"
    r"good )?"
    r"(?:love|dear|mate|buddy|man|sir|madam|sunshine|robot|friend|boy|girl|lad|son|petal|hun|dearie|duck|amigo)(?= ,)"
)
_INTERJECTED = re.compile(r"(?<= ,) (?:well|look|listen|like|please|honestly|seriously|come on|oh|hey|er|now|right|"
                          r"i am afraid|of course|obviously)(?= ,)")  # fmt: skip
_NO_SUBJECT = re.compile(r"^is (?=(?:mistake|a mistake|wrong|not|no|too|very|so)\b)")  # "is mistake"
_GO_AND = re.compile(
    rf"^(?P<before>(?:please |now |then |, )*)go (?:and )?(?=(?:{alternatives(VERBS)}|turn|switch|"
    rf"plug|do|ask|tell|help|"
    r"have|see) )"
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
_DAY_OWNS = re.compile(rf"\b(?P<day>tomorrow|today|tonight|(?:(?:this|next) )?{DAY})'s (?P<what>[a-z]+)\b")
_CAN_I_HAVE = re.compile(
    r"(?:can|could|may|might) (?:i|we) (?:please )?(?:have|get|take) (?P<thing>(?:the|that|my|a|an|some|this) .+)|"
    r"i (?:want|need|would like|would love) (?P<wanted>(?:the|that|my|this) "
    rf"(?:[a-z]+ ){{0,2}}(?:one|{alternatives(THINGS - {'thing', 'stuff', 'food', 'can', 'key'})}))(?: please)?"
)


def fluent(sentence: str) -> str:
    """Without repeated words and asides: `put the put the cup , you know , in the sink`."""
    if len(sentence) > 400:
        return sentence
    plain = _DISCOURSE_RIGHT.sub("", _PREAMBLE.sub("", _POSTSCRIPT.sub("", sentence) or sentence))
    if "," in plain:
        plain = _INTERJECTED.sub("", _VOCATIVE.sub("", plain)).replace(", ,", ",")
    plain = _GO_AND.sub(r"\g<before>", _NO_SUBJECT.sub("it is ", plain))
    plain = _OFF_AND_INTO.sub(r"\1 ", _AFTERTHOUGHT.sub(" , ", plain).replace(" , , ", " , "))
    plain = _SCOPE_FIRST.sub(r"\g<rest> \g<scope>", _LISTED_COLORS.sub("", plain))
    plain = _TOPIC_FIRST.sub(r"\g<verb> \g<thing>", _BROKEN_OFF.sub("", plain))
    plain = _TWICE.sub(_once, plain).replace("never ever", "never").replace("always always", "always")
    plain = (
        _DAY_OWNS.sub(_on_the_day, plain)
        .replace("i should like ", "i would like ")
        .replace("i should love ", "i would love ")
    )
    plain = _ADDRESS.sub("", plain).strip(" ,") or plain
    plain = _PLEASE_WITHIN.sub(r"\1 ", plain)
    return _ASIDES.sub("", plain).strip(" ,") or plain


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


def _on_the_day(match: re.Match[str]) -> str:
    """`tomorrow's laundry` → `laundry tomorrow`."""
    named = match["day"] not in ("today", "tomorrow", "tonight") and " " not in match["day"]
    return f"{match['what']} {'on ' if named else ''}{match['day']}"


def _once(match: re.Match[str]) -> str:
    return match[0] if match["said"].split()[0] in _KEPT_TWICE else match["said"]


_IRREGULAR = {
    "took": "take", "taken": "take", "brought": "bring", "gave": "give", "given": "give", "got": "get", "left": "left",
    "made": "make", "laid": "lay", "threw": "throw", "thrown": "throw", "swept": "sweep", "hung": "hang", "fed": "feed",
    "stuck": "stick", "found": "find", "held": "hold", "done": "do", "did": "do", "caught": "catch",
}  # fmt: skip


def base_of(word: str) -> str:
    """`placed`, `placing` → `place`; a word that is no form of a known verb stays."""
    return _FORMS.get(word) or _IRREGULAR.get(word) or PARTICIPLES.get(word) or GERUNDS.get(word) or word


def _past(verb: str) -> str:
    """`fetch` → `fetched`, `wipe` → `wiped`, `drop` → `dropped`, `carry` → `carried`."""
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ied"
    gerund = next((form for form, base in GERUNDS.items() if base == verb), f"{verb}ing")
    return f"{gerund.removesuffix('ing')}ed"


_FORMS = {_past(verb): verb for verb in VERBS if " " not in verb and verb not in ("put", "set", "cut", "shut")}
