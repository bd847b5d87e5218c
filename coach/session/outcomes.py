"""What is known of one item of an utterance, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach.interpreter.items import Item
from coach.session.pending import Pending
from coach.session.situation import Situation
from robot_bridge.protocol.thought import Where

if TYPE_CHECKING:
    from coach.session.agreement import Wish


@dataclass(frozen=True)
class Outcome:
    """What came of one item.

    Args:
        pending: it waits for an answer.
        kept: rules that were agreed to with this.
    """

    said: str
    task_id: str = ""
    correction_id: str = ""
    forced: str = ""
    pending: Pending | None = None
    ok: bool = True
    unreachable: bool = False
    kept: tuple[Wish, ...] = ()


@dataclass(frozen=True)
class Spoken:
    """An item with the words around it.

    Args:
        where: the point that the person shows.
        settled: it was asked about already: no rule stands in its way.
        began_s: when the person began to speak or type, `time.monotonic()`; 0 where that is not known.
    """

    item: Item
    words: str
    by: str
    situation: Situation
    where: Where | None = None
    settled: bool = False
    began_s: float = 0.0
