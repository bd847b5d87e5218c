"""Where a short remark ends and the next begins, when nobody sets a comma: `slow down you are scaring me`."""

from __future__ import annotations

from coach.interpreter.lexicon import VERBS, split_words

_TIED = frozenset(  # behind these a starter belongs to what was said before
    split_words(
        "to the a an my our your and , or about of for how what when if not will can should must in on at before "
        "after with i we you they he she that all every each have make do no please always never then them put "
        "ready already ever even any some also just is are was were has have had only not more most"
    )
)


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
