"""Tasks that wait for the one in hand: "put the cup in the sink, then the plate in the rack"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.interpreter.resolve import in_known_words, resolve
from coach.session.errand import KINDS, PLACES, Errand
from coach.session.refusals import unknown_part

if TYPE_CHECKING:
    from coach.interpreter.items import Item
    from coach.session.situation import Situation
    from memory.store import Store

STATE_KEY = "task_queue"
MAX_TASKS = 20


class TaskQueue:
    """Kept in the memory, so that every process sees it and a crash does not lose it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def tasks(self) -> tuple[str, ...]:
        """Instructions, the next one first."""
        return tuple(self._store.get_state(STATE_KEY) or ())

    def add(self, instruction: str) -> None:
        self._store.set_state(STATE_KEY, [*self.tasks, instruction][:MAX_TASKS])

    def take(self) -> str:
        """The next instruction, out of the queue; empty where none waits."""
        tasks = self.tasks
        if tasks:
            self._store.set_state(STATE_KEY, list(tasks[1:]))
        return tasks[0] if tasks else ""

    def clear(self) -> None:
        if self.tasks:
            self._store.set_state(STATE_KEY, [])


def errand_of(item: Item, situation: Situation) -> Errand | None:
    """What an item asks for in full, in the robot's words; None where a part of it is missing, unclear or unknown."""
    item = in_known_words(item, KINDS, PLACES)
    return None if unknown_part(item) else Errand.parse(resolve(item, situation.scene()).instruction)
