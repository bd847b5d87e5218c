"""What was understood, repeated in a sentence for each item, and what would be asked back about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from coach.interpreter.chores import chore_of
from coach.interpreter.facts import NOTICE
from coach.interpreter.items import Item
from coach.interpreter.lexicon import in_place
from coach.routines.drafts import draft, skipped_days, title_of
from coach.routines.wish import instruction_of, possible
from coach.routines.wording import when_in_words
from robot_bridge.protocol.errors import UsageError

_PLAIN = {
    "stop": "Stop", "pause": "Hold still for now", "resume": "Go on", "undo": "Undo the last step",
    "restart": "Begin again from the start", "takeover": "You take over the arms", "praise": "Praise",
    "rule": "From now on: {text}", "fact": "Good to know: {text}", "checkin": "Speak to you: {text}",
    "question": "A question: {text}", "answer": "An answer: {text}", "chatter": "Talk: {text}",
    "forget": "Forget a rule: {text}", "unknown": "Not understood: {text}",
}  # fmt: skip


class Repeated(NamedTuple):
    """Args: told: a sentence an item; question: the first thing that is not clear, empty where all is."""

    told: tuple[str, ...]
    question: str


def repeat(items: Sequence[Item], words: str, now_utc: float, tz: str, holidays: str = "") -> Repeated:
    """The items as the robot would tell them; what cannot be says so, and is what would be asked back about."""
    told: list[str] = []
    questions: list[str] = []
    for item in items:
        try:
            said, question = _repeated(item, words, now_utc, tz, holidays)
        except UsageError as error:
            said = question = f"That cannot be: {error}."
        told.append(said)
        questions.append(question)
    return Repeated(tuple(told), next(filter(None, questions), ""))


def _repeated(item: Item, words: str, now_utc: float, tz: str, holidays: str) -> tuple[str, str]:
    """Raises: UsageError: it can never be."""
    _, wrong = possible([item], words)
    if wrong:
        raise wrong[0]
    timed = bool(item.rrule or item.time or item.date)
    if item.kind == "routine" and item.except_ and not timed:
        skipped_days(item, now_utc, tz)
        return f"Leave out {item.except_}: {title_of(item)}.", ""
    if item.kind == "routine" or (item.kind == "checkin" and timed):
        found = draft(item, now_utc, tz, "", words, instruction_of(item), holidays)
        if found.routine is None:
            return f"{_sentence(title_of(item))}.", found.question
        return " ".join([f"{_sentence(when_in_words(found.routine))}: {found.routine.title}.", *found.remarks]), ""
    return f"{_at_once(item, words)}.", ""


def _at_once(item: Item, words: str) -> str:
    """What is done now, or only heard."""
    if item.kind == "nudge":
        amount = f"{item.amount} m" if isinstance(item.amount, float) else item.amount
        return " ".join(filter(None, ("Move:", item.direction.replace("_", " "), amount)))
    if item.kind not in ("task", "correction"):
        said = item.text or str(item.object or "") or item.place or words
        if item.kind == "rule" and (opening := NOTICE.match(said)):
            said = said[opening.end() :]
        if item.kind == "rule" and item.scope == "now":
            return f"For now only: {said.strip().rstrip('.!?')}"
        return _PLAIN[item.kind].format(text=said.strip().rstrip(".!?"))
    done = chore_of(item) or _done(item)
    said = f"instead: {done}" if item.kind == "correction" and done else done or "something is wrong"
    return _sentence(f"{said}, not the {item.instead_of}" if item.instead_of else said)


def _done(item: Item) -> str:
    """`put the red cup in the sink`; empty where nothing was named."""
    if item.verb == "other" and item.text:
        return item.text
    if item.verb not in ("", "other", "put", "pick_up", "hand_over", "bring"):
        return title_of(item)
    verb = {"pick_up": "pick up", "hand_over": "hand over", "other": ""}.get(item.verb, item.verb)
    thing = f"the {item.object}" if item.object else "it" if verb else ""
    there = in_place(item.place) if item.place else ""
    return " ".join(filter(None, (verb, thing, there)))


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
