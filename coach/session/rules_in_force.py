"""Which rules hold at this moment: those of the home, and those for now, which end with the task.

Where a correction contradicts one of them, the person is asked what holds; what they answer is settled here too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter import interpret
from coach.interpreter.items import Item
from coach.interpreter.lexicon import without_neighbours
from coach.interpreter.resolve import in_known_words
from coach.routines.contradictions import opposes
from coach.routines.house_rules import notes_for
from coach.session.errand import KINDS, PLACES, Errand, name_of

if TYPE_CHECKING:
    from memory.store import Store

NOW_KEY, QUESTION_KEY = "rules_now", "rule_question"
MAX_NOW = 8
_NEVER = re.compile(r"\b(?:never|not|no|don't|do not)\b")
_ONCE = re.compile(r"\b(?:once|this time|this one|now|today|exception|only)\b")
_ALWAYS = re.compile(r"\b(?:always|from now on|every|new rule|change (?:it|the rule)|in future|forever)\b")
_NO_ANSWER = frozenset(("pause", "nudge", "question", "undo", "restart", "takeover", "routine", "checkin"))
_NO = re.compile(r"\b(?:no|neither|never ?mind|leave it|keep|forget it|as (?:it was|before))\b")


class RuleNow(msgspec.Struct, frozen=True, kw_only=True):
    """Args: subject: what it settles, as `Rule.subject`."""

    text: str
    subject: str = ""
    by: str = ""


class RulesNow(msgspec.Struct, frozen=True, kw_only=True):
    """Rules until a task ends. Args: task_id: empty where they were told before it."""

    task_id: str = ""
    rules: tuple[RuleNow, ...] = ()


class RuleQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A correction that waits until it is clear what of a rule remains."""

    item: Item
    words: str
    by: str
    rule_id: int
    rule: str


def rules_now(store: Store, task_id: str) -> tuple[RuleNow, ...]:
    """Those that hold until the task ends, the newest first."""
    try:
        kept = msgspec.convert(store.get_state(NOW_KEY), RulesNow | None) or RulesNow()
    except msgspec.ValidationError:
        return ()
    return kept.rules if kept.task_id in ("", task_id) else ()


def keep_rule_now(store: Store, task_id: str, rule: RuleNow) -> None:
    """It holds until the task ends, or through the next one; one that settles the same gives way."""
    others = [old for old in rules_now(store, task_id) if old.text != rule.text
              and not (rule.subject and old.subject == rule.subject)]  # fmt: skip
    store.set_state(NOW_KEY, msgspec.to_builtins(RulesNow(task_id=task_id, rules=(rule, *others)[:MAX_NOW])))


def rule_for(errand: Errand, by: str) -> RuleNow:
    """What a correction within a chore settles for the rest of it: things of this kind go there."""
    kind = errand.thing.split()[-1]
    return RuleNow(text=f"{kind}s go {errand.place}", subject=f"place of {kind}", by=by)


def begin_task(store: Store, task_id: str) -> None:
    """A new task: what was told before it holds through it, what was told for another one is over."""
    told = rules_now(store, "")
    store.set_state(NOW_KEY, msgspec.to_builtins(RulesNow(task_id=task_id, rules=told)) if told else None)


def notes_in_force(store: Store, instruction: str, task_id: str) -> tuple[str, ...]:
    """What the model should know for this task: what holds now first, then the home's rules that fit."""
    now = rules_now(store, task_id)
    settled = {rule.subject for rule in now if rule.subject}
    lasting = [rule for rule in store.rules.holding()
               if rule.subject not in settled and not any(opposes(told, rule) for told in now)]  # fmt: skip
    return tuple(dict.fromkeys((*(rule.text for rule in now), *notes_for(instruction, lasting))))


def place_by_rule(store: Store, thing: str, task_id: str) -> tuple[str, int, str]:
    """(place, number of the home's rule or 0, its words) for a thing such as `red cup`; empty where none says."""
    words = thing.split()
    subjects = {f"place of {thing}"} | ({f"place of {words[-1]}"} if words else set())
    for now in rules_now(store, task_id):
        if now.subject in subjects and (place := place_of(now.text)):
            return place, 0, now.text
    for rule in store.rules.holding():
        if rule.subject in subjects and (place := place_of(rule.text)):
            return place, rule.id, rule.text
    return "", 0, ""


def with_places(store: Store, items: Sequence[Item], task_id: str) -> tuple[Item, ...]:
    """A thing that is to be put away goes where the rules put it."""
    return tuple(_with_place(store, item, task_id) for item in items)


def _with_place(store: Store, item: Item, task_id: str) -> Item:
    known = in_known_words(item, KINDS, PLACES)
    if known.kind != "task" or known.verb != "put" or known.place or known.object is None:
        return item
    place, _, _ = place_by_rule(store, name_of(known.object), task_id)
    return msgspec.structs.replace(known, place=place) if place else item


def place_of(rule: str) -> str:
    """The place where a rule puts things; empty where it names none, or says where they never go."""
    plain = without_neighbours(rule.lower())
    named = [place for place in PLACES if re.search(rf"\b{place}\b", plain)]
    return named[0] if len(named) == 1 and not _NEVER.search(plain) else ""


def contradicted_by(store: Store, goal: Errand, task_id: str) -> tuple[int, str] | None:
    """(number, words) of the home's rule that says otherwise; what holds for now was said knowingly."""
    place, number, rule = place_by_rule(store, goal.thing, task_id)
    return (number, rule) if number and goal.place and place not in goal.place else None


def ask_about_rule(store: Store, question: RuleQuestion | None) -> None:
    store.set_state(QUESTION_KEY, msgspec.to_builtins(question))


def asked_about_rule(store: Store) -> RuleQuestion | None:
    try:
        return msgspec.convert(store.get_state(QUESTION_KEY), RuleQuestion | None)
    except msgspec.ValidationError:
        return None


def what_remains(words: str, question: RuleQuestion) -> str:
    """`once`, `always`, `keep` or nothing: what the answer says of the rule."""
    plain = words.lower()
    if len(plain.split()) > 10 or _says_more(plain, question):
        return ""
    named = [place for place in PLACES if re.search(rf"\b{place}\b", plain)]
    if named and all(place in question.rule.lower() for place in named) and question.item.place not in named:
        return "keep"  # "no, it always goes in the drying rack"
    found = [name for name, pattern in (("always", _ALWAYS), ("once", _ONCE), ("keep", _NO)) if pattern.search(plain)]
    return found[0] if found else ""


def _says_more(plain: str, question: RuleQuestion) -> bool:
    """Whether words name another thing or place than the question is about, or ask for something else."""
    about = f"{question.rule} {question.words} {question.item.place}".lower()
    if any(re.search(rf"\b{name}", plain) and name not in about for name in (*KINDS, *PLACES)):
        return True
    items = interpret(plain).items
    return any(item.kind in _NO_ANSWER or (item.place and item.place not in about) for item in items)


def replace_rule(store: Store, question: RuleQuestion, text: str, subjects: Sequence[str] = ()) -> str:
    """The new rule in place of the old one; returns its words."""
    from memory.rules import Rule

    old = next((rule for rule in store.rules.holding() if rule.id == question.rule_id), None)
    subject = old.subject if old else next(iter(subjects), "")
    about = old.about if old else ""
    return store.rules.add(Rule(text=text, subject=subject, about=about, by=question.by, wall_s=time.time())).text
