"""The forms of a verb → the verb: `laid`, `placing`, `fetched`."""

from __future__ import annotations

from coach.interpreter.lexicon import GERUNDS, VERBS

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
