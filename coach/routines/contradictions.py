"""What a rule or fact settles, and which of those that hold it contradicts.

place of knife              where knives go; only one place holds
no knife in dishwasher      where they never go: contradicts only a rule that puts them right there
always|never open window    what is done or not: each contradicts the other
true|false allergic to nut  what is so or not, in the same way
time of breakfast …         one hour, on the same days; and so are the state, place, name and number of a thing
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from coach.interpreter.lexicon import singular, split_words, without_neighbours
from coach.interpreter.times import take_times

if TYPE_CHECKING:
    from coach.interpreter.items import Item
    from memory.rules import Rule

_WORD = re.compile(r"[a-z0-9']+")
_NOT = re.compile(r"\b(?:never|not|no|none|don't|doesn't|isn't|aren't|can't|cannot|haven't|hasn't|mustn't|shouldn't)\b")
_EMPTY = frozenset(split_words(
    "a an the my our your his her their this that these those always never not no do does don't doesn't isn't aren't"
    " can't cannot haven't hasn't mustn't shouldn't ever please is are am was be been must should may can could will"
    " from now on under any circumstances you it of at in to only remember all"
))  # fmt: skip
_NUMBER = re.compile(r"\b(?:\d+|no|one|two|three|four|five|six|seven|eight|nine|ten)\b")
_STATE = re.compile(
    r".*?\bkeep (?P<what>(?:the|my|our|your|all the) .+?) "
    r"(?:clear|clean|tidy|dry|closed|shut|open|locked|empty|cold|warm|quiet|dark)\b"
)
_ONE_VALUE = re.compile(
    r"(?P<what>.*\b(?:name|password|code|birthday|address|number|colour|color|size|age)) (?:is|are) .+"
)
_WE_HAVE = re.compile(r"^(?:we|everyone|everybody) (?:usually |always )?(?:have|has|eats?) ")
_WHO_MOVES = (
    r"(?:i|we|he|she|they|you|[a-z ]*\b(?:kids?|child(?:ren)?|bab(?:y|ies)|dogs?|cats?|guests?|sons?|"
    r"daughters?|mum|mom|dad|husband|wife|grandma|grandpa|friends?|neighbours?|people))"
)
_SOMEWHERE = re.compile(
    r"(?P<what>.+?) (?:lives?|(?:is|are)(?: kept| stored)?) (?:in|on|under|behind|next to|upstairs|downstairs|"
    r"outside|inside|above|below|near)\b.*"
)
_OPPOSITES = {"always": "never", "never": "always", "true": "false", "false": "true"}


class Settles(Protocol):
    """A rule, of the home or for now."""

    @property
    def text(self) -> str: ...

    @property
    def subject(self) -> str: ...


def subject_of(item: Item, text: str) -> str:
    """What it settles, so that another one can contradict it or take its place."""
    plain = text.lower().strip().rstrip(".!")
    denied = _NOT.search(plain) is not None
    if item.kind != "fact":
        named = str(item.object) if item.object else ""
        if named and item.place:
            return f"place of {named}"
        if named and item.instead_of:
            return f"no {named} in {item.instead_of}"
        if state := _STATE.fullmatch(plain):
            return f"state of {_core(state['what'])}"
        return f"{'never' if denied else 'always'} {_core(plain)}"
    if item.time:
        of = _core(_WE_HAVE.sub("", take_times(plain).rest))
        return " ".join(filter(None, (f"time of {of}", item.rrule, item.date)))
    for pattern, name in ((_ONE_VALUE, "value"), (_SOMEWHERE, "place of the")):
        match = pattern.fullmatch(plain)
        if match and not denied and (" live" in plain or not re.fullmatch(_WHO_MOVES, match["what"])):
            return f"{name} {_core(match['what'])}"
    if len(_NUMBER.findall(plain)) == 1 and not denied:
        return f"number of {_core(_NUMBER.sub('', plain))}"
    return f"{'false' if denied else 'true'} {_core(plain)}"


def opposes(new: Settles, old: Settles) -> bool:
    """Whether both cannot hold."""
    kind, _, rest = new.subject.partition(" ")
    if not new.subject or not old.subject:
        return False
    if kind in _OPPOSITES:
        return old.subject == f"{_OPPOSITES[kind]} {rest}"
    if kind == "no":
        return _puts_there(old, new)
    if old.subject.startswith("no "):
        return _puts_there(new, old)
    return old.subject == new.subject and _plain(old.text) != _plain(new.text)


def contradictions(rule: Rule, holding: Sequence[Rule]) -> list[Rule]:
    """Those that hold now and cannot hold beside it."""
    return [old for old in holding if opposes(rule, old)]


def _puts_there(rule: Settles, ban: Settles) -> bool:
    """Whether `mugs go in the bin` does what `never put mugs in the bin` forbids."""
    thing, _, place = ban.subject.removeprefix("no ").rpartition(" in ")
    text = rule.text.lower() if place.startswith("spot ") else without_neighbours(rule.text.lower())
    named = re.escape(place.removeprefix("spot "))
    return rule.subject == f"place of {thing}" and re.search(rf"\b{named}\b", text) is not None


def _core(words: str) -> str:
    """The words that tell it apart, in the singular: `never open the windows` → `open window`."""
    return " ".join(singular(word) for word in _WORD.findall(words) if word not in _EMPTY)


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
