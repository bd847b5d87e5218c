"""Where one wish ends and the next begins, when nobody sets a comma: `laundry on tuesdays i leave for work at 7`."""

from __future__ import annotations

import re

from coach.interpreter.lexicon import VERBS, split_words

_TIME = re.compile(
    r"\b(?:every|each|daily|weekly|monthly|weekdays|weekends|at (?:\d|half|quarter|noon|one|two|three|four|five|six|"
    r"seven|"
    r"eight|nine|ten|eleven|twelve)|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|never|always|goe?s? (?:in|on|"
    r"into))\b"
)
_STARTERS = frozenset(
    split_words(
        "laundry dinner breakfast lunch supper i we my our never always check ask remind tell mugs cups plates "
        "knives towels glasses coffee bins please also wake"
    )
) | {verb.split()[0] for verb in VERBS}
_TIED = frozenset(  # behind these a starter belongs to what was said before
    split_words(
        "to the a an my our your and , or about of for how what when if not will can should must in on at before "
        "after with i we you they he she that all every each have make do no please always never then them put "
        "ready already ever even any some also just is are was were has have had only not more most"
    )
)
MIN_WORDS = 6
MAX_CUTS = 24


def is_crowded(sentence: str) -> bool:
    """Whether more than one time, day or rule is named, so that it may hold more than one wish."""
    return len(sentence.split()) >= MIN_WORDS and len(_TIME.findall(sentence)) >= 2


def run_on_cuts(sentence: str) -> list[tuple[str, str]]:
    """The two sides of every gap between words that could end a sentence, the longest left side first."""
    words = sentence.split()
    if not 3 <= len(words) <= 24:
        return []
    return [(" ".join(words[:n]), " ".join(words[n:])) for n in range(len(words) - 1, 0, -1)
            if n > 1 or words[0] in _ALONE]  # fmt: skip


def starts_clause(left: str, right: str) -> bool:
    """Whether what is right may be an order of its own."""
    words = right.split()
    begins = words[0] in _ORDERS or (
        words[0] in ("please", "so", "now", "then", "just") and len(words) > 2 and words[1] in _ORDERS
    )
    return len(words) > 1 and begins and left.split()[-1] not in _TIED and len(left.split()) > 1


_ORDERS = frozenset(verb.split()[0] for verb in VERBS) - frozenset(
    split_words(
        "place sort place move drop set leave store iron water dust hand heat bin trash pass dry cut fry charge "
        "watch wave sing press close open clean light left right start stop walk run play show wash cook bake lay "
        "fold point read wind test count change check screw push pull shake dance use turn switch touch pop stick "
        "stack load park lock label oil paint mend toast roast grill air"
    )
) | frozenset(
    ("wash", "move", "drop", "leave", "open", "close", "turn", "switch", "use", "clean", "change", "check", "wipe")
)
_ALONE = frozenset(
    split_words("thanks great perfect lovely brilliant hello hi sorry excellent wonderful cheers good nice super hey")
)


def cuts(sentence: str) -> list[tuple[str, str]]:
    """The two sides of every place where a new wish may begin, the first place first."""
    words = sentence.split()
    found = []
    for index in range(2, len(words) - 1):
        led_by_time = words[index] in ("every", "each", "on") and words[index - 1] not in _TIED
        if words[index] in ("and", "then") and (
            words[index + 1] in _STARTERS or words[index + 1] in ("on", "every", "each")
        ):
            found.append((" ".join(words[:index]), " ".join(words[index + 1 :])))
        elif led_by_time or (words[index] in _STARTERS and words[index - 1] not in _TIED):
            found.append((" ".join(words[:index]), " ".join(words[index:])))
    return found[:MAX_CUTS]
