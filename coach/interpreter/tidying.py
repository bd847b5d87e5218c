"""What the items of an utterance mean together: `wrong cup, take the green one` is one correction."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.items import Item

_PRONOUN = re.compile(r"\b(?:it|them|that|those|these|this)\b")


_SORRY = re.compile(r"(?:sorry|oops|oh no|excuse me|my mistake)\b")


_STEERING = frozenset(("nudge", "pause", "resume", "undo", "restart", "takeover"))


_LIFE_VERBS = re.compile(r"(?:come|comes|leave|leaves|get|gets|go|goes|return|returns|wake|wakes|eat|eats|have|has|"
    r"sleep|sleeps|start|starts|finish|"
                         r"finishes|am|is|are|arrive|arrives|take|takes|am back|work|works) ")  # fmt: skip


def objected(items: list[Item]) -> list[Item]:
    """`wrong cup , take the green one`: after an objection that names nothing else, the task is what is meant."""
    for index, item in enumerate(items[:-1]):
        following = items[index + 1]
        if (
            item.kind == "rule"
            and following.kind == "correction"
            and following.place
            and not (following.object or following.verb)
        ):
            theirs = Item(kind="rule", object=item.object, place=following.place, scope=item.scope, text=following.text)
            return [*items[: index + 1], theirs, *items[index + 2 :]]  # "..., they go in the top drawer"
        sorry = (
            item.kind == "answer" and item.text in ("no", "negative", "nope", "wrong") and following.kind == "answer"
        ) or (item.kind == "chatter" and _SORRY.match(item.text) is not None and following.kind == "answer")
        vague = sorry or (
            item.kind == "correction" and not (item.place or (item.object and item.object.which != "other"))
        )
        if not vague or following.kind not in ("task", "correction", "answer") or item.verb:
            continue
        if following.kind == "answer" and not (following.object or following.place):
            continue
        verb = "" if following.verb == "hand_over" else following.verb  # "I want the blue one"
        kept = Item(kind="correction", verb=verb, object=following.object, place=following.place,
                    instead_of=following.instead_of or item.instead_of)  # fmt: skip
        rest = [msgspec.structs.replace(i, kind="correction") if i.kind == "task" else i for i in items[index + 2 :]]
        return [*items[:index], kept, *rest]
    return items


def with_subject(before: Item, clause: str) -> str:
    """`I leave at 7 and come back at 5`: who comes back was said before."""
    who = re.match(r"(?:i|we|he|she|they|(?:my|our) [a-z]+|the kids)\b", before.text)
    if before.kind == "fact" and before.time and who and _LIFE_VERBS.match(clause):
        return f"{who[0]} {clause}"
    return clause


def refer_back(item: Item, clause: str, before: list[Item]) -> Item:
    """`pick up the cup and put it in the sink`: `it` was named in the same breath."""
    bare_put = (
        item.kind == "task"
        and item.verb == "put"
        and item.place
        and re.match(
            r"(?:then |and )?put (?:in|on|"
            r"into)\b",
            clause,
        )
    )
    if (
        item.kind not in ("task", "correction")
        or item.object
        or not before
        or not (_PRONOUN.search(clause) or bare_put)
    ):
        return item
    named = next(
        (b.object for b in reversed(before) if b.object and b.kind in ("task", "correction", "question")), None
    )
    return msgspec.structs.replace(item, object=named) if named else item


def says_something(item: Item) -> bool:
    return bool(item.verb or item.object or item.place or item.instead_of)


def without_noise(items: list[Item]) -> list[Item]:
    """Without greetings and thanks around what matters, and without `no`, `yes` and the like in front of it."""
    if any(i.kind == "stop" for i in items):
        items = [i for i in items if i.kind != "pause" and i.direction not in ("faster", "slower")]
        items = [
            i for i in items if i.kind not in ("fact", "praise", "question", "unknown") or i.rrule or i.time or i.date
        ]
    if items and items[0].kind == "resume" and all(i.kind in ("resume", "fact", "chatter") for i in items):
        items = items[:1]  # "don't stop now, you are nearly there"
    if (
        len(items) > 1
        and items[0].kind == "answer"
        and items[-1].kind == "answer"
        and not any(map(says_something, items))
    ):
        items = (
            items[:1] if all(i.kind in ("answer", "praise", "chatter") for i in items) else items
        )  # "no, thanks, I'm fine"
    if any(i.kind == "praise" for i in items):
        items = [i for i in items if i.kind != "chatter"]
    weighty = [i for i in items if i.kind not in ("chatter", "praise", "answer")]
    if weighty:
        items = [i for i in items if i.kind not in ("chatter", "answer")]
    items = [
        i for n, i in enumerate(items) if n == 0 or (i != items[n - 1] and not i.kind == items[n - 1].kind == "chatter")
    ]
    if any(i.kind in _STEERING for i in items):  # "slow down, you are scaring me"
        items = [i for i in items if i.kind != "fact" or i.rrule or i.time or i.date]
        if any(i.kind in ("undo", "restart", "pause", "stop") for i in items):
            items = [i for i in items if i.direction not in ("faster", "slower")]
    bare = [i for i in items if i.kind == "correction" and not says_something(i)]
    others = [i for i in items if i not in bare and i.kind not in ("praise", "fact", "question")]
    return [i for i in items if i not in bare] if bare and others else items
