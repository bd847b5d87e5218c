"""Asked about or told to forget: the routines, rules and facts of the home, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coach.interpreter.forgetting import forgotten_rule
from coach.routines.recurrence import next_due
from coach.routines.wording import moment_in_words, when_in_words
from coach.session.known_routines import find_alike, find_routine
from coach.session.outcomes import Outcome
from coach.session.wording import joined
from prompts import say

if TYPE_CHECKING:
    from memory.routines import Routine
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
_DOING = (r"(?:do|make|cook|prepare|run|remind (?:me|us) (?:about|of|to)|ask (?:me|us) about|"
          r"check in(?: with (?:me|us))? about)")  # fmt: skip
_NOUN = r"(?:routine|reminder|check-?in|check in|alarm)s?"
_THE = r"(?:(?:the|my|our|that|those) )?"
_ENDING = r"(?:cancel|delete|remove|drop|end|stop|switch off|turn off)"
_EVER = r"(?:any ?more|any longer|ever again|again)"


def _forms(*forms: str) -> tuple[re.Pattern[str], ...]:
    """Ways to ask for something, each of which names `what` it is about."""
    return tuple(re.compile(rf"(?:please |robot,? )?{form}(?:[ ,]+please)?[.! ]*") for form in forms)


_NO_LONGER = (
    _forms(  # "don't do the laundry any more", "stop reminding me about the pills", "cancel the pills reminder"
        rf"(?:do not|don't|never) (?:{_DOING} )?{_THE}(?P<what>[a-z]+(?: [a-z]+)?)"
        rf"(?: (?:on|at|every|each) [\w: ]+?)? {_EVER}",
        rf"you (?:do not|don't|need not|needn't) (?:have to |need to )?{_DOING} {_THE}(?P<what>.+?) {_EVER}",
        rf"(?:stop|quit) (?:reminding (?:me|us) (?:about|of|to)|asking (?:me|us) about|checking in(?: with (?:me|us))? "
        rf"about) {_THE}(?P<what>.+?)(?: {_EVER})?",
        rf"{_ENDING} {_THE}(?P<what>.+?) {_NOUN}",
        rf"{_ENDING} {_THE}{_NOUN} (?:about|for|of) {_THE}(?P<what>.+?)",
        rf"no more {_NOUN} (?:about|for|of) {_THE}(?P<what>.+?)",
        rf"no more (?P<what>.+?) {_NOUN}",
    )
)
_PAUSE = _forms(
    rf"(?:pause|suspend|interrupt) {_THE}(?P<what>.+?) {_NOUN}(?: (?:for now|until .+|for a while))?",
    rf"(?:pause|suspend) {_THE}(?P<what>.+?) (?:for now|for a while|until further notice)",
    rf"put {_THE}(?P<what>.+?)(?: {_NOUN})? on hold(?: (?:for now|until .+))?",
)
_GO_ON = _forms(
    rf"(?:resume|unpause|continue|reactivate|restart) {_THE}(?P<what>.+?) {_NOUN}(?: again)?",
    rf"go on with {_THE}(?P<what>.+?) {_NOUN}",
)
_PAUSE_THAT, _GO_ON_WITH_THAT = (  # they mean a routine only where one is called so: else the arms
    _forms(rf"{verbs} {_THE}(?P<what>.+?)")
    for verbs in (r"(?:pause|suspend|interrupt)", r"(?:resume|unpause|continue|reactivate|restart|go on with)")
)
_NOTHING = frozenset(("it", "that", "this", "about it", "everything"))


def about_memory(words: str, store: Store, now_s: float, busy: bool = False) -> Outcome | None:
    """None for words about anything else. Args: busy: the arms have a task, which such words may be about."""
    plain = words.lower().strip()
    if _RULES.search(plain):
        return _tell_rules(store)
    if _ROUTINES.search(plain):
        return _tell_routines(store)
    if what := _what(_NO_LONGER, plain):
        return _end_routine(store, what, plain, now_s)
    if what := _what(_PAUSE, plain):
        return _pause(store, what, now_s)
    if what := _what(_GO_ON, plain):
        return _go_on(store, what, now_s)
    if not busy and (what := _what(_PAUSE_THAT, plain)) and find_alike(store.routines.active(), what):
        return _pause(store, what, now_s)
    if not busy and (what := _what(_GO_ON_WITH_THAT, plain)) and find_alike(_resting(store), what):
        return _go_on(store, what, now_s)
    if (about := forgotten_rule(plain)) is not None:
        rules = [rule for rule in store.rules.holding() if rule.kind == "rule"]
        return _forget_rule(store, _about(rules, about) if about else rules, now_s)
    gone = _FORGET.fullmatch(plain)
    if gone is None or gone["what"] in _NOTHING:
        return None
    routine = find_routine(store.routines.active(), gone["what"])
    rules = _about(store.rules.holding(), gone["what"])
    if len(rules) == 1 and (routine is None or "routine" not in plain):
        return _forget_rule(store, rules, now_s)
    if routine is not None:
        return Outcome(say("rule_forgotten", rule=store.routines.remove(routine.id, now_s).title))
    return Outcome(say("rule_unknown"), ok=False)


def _what(forms: tuple[re.Pattern[str], ...], plain: str) -> str:
    """What the words are about in the first form that fits them; empty where none does."""
    return next((match["what"] for form in forms if (match := form.fullmatch(plain))), "")


def _end_routine(store: Store, what: str, plain: str, now_s: float) -> Outcome | None:
    """The routine or check-in that these words end; words that name no such thing may mean something else."""
    ended = [store.routines.remove(routine.id, now_s).title for routine in find_alike(store.routines.active(), what)]
    if ended:
        return Outcome(say("rule_forgotten", rule=ended[0]))
    return Outcome(say("routine_unknown", what=what), ok=False) if re.search(rf"\b{_NOUN}\b|\bremind", plain) else None


def _pause(store: Store, what: str, now_s: float) -> Outcome:
    routine = find_routine(store.routines.active(), what)
    if routine is None:
        return Outcome(say("routine_unknown", what=what), ok=False)
    title = store.routines.pause(routine.id, now_s).title
    return Outcome(say("routine_paused", title=title, what=title.partition(" the ")[2] or title))


def _go_on(store: Store, what: str, now_s: float) -> Outcome:
    routine = find_routine(_resting(store), what)
    if routine is None:
        return Outcome(say("routine_not_paused", what=what), ok=False)
    routine = store.routines.go_on(routine.id, int(now_s))
    coming = next_due(routine, int(now_s))
    moment = moment_in_words(coming, routine.tz, now_s) if coming else "no more"
    return Outcome(say("routine_goes_on", title=routine.title, moment=moment))


def _resting(store: Store) -> list[Routine]:
    return [routine for routine in store.routines.active() if routine.is_paused]


def _tell_rules(store: Store) -> Outcome:
    rules = [f"{rule.text} ({rule.by})" for rule in store.rules.holding()[:MAX_TOLD]]
    return Outcome(say("rules_told", rules="; ".join(rules)) if rules else say("rules_none"))


def _tell_routines(store: Store) -> Outcome:
    told = [f"{routine.title} {when_in_words(routine)}" for routine in store.routines.active()[:MAX_TOLD]]
    return Outcome(say("routines_told", routines="; ".join(told)) if told else say("routines_none"))


def _forget_rule(store: Store, meant: Sequence[Rule], now_s: float) -> Outcome:
    if len(meant) == 1:
        return Outcome(say("rule_forgotten", rule=store.rules.forget(meant[0].id, now_s).text))
    if not meant:
        return Outcome(say("rule_unknown"), ok=False)
    rules = joined(tuple(f'"{rule.text}"' for rule in meant[:MAX_TOLD]), "or")
    return Outcome(say("rule_which", rules=rules), ok=False)


def _about(rules: Sequence[Rule], what: str) -> list[Rule]:
    """Those that have the most words in common with what was said; none where no word is."""
    said = {word.removesuffix("s") for word in re.findall(r"[a-z]+", what)} - {"the", "my", "about", "that"}
    scored = [(len(said & {word.removesuffix("s") for word in re.findall(r"[a-z]+", rule.text.lower())}), rule)
              for rule in rules]  # fmt: skip
    best = max((score for score, _ in scored), default=0)
    return [rule for score, rule in scored if score == best and best]
