"""A typed wish → the routines in it, for the command line, where typing is agreeing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coach.interpreter import Interpretation, Scene, interpret
from coach.interpreter.chores import chore_of
from coach.interpreter.clock import is_on_a_clock
from coach.interpreter.items import Item
from coach.interpreter.resolve import in_known_words, resolve
from coach.routines.drafts import draft, impossible_time
from coach.routines.recurrence import local_zone
from coach.session.errand import KINDS, PLACES
from memory.routines import Routine
from robot_bridge.protocol.errors import UsageError


def instruction_of(item: Item) -> str:
    """What the arms are told when it is due; empty where they have not learnt it."""
    if item.kind not in ("routine", "task"):
        return ""
    import msgspec

    task = msgspec.structs.replace(item, kind="task")
    if item.verb not in ("put", "pick_up"):
        return chore_of(task)
    return resolve(in_known_words(task, KINDS, PLACES), None).instruction


def possible(items: Sequence[Item], words: str) -> tuple[list[Item], list[UsageError]]:
    """The items whose time a clock shows, and why the others cannot be; nothing else is lost by those."""
    good = [item for item in items if is_on_a_clock(item.time)]
    wrong = [_hour(item.time) for item in items if item not in good]
    if not items:
        wrong = [said for said in (impossible_time(words),) if said]
    return good, [UsageError(f"there is no {said} o'clock", "0:00 to 23:59, or am and pm", "name another time")
                  for said in dict.fromkeys(wrong)]  # fmt: skip


def _hour(time: str) -> str:
    """`25:00` → `25`, `06:75` → `6:75`: as it was said."""
    return time.removesuffix(":00").removeprefix("0")


def routines_of(words: str, now_utc: float, by: str, holidays: str = "",
                understand: Callable[[str, Scene | None], Interpretation] = interpret) -> list[Routine]:  # fmt: skip
    """Raises: UsageError: it holds no routine, one that cannot be, or one that needs a question."""
    timed = [item for item in understand(words, None).items if item.kind in ("routine", "checkin")
             and (item.rrule or item.date or item.time)]  # fmt: skip
    items, refused = possible(timed, words)
    if refused:
        raise refused[0]
    if not items:
        raise UsageError(f"'{words[:80]}' names no routine",
                         next_step='say what and how often, such as "wipe the counter every day at 8"')  # fmt: skip
    drafts = [draft(item, now_utc, local_zone(), by, words, instruction_of(item), holidays) for item in items]
    for found in drafts:
        if found.question:
            raise UsageError(found.question, next_step='say "every ..." or name the date')
    return [found.routine for found in drafts if found.routine]
