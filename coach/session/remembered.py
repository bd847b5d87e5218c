"""Asked about or told to forget: the routines, rules and facts of the home, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coach.routines.wording import when_in_words
from coach.session.outcomes import Outcome
from coach.session.standing import find_routine
from prompts import say

if TYPE_CHECKING:
    from memory.rules import Rule
    from memory.store import Store

MAX_TOLD = 8
_ROUTINES = re.compile(
    r"\b(?:what|which|list|tell me|show me|do you have)\b.*\b(?:routines?|chores|by yourself|"
    r"schedule)\b"
)
_RULES = re.compile(r"\b(?:what|which|list|tell me|show me|do you have)\b.*\b(?:rules?|facts?)\b")
_FORGET = re.compile(r"(?:please )?forget (?:the rule |the fact |the routine |what i said |that |)(?:about |that |"
                     r"for )?"
                     r"(?:the )?(?P<what>.+?)[.! ]*")  # fmt: skip
_STOP_DOING = re.compile(r"(?:please )?(?:do not|don't) (?:do )?(?:the )?(?P<what>.+?) (?:any ?more|any longer)[.! ]*")
_NOTHING = frozenset(("it", "that", "this", "about it", "everything"))


def about_memory(words: str, store: Store, now_s: float) -> Outcome | None:
    """None for words about anything else."""
    plain = words.lower().strip()
    if _RULES.search(plain):
        return _tell_rules(store)
    if _ROUTINES.search(plain):
        return _tell_routines(store)
    gone = _STOP_DOING.fullmatch(plain) or _FORGET.fullmatch(plain)
    if gone is None or gone["what"] in _NOTHING:
        return None
    routine = find_routine(store.routines.active(), gone["what"])
    rule = _find_rule(store.rules.holding(), gone["what"])
    if rule is not None and (routine is None or "routine" not in plain) and not _STOP_DOING.fullmatch(plain):
        return Outcome(say("rule_forgotten", rule=store.rules.forget(rule.id, now_s).text))
    if routine is not None:
        return Outcome(say("rule_forgotten", rule=store.routines.remove(routine.id, now_s).title))
    return Outcome(say("rule_unknown"), ok=False) if _FORGET.fullmatch(plain) else None


def _tell_rules(store: Store) -> Outcome:
    rules = [f"{rule.text} ({rule.by})" for rule in store.rules.holding()[:MAX_TOLD]]
    return Outcome(say("rules_told", rules="; ".join(rules)) if rules else say("rules_none"))


def _tell_routines(store: Store) -> Outcome:
    told = [f"{routine.title} {when_in_words(routine)}" for routine in store.routines.active()[:MAX_TOLD]]
    return Outcome(say("routines_told", routines="; ".join(told)) if told else say("routines_none"))


def _find_rule(rules: list[Rule], what: str) -> Rule | None:
    said = {word.removesuffix("s") for word in re.findall(r"[a-z]+", what)} - {"the", "my", "about", "that"}
    scored = [(len(said & {word.removesuffix("s") for word in re.findall(r"[a-z]+", rule.text.lower())}), rule)
              for rule in rules]  # fmt: skip
    best = max((score for score, _ in scored), default=0)
    fits = [rule for score, rule in scored if score == best]
    return fits[0] if best and len(fits) == 1 else None
