"""The words that the rules know: verbs, things, colours, places, directions.

Phrases are in normalised form (`normalise.py`): lower case, contractions spelt out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def split_phrases(text: str) -> list[str]:
    """The phrases between the bars of `a|b c|d`."""
    return text.split("|")


def split_words(text: str) -> list[str]:
    return text.split()


COLORS = {
    **{c: c for c in split_words("red blue green yellow white black orange purple pink brown grey silver golden "
                    "beige")},
    "gray": "grey", "violet": "purple", "gold": "golden", "turquoise": "turquoise", "transparent": "transparent",
}  # fmt: skip
SHADES = frozenset(("light", "dark", "bright", "pale"))

WHICH = {
    **{w: w for w in split_words(
                        "left right middle first second third last other next big small dirty clean front back "
                        "top bottom "
                     "empty full all both wet dry broken")},
    "another": "other", "large": "big", "bigger": "big", "biggest": "big", "little": "small", "smaller": "small",
    "smallest": "small", "tiny": "small", "every": "all", "each": "all", "leftmost": "left", "rightmost": "right",
    "nearest": "nearest", "closest": "nearest", "nearer": "nearest", "closer": "nearest", "farthest": "farthest",
    "furthest": "farthest", "center": "middle", "centre": "middle", "1st": "first", "2nd": "second", "3rd": "third",
    "leftover": "leftover", "remaining": "other",
}  # fmt: skip

DETERMINERS = frozenset(split_words("the a an that this those these my your his her our their some any of"))
PRONOUNS = frozenset(split_words("it that this them those these"))

# things a kitchen robot hears of; any other noun is taken as it was said
THINGS = frozenset(
    split_words(
        "plate cup bowl sponge towel bottle mug glass tumbler teacup beaker dish dishcloth cloth rag "
        "napkin tissue flask "
        "fork knife spoon pan pot lid tray saucer kettle jug jar can carton box basket spatula ladle whisk chopstick "
        "apple banana lemon tomato egg potato carrot onion bread cheese crumb food leftover "
        "glove toy sock shirt book phone key pen bag wrapper paper thing stuff crockery cutlery silverware tableware "
        "everything scrubber washcloth pitcher vase candle"
    )
)
# what a scene may call a thing that a person calls otherwise
SAME_AS = {
    **dict.fromkeys(split_words("mug glass tumbler teacup beaker coffee_cup"), ("cup",)),
    **dict.fromkeys(split_words("dishcloth cloth rag napkin washcloth"), ("towel",)),
    **dict.fromkeys(split_words("flask jar"), ("bottle",)),
    **dict.fromkeys(split_words("scrubber"), ("sponge",)),
    **dict.fromkeys(split_words("saucer"), ("plate",)),
    **dict.fromkeys(split_words("dish crockery tableware"), ("plate", "bowl", "cup")),
    **dict.fromkeys(split_words("thing stuff everything object item"), ("plate", "cup", "bowl", "sponge", "towel",
        "bottle")),
}  # fmt: skip

PLACES = {
    **{p: p for p in split_phrases(
                        "sink|drying rack|bin|dishwasher|counter|table|cupboard|cabinet|fridge|freezer|drawer|"
                        "shelf|stove|"
                     "oven|microwave|floor|tray|basket|bed|sofa|hand|washing machine|recycling bin|window sill|chair|"
                     "desk|box|pantry|hob")},
    **dict.fromkeys(split_phrases(
                        "trash|garbage|rubbish|waste|trash can|garbage can|garbage bin|trash bin|rubbish bin|"
                        "waste bin|"
                    "dustbin|wastebasket|waste basket|waste paper basket|litter bin|kitchen bin|can"), "bin"),
    **dict.fromkeys(split_phrases("recycling|recycle bin"), "recycling bin"),
    **dict.fromkeys(split_phrases(
                        "rack|dish rack|drainer|dish drainer|draining rack|drainage rack|draining board|"
                        "dryer rack|drip rack|"
                    "plate rack|dishrack|dry rack|drying board"), "drying rack"),
    **dict.fromkeys(split_phrases(
                        "worktop|counter top|countertop|work surface|worksurface|kitchen counter|work top|"
                        "bench top|"
                    "kitchen counter top|bench|kitchen worktop"), "counter"),
    **dict.fromkeys(split_phrases("basin|wash basin|kitchen sink|washbasin|sink basin"), "sink"),
    **dict.fromkeys(split_phrases("dish washer|dishwashing machine|dish washing machine"), "dishwasher"),
    **dict.fromkeys(split_phrases("refrigerator|ice box"), "fridge"),
    **dict.fromkeys(split_phrases("dining table|kitchen table|dinner table"), "table"),
    **dict.fromkeys(split_phrases("cooker|cooktop"), "stove"),
    "washer": "washing machine", "ground": "floor", "windowsill": "window sill", "my hand": "hand", "couch": "sofa",
}  # fmt: skip
ON_PLACES = frozenset(("counter", "table", "floor", "shelf", "stove", "desk", "chair", "window sill", "tray"))
PREPOSITIONS = (
    "on top of", "out of", "next to", "in front of", "over to", "over in", "over on", "down on", "down in", "back in",
    "back into", "back on", "back onto", "back to", "away from", "close to", "into", "inside", "onto", "upon", "from",
    "off", "with", "using", "under", "behind", "beside", "near", "in", "on", "to", "at", "by", "over", "for", "against",
    "towards", "between", "without", "around",
)  # fmt: skip
TARGET_PREPOSITIONS = frozenset(
    split_phrases(
        "on top of|over to|over in|over on|down on|down in|back in|back into|back on|back onto|back to|"
        "into|inside|onto|upon|"
        "in|on|to|at|by|next to|near|beside|over|under|behind|in front of|close to|against|towards"
    )
)
BESIDE = frozenset(split_phrases("next to|beside|by|near|close to|behind|in front of|under"))  # close, and not there

VERBS = {
    **dict.fromkeys(split_phrases(
                        "pick up|pick|grab|grab hold of|take hold of|take|get|lift|lift up|grasp|hold|seize|"
                        "catch|collect|snag|nab|snatch|retrieve|hoist|raise|"
                    "remove|pick out|get hold of|take out|pull out|hold on to|hold onto"), "pick_up"),
    **dict.fromkeys(split_phrases(
                        "put|place|set|set down|put down|lay|lay down|move|drop|drop off|stick|leave|stow|stash|"
                        "transfer|"
                    "shift|carry|toss|throw|chuck|bung|plonk|plop|shove|whack|fling|lob|sling|tuck|rest|return|"
                    "relocate|pitch|put away|put back|store|dump|deposit|slide|pop|bin|"
                    "load|stack"), "put"),
    **dict.fromkeys(split_phrases("throw away|throw out|toss out|dispose of|get rid of|trash|discard|chuck out|bin"),
        "put"),
    **dict.fromkeys(split_phrases("clear|clear up|clear away|clear off|empty|unload"), "clear"),
    **dict.fromkeys(split_phrases("wash|wash up|rinse|rinse off|scrub|wash off|hand wash"), "wash"),
    **dict.fromkeys(split_phrases("wipe|wipe down|wipe off|wipe up|mop|mop up"), "wipe"),
    **dict.fromkeys(split_phrases("open|open up"), "open"),
    **dict.fromkeys(split_phrases("close|shut"), "close"),
    **dict.fromkeys(split_phrases("hand over|hand me|hand|give me|give|pass me|pass|hand to me"), "hand_over"),
    **dict.fromkeys(split_phrases("bring|bring me|fetch|fetch me|get me|grab me|deliver|bring over"), "bring"),
    **dict.fromkeys(split_phrases("cook|make|make me|make us|cook me|bake|prepare|boil|fry"), "cook"),
    **dict.fromkeys(split_phrases("clean|clean up|tidy|tidy up|polish|clean off|tidy away|straighten up|vacuum|"
                    "hoover|dust|"
                    "sweep|sweep up|declutter|clean out|scour|disinfect|deep clean|spring clean|give a "
                    "clean"), "clean"),
    **dict.fromkeys(split_phrases(
                        "dry|dry off|fold|cut|slice|chop|pour|pour out|fill|fill up|stir|water|feed|iron|hang|"
                        "hang up|"
                    "turn on|switch on|turn off|switch off|start|refill|shake|wave|dance|sort|arrange|swap|peel|"
                    "screw|"
                    "unscrew|press|push|pull|stop|use|sing|plug in|unplug|freeze|warm up|heat|heat up|wrap|find|"
                    "look for|point at|show|"
                    "touch|tap|flip|turn over|play|buy|order|charge|watch|change|run|walk|check|replace|mow|rake|"
                    "brush|trim|defrost|descale|"
                    "put out|put up|hang out|put on|stick on|pop on|fluff|make the bed|make my bed|make the beds|"
                    "bathe|groom|"
                    "decorate|repair|fix|"
                    "measure|pack|wrap up|prune|shovel|inspect|restock|count|label|test|oil|sharpen|top up|air|air "
                    "out|ventilate|look after|walk out|lock|unlock|read|"
                    "rotate out|mend|wind|set up|paint|sew|knead|whisk|toast|grill|roast|marinate|thaw"), "other"),
}  # fmt: skip


def _gerund(verb: str) -> str:
    if verb.endswith("e") and not verb.endswith("ee"):
        return f"{verb[:-1]}ing"
    if re.fullmatch(r"(?:un)?[^aeiou]*(?:qu)?[aeiou][^aeiouwxy]", verb):
        return f"{verb}{verb[-1]}ing"
    return f"{verb}ing"


GERUNDS = {_gerund(phrase): phrase for phrase in VERBS if " " not in phrase and phrase not in ("iron", "cook",
    "shop")} | {
    "opening": "open", "emptying": "empty", "doing": "do"}  # fmt: skip
WHOLE_TASKS = {
    **dict.fromkeys(split_phrases("set the table|lay the table|set table|lay table|set up the table"), "set_table"),
    **dict.fromkeys(split_phrases("do the laundry|do laundry|do the washing|laundry|do a load of laundry|"
                    "wash the clothes|wash clothes|run the laundry|run a load of laundry|"
                    "start the laundry|wash my clothes|put the laundry on|put a wash on"), "laundry"),
    **dict.fromkeys(split_phrases("do the dishes|do dishes|do the washing up|wash the dishes|wash dishes|wash up|do "
        "the dish"), "wash"),
    **dict.fromkeys(split_phrases("clean|clean up|tidy up|tidy|do the cleaning"), "clean"),
    **dict.fromkeys(split_phrases("cook|cook dinner|make dinner|make lunch|make breakfast|cook lunch|do the cooking"),
        "cook"),
}  # fmt: skip
THROWING_AWAY = frozenset(
    split_phrases("throw away|throw out|toss out|dispose of|get rid of|trash|discard|chuck out|bin")
)
PARTICLES = frozenset(split_words("up away down out back over off"))


DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"  # of the week, within a regular expression


def alternatives(phrases: Iterable[str]) -> str:
    """A regular expression for any of the phrases, the longest first."""
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_BESIDE_IT = re.compile(rf"\b(?:{alternatives(BESIDE)}) (?:(?:the|my|our|your|that) )?(?:{alternatives(PLACES)})\b")


def without_neighbours(text: str) -> str:
    """The words without places that are only beside others: `towels go next to the sink` names no sink."""
    return _BESIDE_IT.sub("", text)


def singular(word: str) -> str:
    """`dishes` → `dish`, `knives` → `knife`; words that only look plural stay."""
    irregular = {"knives": "knife", "shelves": "shelf", "leaves": "leaf", "loaves": "loaf", "people": "person",
                 "glasses": "glass", "tomatoes": "tomato", "potatoes": "potato"}  # fmt: skip
    if word in irregular:
        return irregular[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith(("shes", "ches", "xes", "sses", "zes")):
        return word[:-2]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1]


def preposition_of(place: str) -> str:
    """`in` or `on`, whichever one says of the place."""
    return "on" if place in ON_PLACES else "in"


def in_place(place: str) -> str:
    """`counter` → `on the counter`."""
    return f"{preposition_of(place)} the {place}"
