"""Wishes for the times to come: repeated in a sentence each, asked about where unclear, armed when agreed to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter.items import Item
from coach.routines.contradictions import contradictions
from coach.routines.drafts import Draft, draft, moved, settled, skipped_days
from coach.routines.house_rules import rule_of
from coach.routines.missed_words import TOLD, take_missed
from coach.routines.recurrence import local_zone, next_due, to_local, to_utc
from coach.routines.wish import instruction_of, possible
from coach.routines.wording import moment_in_words, when_in_words
from coach.session.agreement import Agreement, Wish, drop_lapsed, keep_agreement, open_agreement
from coach.session.known_routines import TAKES_OVER, find_routine, moving, same_chore, same_time, without_instead
from coach.session.outcomes import Outcome
from coach.session.wording import joined, sentence
from prompts import say
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from memory.routines import Routine
    from memory.rules import Rule
    from memory.store import Store

STANDING = frozenset(("routine", "checkin", "rule", "fact"))
_YES = re.compile(r"(?:yes|yeah|yep|sure|okay|ok|fine|agreed|exactly|correct|right|please do|do (?:that|it|so)|"
                  r"go ahead|"
                  r"that is right|that's right|all right|sounds good|perfect|good)(?:[ ,]+(?:please|do|all of (?:it|"
                  r"them)|"
                  r"thank you|thanks|that is right|that's right|do that|robot))*[.! ]*")  # fmt: skip
_NO = re.compile(r"(?:no|nope|cancel|never ?mind|forget it|leave it|rather not|don't|do not)(?:[ ,]+(?:thanks|"
                 r"thank you|"
                 r"please|robot|that|it))*[.! ]*")  # fmt: skip
_EVERY = re.compile(r"\b(?:every|each|always|daily|weekly|all of them)\b")
_BOTH = re.compile(
    r"\b(?:both|as well|too|also|beside|besides|add|additional(?:ly)?|keep (?:it|that|them|the old one))\b"
)
_NEW = re.compile(r"\b(?:only the new|the new one|the new|new one)\b")
_ONCE = re.compile(r"\b(?:only|just|once|this one|this time|today|a single)\b")


class Standing:
    """Args: clock: seconds of UTC."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, tz: str = "", holidays: str = "") -> None:
        self._store, self._clock, self._tz, self._holidays = store, clock, tz, holidays

    @property
    def asks(self) -> bool:
        """Whether a question is open about what was wished for."""
        return open_agreement(self._store) is not None

    def answer(self, words: str, by: str = "") -> Outcome | None:
        """What the words settle of the open agreement, or change of a routine; None for words about something else."""
        waiting = open_agreement(self._store)
        if waiting is None:
            return self._change(words, by)
        said = take_missed(words)
        plain = said.rest.lower().strip()
        agrees, refuses = _YES.fullmatch(plain) is not None, _NO.fullmatch(plain) is not None
        if waiting.is_lapsed(self._clock()):
            drop_lapsed(self._store, self._clock())
            return Outcome(say("wish_lapsed", wishes=waiting.words), ok=False) if agrees or refuses else None
        if refuses:
            keep_agreement(self._store, None)
            return Outcome(say("routines_dropped"))
        if said.missed and (agrees or not plain):
            wishes = [msgspec.structs.replace(wish, missed=said.missed) for wish in waiting.wishes]
            if not agrees or waiting.asked >= 0:
                return self._consider(wishes)
            waiting = msgspec.structs.replace(waiting, wishes=tuple(wishes))
        if waiting.asked >= 0:
            wish = _with_answer(waiting, plain)
            if wish is None:
                return self._consider(waiting.wishes) if agrees else self._change(words, by)
            wishes = list(waiting.wishes)
            wishes[waiting.asked] = wish
            return self._consider(wishes)
        return self._arm(waiting) if agrees else self._change(words, by)

    def propose(self, items: Sequence[Item], words: str, by: str) -> Outcome:
        """Rules and facts are kept at once and told; routines and check-ins wait for a yes."""
        items, wrong = possible(items, words)
        outcomes = [Outcome(say("routine_refused", reason=error), ok=False) for error in wrong]
        outcomes += [self._keep_rule(item, words, by) for item in items if _is_rule(item)]
        asks = next((outcome for outcome in outcomes if not outcome.ok), None)
        outcomes += [self._skip(item) for item in items if _is_skip(item)]
        timed = [
            Wish(item=without_instead(item), words=words, by=by)
            for item in items
            if not _is_rule(item) and not _is_skip(item)
        ]
        if timed:
            before = open_agreement(self._store)
            if before is not None and not before.is_lapsed(self._clock()) and _is_timed(before):
                known = [wish.item for wish in before.wishes]  # nothing said before is lost
                timed = [*before.wishes, *(wish for wish in timed if wish.item not in known)]
            outcomes.append(self._consider(timed))
        said = " ".join(outcome.said for outcome in outcomes if outcome.said)
        return Outcome(said, ok=asks is None and all(outcome.ok for outcome in outcomes))

    def _change(self, words: str, by: str) -> Outcome | None:
        """A routine that is kept comes at another time, or is missed in another way."""
        known = self._store.routines.active()
        said = take_missed(words)
        named = find_routine(known, said.what) if said.what and not said.rest else None
        if named is not None and said.missed is not None:
            self._store.routines.set_missed(named.id, said.missed)
            return Outcome(say("routine_missed_rule", title=named.title, rule=TOLD[said.missed]))
        move = moving(words, known)
        if move is None:
            return None
        routine, when = move
        return self._consider([Wish(item=when, words=words, by=by, moves=True, replaces=(routine.id,))])

    def _consider(self, wishes: Sequence[Wish]) -> Outcome:
        """Ask about the first unclear one; else tell all of them and ask whether that is right."""
        told: list[str] = []
        good: list[tuple[Wish, Routine]] = []
        refused: list[str] = []
        for index, wish in enumerate(wishes):
            try:
                found = self._draft(wish)
            except UsageError as error:
                refused.append(say("routine_refused", reason=error))
                continue
            if found.routine is None:
                self._wait_for(wishes, index)
                return Outcome(" ".join([*refused, found.question]))
            rivals, known = self._rivals(wish, found.routine)
            if known is not None:
                refused.append(say("routine_known", title=known.title, when=when_in_words(known)))
                continue
            sure = TAKES_OVER.search(wish.words.lower()) or any(same_time(old, found.routine) for old in rivals)
            if rivals and not sure:
                self._wait_for(wishes, index, rivals)
                return Outcome(" ".join([*refused, _which(found.routine, rivals)]))
            wish = msgspec.structs.replace(wish, replaces=tuple(routine.id for routine in rivals) or wish.replaces)
            good.append((wish, found.routine))
            told.append(self._told(wish, found))
        if not good:
            keep_agreement(self._store, None)
            return Outcome(" ".join(dict.fromkeys(refused)), ok=False)
        self._wait_for([wish for wish, _ in good])
        clash = self._clash(good)
        said = [*dict.fromkeys(refused), *dict.fromkeys(told), *clash, say("routines_agree")]
        return Outcome(" ".join(said), ok=not refused)

    def _wait_for(self, wishes: Sequence[Wish], asked: int = -1, rivals: Sequence[Routine] = ()) -> None:
        keep_agreement(self._store, Agreement(wishes=tuple(wishes), wall_s=self._clock(), asked=asked,
                                              rivals=tuple(routine.id for routine in rivals)))  # fmt: skip

    def _rivals(self, wish: Wish, wished: Routine) -> tuple[list[Routine], Routine | None]:
        """Kept routines that do the same at other times, and one that is the very same."""
        others = [routine for routine in same_chore(self._store.routines.active(), wished)]
        known = next((routine for routine in others if same_time(routine, wished)), None)
        asks_more = known is not None and bool(wish.missed or take_missed(wish.words).missed)
        if known is not None and not (asks_more and known.missed != wished.missed):
            return [], known
        if known is not None:
            return [known], None
        if wish.beside or wish.replaces or not wished.rrule:
            return [], None
        return [routine for routine in others if routine.rrule], None

    def _told(self, wish: Wish, found: Draft) -> str:
        assert found.routine is not None
        said = f"{sentence(when_in_words(found.routine))}: {found.routine.title}."
        old = [when_in_words(self._store.routines.one(number)) for number in wish.replaces]
        instead = [say("routine_instead", when=joined(tuple(old), "and"))] if old else []
        return " ".join([said, *instead, *found.remarks])

    def _arm(self, waiting: Agreement) -> Outcome:
        if not _is_timed(waiting):
            keep_agreement(self._store, None)
            rules = [rule_of(wish.item, wish.by, self._clock(), wish.words) for wish in waiting.wishes]
            texts = [self._store.rules.add(rule, [old.id for old in self._against(rule)]).text for rule in rules]
            return Outcome(say("rule_kept", rule=joined(tuple(texts), "and")), kept=waiting.wishes)
        try:
            drafts = [(wish, self._draft(wish).routine) for wish in waiting.wishes]
        except UsageError as error:  # its time has passed while it waited for the answer
            keep_agreement(self._store, None)
            return Outcome(say("routine_refused", reason=error), ok=False)
        kept = [self._store.routines.replace(wish.replaces, self._from_tomorrow_on(wish, routine), self._clock())
                for wish, routine in drafts if routine is not None]  # fmt: skip
        keep_agreement(self._store, None)
        now = self._clock()
        dues = [(next_due(routine, max(int(now), routine.checked_utc)), routine) for routine in kept]
        first_due, first = min((due, routine.id) for due, routine in dues if due is not None)
        routine = next(routine for routine in kept if routine.id == first)
        return Outcome(say("routines_armed", count=len(kept), title=routine.title,
                           moment=moment_in_words(first_due, routine.tz, now)))  # fmt: skip

    def _from_tomorrow_on(self, wish: Wish, routine: Routine) -> Routine:
        """What was done today already does not come once more today, because it comes at another hour now."""
        today = to_local(self._clock(), routine.tz).date()
        began = to_utc(datetime.combine(today, datetime.min.time()), routine.tz)
        if not any(self._store.routines.was_done(number, began) for number in wish.replaces):
            return routine
        tomorrow = to_utc(datetime.combine(today + timedelta(days=1), datetime.min.time()), routine.tz)
        return replace(routine, checked_utc=tomorrow - 1)

    def _draft(self, wish: Wish) -> Draft:
        now = self._clock()
        if wish.moves:
            return moved(self._store.routines.one(wish.replaces[0]), wish.item, now, wish.by, wish.words)
        return draft(wish.item, now, self._tz or local_zone(), wish.by, wish.words, instruction_of(wish.item),
                     self._holidays, wish.missed)  # fmt: skip

    def _clash(self, wished: Sequence[tuple[Wish, Routine]]) -> list[str]:
        """A sentence where two of them come at the same moment."""
        now = int(self._clock())
        gone = {number for wish, _ in wished for number in wish.replaces}
        kept = [routine for routine in self._store.routines.active() if routine.id not in gone]
        routines = [routine for _, routine in wished]
        known = [(next_due(routine, now), routine.title) for routine in [*kept, *routines]]
        for routine in routines:
            due = next_due(routine, now)
            others = [title for moment, title in known if moment == due and title != routine.title]
            if others:
                return [say("routines_clash", one=routine.title, other=others[0])]
        return []

    def _keep_rule(self, item: Item, words: str, by: str) -> Outcome:
        rule = rule_of(item, by, self._clock(), words)
        before = joined(tuple(old.text for old in self._against(rule)), "and")
        if before:
            self._wait_for([Wish(item=item, words=words, by=by)])
            return Outcome(say("rule_contradicts", before=before, rule=rule.text), ok=False)
        self._store.rules.add(rule)
        said = say("rule_kept", rule=rule.text) if rule.kind == "rule" else say("fact_kept", rule=rule.text)
        return Outcome(said)

    def _against(self, rule: Rule) -> list[Rule]:
        return contradictions(rule, self._store.rules.holding())

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
        for run in self._store.routines.open_runs():
            if run.routine_id == found.id and to_local(run.due_utc, found.tz).date().isoformat() in days:
                self._store.routines.change(run.id, run.state, "refused", self._clock(), "skipped")
        return Outcome(say("routine_skipped", title=found.title, days=joined(days, "and")))


def _with_answer(waiting: Agreement, plain: str) -> Wish | None:
    """The wish that was asked about, settled; None where the words do not settle it."""
    wish = waiting.wishes[waiting.asked]
    if len(plain.split()) > 8:
        return None
    if waiting.rivals:
        both, instead = bool(_BOTH.search(plain)), bool(TAKES_OVER.search(plain) or _NEW.search(plain))
        if both == instead:
            return None
        return msgspec.structs.replace(wish, beside=both, replaces=() if both else waiting.rivals)
    every, once = bool(_EVERY.search(plain)), bool(_ONCE.search(plain))
    return None if every == once else msgspec.structs.replace(wish, item=settled(wish.item, every))


def _which(wished: Routine, rivals: Sequence[Routine]) -> str:
    known = joined(tuple(when_in_words(routine) for routine in rivals), "and")
    return say("routine_or_both", title=wished.title, known=known, wished=when_in_words(wished))


def _is_timed(agreement: Agreement) -> bool:
    return any(wish.item.kind in ("routine", "checkin") for wish in agreement.wishes)


def _is_rule(item: Item) -> bool:
    return item.kind in ("rule", "fact") or (item.kind == "checkin" and not (item.rrule or item.time or item.date))


def _is_skip(item: Item) -> bool:
    return item.kind == "routine" and bool(item.except_) and not (item.rrule or item.time or item.date)
