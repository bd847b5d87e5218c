"""What is said about rules while the robot works: rules for now, and corrections that contradict one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from coach.interpreter.items import Item
from coach.interpreter.lexicon import in_place
from coach.routines.house_rules import rule_of
from coach.session.errand import PLACES, Errand
from coach.session.outcomes import Outcome, Spoken
from coach.session.rules_in_force import (
    RuleNow,
    RuleQuestion,
    ask_about_rule,
    asked_about_rule,
    keep_rule_now,
    notes_in_force,
    place_of,
    replace_rule,
    what_remains,
)
from coach.session.situation import Situation
from coach.session.taken_back import is_lesson_since, rule_just_told
from prompts import say

if TYPE_CHECKING:
    from coach.session.actions import Actions
    from memory.store import Store


class RuleTalk:
    """Args: actions: sends to the bridge, and teaches."""

    def __init__(self, store: Store, actions: Actions) -> None:
        self._store, self._actions = store, actions

    def ask(self, spoken: Spoken, rule: tuple[int, str], goal: Errand) -> Outcome:
        """It is not clear whether the rule is over or this is an exception: hold still until it is."""
        self._actions.send("pause", spoken.words, spoken.by, spoken.situation)
        ask_about_rule(self._store, RuleQuestion(item=spoken.item, words=spoken.words, by=spoken.by, rule_id=rule[0],
                                                 rule=rule[1]))  # fmt: skip
        return Outcome(say("rule_or_once", rule=rule[1], place=goal.place), spoken.situation.task_id, ok=False)

    def settle(self, words: str, situation: Situation) -> Outcome | None:
        """What these words settle of a question about a rule; None where there is none, or they are about another
        thing: then it is no longer open."""
        question = asked_about_rule(self._store)
        if question is None:
            return None
        ask_about_rule(self._store, None)
        remains = what_remains(words, question)
        if remains == "keep":
            self._actions.send("resume", words, question.by, situation)
            return Outcome(say("rule_stays", rule=question.rule), situation.task_id)
        if not remains:
            return None
        spoken = Spoken(question.item, question.words, question.by, situation, settled=True)
        if remains == "once":
            return self._actions.correct(spoken)
        thing = question.rule.split()[0] if situation.errand is None else situation.errand.thing.split()[-1]
        text = f"{thing}s go {in_place(question.item.place)}"
        told = say("rule_kept", rule=replace_rule(self._store, question, text))
        done = self._actions.correct(spoken)
        return replace(done, said=f"{told} {done.said}")

    def undo(self, spoken: Spoken) -> Outcome:
        """Take back the rule that was told just now, and the step that it led to; without one the last step."""
        situation, rule = spoken.situation, rule_just_told(self._store)
        if rule is None:
            return self._actions.steer("undo", spoken.words, spoken.by, situation)
        forgotten = say("rule_forgotten", rule=self._store.rules.forget(rule.id, time.time()).text)
        if not situation.busy or not is_lesson_since(self._store, rule.wall_s, situation):
            return Outcome(forgotten, situation.task_id)
        undone = self._actions.steer("undo", spoken.words, spoken.by, situation)
        return replace(undone, said=f"{forgotten} {undone.said}")

    def keep_now(self, item: Item, words: str, by: str, situation: Situation) -> Outcome:
        """A rule until the task ends; the model is told at once."""
        rule = rule_of(item, by, time.time(), words)
        keep_rule_now(self._store, situation.task_id if situation.busy else "",
                      RuleNow(text=rule.text, subject=rule.subject, by=by))  # fmt: skip
        return Outcome(say("rule_kept_now" if situation.busy else "rule_kept_next", rule=rule.text))

    def follow(self, item: Item, words: str, by: str, situation: Situation) -> Outcome:
        """A rule about the thing that is being moved moves it elsewhere, and the model is told of any other."""
        errand = situation.errand
        if not situation.busy or errand is None:
            return Outcome("")
        kind = item.object.name if item.object else ""
        same = kind == errand.thing.split()[-1]
        if same and item.instead_of in PLACES and item.instead_of in errand.place:
            self._actions.send("pause", words, by, situation)
            return Outcome(say("asks_instead"), situation.task_id, ok=False)
        about_it = same and place_of(item.text or words) == item.place != ""
        if about_it and item.place in PLACES and errand.place and item.place not in errand.place:
            there = Item(kind="correction", place=item.place)
            return self._actions.correct(Spoken(there, words, by, situation, settled=True))
        self._actions.send("correction", words, by, situation,
                   notes=notes_in_force(self._store, situation.instruction, situation.task_id))  # fmt: skip
        return Outcome("", situation.task_id)
