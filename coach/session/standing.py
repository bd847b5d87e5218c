"""Wishes for the times to come: repeated in a sentence each, asked about where unclear, armed when agreed to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter.items import Item
from coach.routines.drafts import Draft, draft, settled, skipped_days
from coach.routines.house_rules import contradicted, rule_of
from coach.routines.recurrence import local_zone, next_due
from coach.routines.wish import instruction_of, possible
from coach.routines.wording import moment_in_words, when_in_words
from coach.session.outcomes import Outcome
from coach.session.wording import joined, sentence
from prompts import say
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from memory.routines import Routine
    from memory.store import Store

STANDING = frozenset(("routine", "checkin", "rule", "fact"))
STATE_KEY = "agreement"
_YES = re.compile(r"(?:yes|yeah|yep|sure|okay|ok|fine|agreed|exactly|correct|right|please do|do (?:that|it|so)|"
                  r"go ahead|"
                  r"that is right|that's right|all right|sounds good|perfect|good)(?:[ ,]+(?:please|do|all of (?:it|"
                  r"them)|"
                  r"thank you|thanks|that is right|that's right|do that|robot))*[.! ]*")  # fmt: skip
_NO = re.compile(r"(?:no|nope|cancel|never ?mind|forget it|leave it|rather not|don't|do not)(?:[ ,]+(?:thanks|"
                 r"thank you|"
                 r"please|robot|that|it))*[.! ]*")  # fmt: skip
_EVERY = re.compile(r"\b(?:every|each|always|daily|weekly|all of them)\b")
_ONCE = re.compile(r"\b(?:only|just|once|this one|this time|today|a single)\b")


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for the person's word. Args: asked: the item that a question is open about, -1 for the last "yes"."""

    items: tuple[Item, ...]
    words: str
    by: str
    asked: int = -1


class Standing:
    """Args: clock: seconds of UTC."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, tz: str = "", holidays: str = "") -> None:
        self._store, self._clock, self._tz, self._holidays = store, clock, tz, holidays

    def answer(self, words: str) -> Outcome | None:
        """What the words settle of the open agreement; None where they are about something else."""
        waiting = self._waiting()
        plain = words.lower().strip()
        if waiting is None:
            return None
        if _NO.fullmatch(plain):
            self._keep(None)
            return Outcome(say("routines_dropped"))
        if waiting.asked >= 0:
            every, once = bool(_EVERY.search(plain)), bool(_ONCE.search(plain))
            if every == once or len(plain.split()) > 8:
                return None
            items = list(waiting.items)
            items[waiting.asked] = settled(items[waiting.asked], every)
            return self._consider(items, waiting.words, waiting.by)
        return self._arm(waiting) if _YES.fullmatch(plain) else None

    def propose(self, items: Sequence[Item], words: str, by: str) -> Outcome:
        """Rules and facts are kept at once and told; routines and check-ins wait for a yes."""
        items, wrong = possible(items, words)
        outcomes = [Outcome(say("routine_refused", reason=error), ok=False) for error in wrong]
        outcomes += [self._keep_rule(item, words, by) for item in items if _is_rule(item)]
        asks = next((outcome for outcome in outcomes if not outcome.ok), None)
        outcomes += [self._skip(item) for item in items if _is_skip(item)]
        timed = [item for item in items if not _is_rule(item) and not _is_skip(item)]
        if timed:
            before = self._waiting()
            if before is not None and before.items[0].kind in ("routine", "checkin"):  # nothing said before is lost
                timed = [*before.items, *(item for item in timed if item not in before.items)]
            outcomes.append(self._consider(timed, words, by))
        said = " ".join(outcome.said for outcome in outcomes if outcome.said)
        return Outcome(said, ok=asks is None and all(outcome.ok for outcome in outcomes))

    def _consider(self, items: Sequence[Item], words: str, by: str) -> Outcome:
        """Ask about the first unclear one; else tell all of them and ask whether that is right."""
        told: list[str] = []
        good: list[Item] = []
        refused: list[str] = []
        routines: list[Routine] = []
        for index, item in enumerate(items):
            try:
                found = self._draft(item, words, by)
            except UsageError as error:
                refused.append(say("routine_refused", reason=error))
                continue
            if found.routine is None:
                self._keep(Agreement(items=tuple(items), words=words, by=by, asked=index))
                return Outcome(" ".join([*refused, found.question]))
            good.append(item)
            routines.append(found.routine)
            told.append(" ".join([f"{sentence(when_in_words(found.routine))}: {found.routine.title}.", *found.remarks]))
        if not good:
            self._keep(None)
            return Outcome(" ".join(refused), ok=False)
        self._keep(Agreement(items=tuple(good), words=words, by=by))
        clash = self._clash(routines)
        return Outcome(" ".join([*refused, *dict.fromkeys(told), *clash, say("routines_agree")]), ok=not refused)

    def _arm(self, waiting: Agreement) -> Outcome:
        if not any(item.kind in ("routine", "checkin") for item in waiting.items):
            self._keep(None)
            texts = [self._store.rules.add(rule_of(item, waiting.by, self._clock(), waiting.words)).text
                     for item in waiting.items]  # fmt: skip
            return Outcome(say("rule_kept", rule=joined(tuple(texts), "and")))
        try:
            drafts = [self._draft(item, waiting.words, waiting.by) for item in waiting.items]
        except UsageError as error:  # its time has passed while it waited for the answer
            self._keep(None)
            return Outcome(say("routine_refused", reason=error), ok=False)
        kept = [self._store.routines.add(found.routine) for found in drafts if found.routine]
        self._keep(None)
        now = self._clock()
        dues = [(next_due(routine, int(now)), routine) for routine in kept]
        first_due, first = min((due, routine.id) for due, routine in dues if due is not None)
        routine = next(routine for routine in kept if routine.id == first)
        return Outcome(say("routines_armed", count=len(kept), title=routine.title,
                           moment=moment_in_words(first_due, routine.tz, now)))  # fmt: skip

    def _draft(self, item: Item, words: str, by: str) -> Draft:
        return draft(item, self._clock(), self._tz or local_zone(), by, words, instruction_of(item), self._holidays)

    def _clash(self, routines: Sequence[Routine]) -> list[str]:
        """A sentence where two of them come at the same moment."""
        now = int(self._clock())
        known = [(next_due(routine, now), routine.title) for routine in [*self._store.routines.active(), *routines]]
        for routine in routines:
            due = next_due(routine, now)
            others = [title for moment, title in known if moment == due and title != routine.title]
            if others:
                return [say("routines_clash", one=routine.title, other=others[0])]
        return []

    def _keep_rule(self, item: Item, words: str, by: str) -> Outcome:
        rule = rule_of(item, by, self._clock(), words)
        before = contradicted(rule, self._store.rules.holding())
        if before is not None and rule.kind == "rule":
            self._keep(Agreement(items=(item,), words=words, by=by))
            return Outcome(say("rule_contradicts", before=before.text, rule=rule.text), ok=False)
        self._store.rules.add(rule)
        said = say("rule_kept", rule=rule.text) if rule.kind == "rule" else say("fact_kept", rule=rule.text)
        return Outcome(said)

    def _skip(self, item: Item) -> Outcome:
        wanted = item.about or item.verb.replace("_", " ") or (item.object.name if item.object else "")
        found = find_routine(self._store.routines.active(), wanted)
        if found is None:
            return Outcome(say("routine_unknown", what=wanted), ok=False)
        try:
            days = skipped_days(item, self._clock(), found.tz)
        except UsageError as error:
            return Outcome(say("routine_refused", reason=error), ok=False)
        self._store.routines.skip_days(found.id, days)
        return Outcome(say("routine_skipped", title=found.title, days=joined(days, "and")))

    def _waiting(self) -> Agreement | None:
        try:
            return msgspec.convert(self._store.get_state(STATE_KEY), Agreement | None)
        except msgspec.ValidationError:
            return None  # kept by another release

    def _keep(self, agreement: Agreement | None) -> None:
        self._store.set_state(STATE_KEY, msgspec.to_builtins(agreement))


def find_routine(routines: Sequence[Routine], what: str) -> Routine | None:
    """The one that these words are about; None where none or several fit alike."""
    said = {word.removesuffix("s") for word in re.findall(r"[a-z]+", what.lower())} - {"the", "my", "do", "it", "about"}
    scored = [(len(said & {word.removesuffix("s") for word in re.findall(r"[a-z]+", f"{r.title} "
                                                                                    f"{r.about}".lower())}), r)
              for r in routines]  # fmt: skip
    best = max((score for score, _ in scored), default=0)
    fits = [routine for score, routine in scored if score == best]
    return fits[0] if best and len(fits) == 1 else None


def _is_rule(item: Item) -> bool:
    return item.kind in ("rule", "fact") or (item.kind == "checkin" and not (item.rrule or item.time or item.date))


def _is_skip(item: Item) -> bool:
    return item.kind == "routine" and bool(item.except_) and not (item.rrule or item.time or item.date)
