"""Tasks: a verb of the lexicon, what it is done to, and where that should go."""

from __future__ import annotations

import re

from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import (
    COLORS,
    DETERMINERS,
    PARTICLES,
    PLACES,
    THINGS,
    THROWING_AWAY,
    VERBS,
    WHICH,
    WHOLE_TASKS,
    alternatives,
)
from coach.interpreter.phrases import (
    Phrase,
    Places,
    is_known_place,
    parse_noun,
    parse_place,
    parse_places,
    split_prepositions,
)

_VERB = re.compile(rf"({alternatives(VERBS)})(?= |$)")
_WHOLE = re.compile(
    rf"(?:{alternatives(WHOLE_TASKS)})(?: (?:now|please|again|for (?:the )?(?:two|three|four|five|six|seven|eight|"
    rf"\d+|dinner|lunch|breakfast|supper|guests|everyone|us|tonight)(?: people| of us)?))*"
)
_MEAL = re.compile(r"breakfast|lunch|dinner|supper")
_TO_ME = re.compile(r" (?:to|for) (?:me|us|him|her)\b| over here\b")
_LIST = re.compile(r" (?:and|,) (?:and )?")
_SLOWLY = re.compile(r"(?:^| )(carefully|gently|slowly|softly|cautiously)(?= |$)")
_QUICKLY = re.compile(r"(?:^| )(quickly|fast|swiftly)(?= |$)")
_WISH = re.compile(
    r"i (?:want|need|would like) (?:to (?:have|see) )?(?P<wanted>(?:the|that|this|my|all|both) .+ "
    r"(?:in|on|into|onto) .+)"
)
_PICK_ME = re.compile(r"^(pick|lift) (?:me|us) up ")
_WHERE_IT_IS = re.compile(  # "the bottle that is next to the sink in the bin": only the last place is where it goes
    r" (?:that|which) (?:is|are|was|lies|stands|sits|fell) (?:lying |standing |sitting )?(?:next to|beside|on|in|"
    r"under|near|behind|by) (?:the|my|your) "
    r"[a-z]+ (?=(?:in|into|on|onto|to) )| over there(?= (?:in|into|on|onto|to) )"
)
_SOMETHING = re.compile(
    r"(?P<verb>bring|give|get|fetch|hand|pass|make|cook|bake) (?:me |us )?(?:something|"
    r"anything)\b.*"
)
_THROW_ME = re.compile(r"(?:toss|throw|chuck|slide|shoot) me (?P<what>.+)")
_HOW = re.compile(
    r" (?:upside down|face (?:down|up)|neatly|properly|by hand|the right way up|side by side|"
    r"separately|individually|one by one|thoroughly|wherever(?: you (?:like|want))?|somewhere else|elsewhere|"
    r"somewhere|anywhere|where (?:it|that|they|this) (?:belongs?|goes?|was|were|should (?:go|be)))(?= |$)"
)
_NOT_A_TASK = re.compile(
    r"(?:make|get|take|have|give|hold|watch|play|show|touch|set|leave|let|push|press|start|catch|find|pass|buy) "
    r"(?:sure|care|it right|ready|going|fun|up|me up|on with|out of here|it easy|well|soon|a look|him|her|sense|that|"
    r"this|it)$|hold (?:on(?! ?to )|up|off|your)\b.*|close (?:to|by|enough|behind)\b.*|"
    r"give me (?:a|one|another) (?:minute|second|moment|sec|break|hint|sign|"
    r"chance).*|check (?:in|with|back|on me|that|if|whether)\b.*|run (?:away|out|along)\b.*|"
    r"change (?:of|it|that|this|your|my)\b.*|find out\b.*|look (?:at|out|here)\b.*|use (?:your |the )?(?:left|right|"
    r"other) (?:hand|arm|gripper).*|"
    r"use your .*|make (?:it|that|this) (?:the|a|an|to)\b.*|walk (?:away|over|to)\b.*|leave (?:me|us|him|her|home|"
    r"for)\b.*|"
    r"(?:find|get|have) (?:the|them|it) .* (?:in|on|under) the .* (?:cupboard|closet)$|"
    r"leave .* (?:open|on|running|closed|unattended|alone|dirty|wet|empty|overnight)$|start (?:with|from|at|by)\b.*|"
    r"(?:get|take) (?:off|away|back)\b.*|move (?:on|over|away)$|"
    r"(?:lift|raise) .+ (?:a (?:little|bit|little bit|touch|tad)|slightly|higher|by .+)(?: more)?$"
)


def parse_task(clause: str, previous: Item | None = None) -> list[Item] | None:
    """The tasks in one clause, one for each thing named; None where the clause starts with no known verb.

    Args:
        previous: the task right before in the same utterance; lends its verb to `… and the plate in the rack`.
    """
    clause = _QUICKLY.sub("", clause).strip() or clause
    plain = _SLOWLY.sub("", clause).strip()
    if plain and plain != clause:
        tasks = parse_task(plain, previous)
        return [*tasks, Item(kind="nudge", direction="slower")] if tasks else None
    whole = _WHOLE.fullmatch(clause)
    if whole:
        phrase = next(p for p in sorted(WHOLE_TASKS, key=len, reverse=True) if clause.startswith(p))
        meal = _MEAL.search(phrase)
        named = (
            Object(name="dish")
            if "dish" in phrase or WHOLE_TASKS[phrase] == "wash"
            else Object(name=meal[0])
            if meal
            else None
        )
        return [Item(kind="task", verb=WHOLE_TASKS[phrase], object=named)]
    clause = _PICK_ME.sub(r"\1 up ", clause)
    something = _SOMETHING.fullmatch(clause)
    if something:
        return [Item(kind="task", verb=VERBS[something["verb"]], text=clause)]
    thrown = _THROW_ME.fullmatch(clause)
    if thrown:
        clause = f"hand me {thrown['what']}"
    clause = _HOW.sub("", _WHERE_IT_IS.sub(" ", clause))
    wish = _WISH.fullmatch(clause)
    if wish:
        clause = f"put {wish['wanted']}"
    match = _VERB.match(clause)
    if match is None:
        return _elided(clause, previous) if previous else None
    if _NOT_A_TASK.match(clause):
        return None
    return _with_verb(match[1], clause[match.end() :].strip())


_SAID_OF_A_THING = re.compile(r" (?:goes|go|belongs?)$")  # "the blue plate goes in the bin": no thing of this name


def parse_elided(clause: str) -> tuple[Object | None, str] | None:
    """A thing, a place, or both, without a verb: `the blue one`, `in the rack`, `the plate in the rack`."""
    head, phrases = split_prepositions(clause)
    if _SAID_OF_A_THING.search(head) or any(" and " in f" {words} " or "," in words for _, words in phrases):
        return None
    place = parse_places(phrases).target
    thing = parse_noun(head) if head else None
    if head and (thing is None or not _is_thing(head, thing)):
        return None
    if not place and thing and thing.object and _is_place(thing.object):
        return None, parse_place(head)
    if not place and (thing is None or thing.object is None):
        return None
    return (thing.object if thing else None), place


def _is_thing(words: str, thing: Phrase) -> bool:
    """Words without article, colour or known noun name nothing: `keep going` is no thing."""
    if _is_clause(words):
        return False
    name = thing.object.name.split() if thing.object else []
    first = words.split()[0]
    return (
        len(name) < 2
        or name[-1] in THINGS
        or (first in DETERMINERS and len(name) < 3)
        or (len(name) < 3 and first in {*COLORS, *WHICH})
    )


def _is_place(thing: Object) -> bool:
    return not (thing.color or thing.which) and thing.name not in THINGS and is_known_place(thing.name)


def _is_clause(words: str) -> bool:
    first = words.split()[0] if words else ""
    return first == "then" or (is_verb(first) and first not in THINGS)


def _elided(clause: str, previous: Item | None) -> list[Item] | None:
    found = parse_elided(clause)
    if found is None or previous is None or previous.verb == "" or not (found[0] and (found[0].name or found[0].color)):
        return None
    thing, place = found
    if previous.kind not in ("task", "correction") or not (place or previous.place):
        return None
    return [Item(kind=previous.kind, verb=previous.verb, object=thing, place=place or previous.place)]


def _with_verb(phrase: str, rest: str) -> list[Item] | None:
    if phrase == "stop" and not rest.startswith("the "):
        return None
    verb = VERBS[phrase]
    for_me = _TO_ME.search(f" {rest} ") is not None
    rest = _TO_ME.sub("", f" {rest}").strip()
    head, phrases = split_prepositions(rest)
    head, phrase = _take_particle(phrase, head)
    verb = VERBS.get(phrase, verb)
    if any(" and " in f" {words} " or " then " in words or "," in words for _, words in phrases):
        return None  # two clauses, or two places
    places = parse_places(phrases)
    verb, place = _settle(verb, phrase, places, for_me)
    if phrase == "set" and not place:
        return None
    things = [parse_noun(part) for part in _LIST.split(head)] if head else []
    if any(thing is None for thing in things) or any(map(_is_clause, _LIST.split(head)[1:])):
        return None
    objects = [thing.object for thing in things if thing] or [None]
    if phrase == "take out" and objects[0] and objects[0].name in (*_WASTE, "dog", "puppy"):
        verb = "other"
    if verb == "other":
        if phrase.endswith((" bed", " beds")) and objects == [None]:
            objects = [Object(name="bed")]
        return [Item(kind="task", verb=verb, object=o, place=place, text=f"{phrase} {rest}".strip()) for o in objects]
    if objects == [None] and not place and not rest and verb not in ("wash", "wipe", "open", "close"):
        return [Item(kind="task", verb=verb)] if phrase in _BARE else None
    if phrase == "load" and objects[0] is not None and objects[0].name in PLACES and not place:
        return [Item(kind="task", verb="put", place=PLACES[objects[0].name])]
    if (
        phrase in ("clear", "empty", "unload", "wipe", "wipe down", "clean", "open", "close", "shut")
        and len(objects) == 1
    ):
        objects = [_surface(objects[0])]
    return [Item(kind="task", verb=verb, object=o, place=place) for o in objects]


_WASTE = frozenset(("trash", "garbage", "rubbish", "bin", "waste", "recycling"))
_BARE = frozenset(
    [
        "pick up",
        "pick",
        "grab",
        "grasp",
        "lift",
        "vacuum",
        "hoover",
        "dust",
        "sweep",
        "mop",
        "sweep up",
        "mop up",
        "lift up",
        "put away",
        "put down",
        "clear up",
        "clear away",
        "take out",
        "hand over",
        "bring",
        "fetch",
        "grab hold of",
    ]
)


def _take_particle(phrase: str, head: str) -> tuple[str, str]:
    """`pick the cup up`, `put the plates away`: the particle belongs to the verb."""
    words = head.split()
    if words and words[-1] in PARTICLES:
        joined = f"{phrase} {words[-1]}"
        return " ".join(words[:-1]), joined if joined in VERBS else phrase
    if words and words[0] in PARTICLES and f"{phrase} {words[0]}" in VERBS:
        return " ".join(words[1:]), f"{phrase} {words[0]}"
    return head, phrase


def _settle(verb: str, phrase: str, places: Places, for_me: bool) -> tuple[str, str]:
    """The verb and the place once both are known."""
    if phrase in THROWING_AWAY:
        return verb, places.target or "bin"
    if phrase == "remove":
        return "pick_up", ""
    if verb == "pick_up":
        if for_me and phrase in ("get", "grab", "take"):
            return "bring", ""
        if phrase in ("take", "get") and places.target and not places.source:
            return "put", places.target
        if phrase in ("take", "get") and places.target:
            return "put", places.target
        return verb, ""  # a place only says where the thing is
    if phrase in ("toss", "chuck", "dump") and not places.target:
        return verb, "bin"
    if verb == "put" and for_me and not places.target:
        return "hand_over", ""
    if verb in ("clear", "wash", "wipe", "open", "close", "clean", "cook"):
        return verb, ""
    return verb, places.target


def _surface(thing: Object | None) -> Object | None:
    if thing is None or not thing.name:
        return thing
    return Object(name=parse_place(thing.name) or thing.name, color=thing.color, which=thing.which)


def is_no_task(clause: str) -> bool:
    """Whether the clause starts with a verb and is still no errand: `give me a minute`, `leave me alone`."""
    return _NOT_A_TASK.match(clause) is not None


def is_verb(word: str) -> bool:
    """Whether a clause can start with the word as a task."""
    return word in _FIRST_WORDS


_FIRST_WORDS = frozenset(phrase.split()[0] for phrase in (*VERBS, *WHOLE_TASKS))
