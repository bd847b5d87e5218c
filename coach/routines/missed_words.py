"""What shall become of a run that is missed, as part of a wish: "laundry on Tuesdays, if you miss it, ask me"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.routines import Missed

TOLD = {"skip": "If I miss it, I leave it out.", "ask": "If I miss it, I ask you about it.",
        "late": "If I miss it, I do it as soon as I can."}  # fmt: skip
_IF_MISSED = (
    r"(?:if|when|whenever|in case|should) (?:you|i|it|they|that) (?:ever |should )?"
    r"(?:(?:is|are|was|gets?|were) missed|"
    r"miss(?:es|ed)?(?: (?:it|that|one|them|a (?:time|run|day)|(?:the |my )(?P<what_{0}>[a-z ]+?)))?|"
    r"(?:can't|cannot|couldn't|could not|did not|didn't) (?:do|make)(?: it| that)?)(?: because [a-z ]+?)?"
)
_INSTEAD = (
    r"(?:(?P<skip_{0}>(?:just |simply )?(?:skip|leave|drop|forget|don't do|do not do)(?: (?:it|that|them))?(?: out)?)|"
    r"(?P<ask_{0}>(?:just )?ask (?:me|us)(?: about (?:it|that)| first| what to do)?)|"
    r"(?P<late_{0}>(?:just )?(?:(?:do|make|run) (?:it|that|them) (?:later|late|afterwards|anyway|"
    r"as soon as (?:you|possible)(?: can| are back)?|when you(?: can|'re back| are back))|"
    r"catch (?:it )?up(?: later)?|make up for it)))"
)
_IF_MISSED_THEN = re.compile(
    rf"[,;.]? ?(?:\b(?:and|but) )?\b(?:{_IF_MISSED.format(1)} ?,? ?(?:then |please |just )*{_INSTEAD.format(1)}|"
    rf"{_INSTEAD.format(2)},? {_IF_MISSED.format(2)})(?=[,;.!]| and\b| but\b|$)[.!]?", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True)
class IfMissed:
    """What shall become of a run that is missed, as words say.

    Args:
        rest: the words without it.
        missed: as `Routine.missed`; None where nothing is said about it.
        what: the chore that it names; mostly empty, it is about what else is said.
    """

    rest: str
    missed: Missed | None = None
    what: str = ""


def take_missed(words: str) -> IfMissed:
    """`laundry on Tuesdays, if you miss it, ask me` → `laundry on Tuesdays` and `ask`."""
    said = _IF_MISSED_THEN.search(words)
    if said is None:
        return IfMissed(words)
    groups = said.groupdict()
    rules: tuple[Missed, ...] = ("skip", "ask", "late")
    missed = next(rule for rule in rules if groups[f"{rule}_1"] or groups[f"{rule}_2"])
    what = groups["what_1"] or groups["what_2"] or ""
    return IfMissed(f"{words[: said.start()]}{words[said.end() :]}".strip(" ,;"), missed, what)
