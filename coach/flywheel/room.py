"""The part of a bridge that words reach, on a simulated clock: the task in hand and the thought in force."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from coach.session.identity import new_id
from robot_bridge.mission import Task, TaskBook, check_forced, check_words
from robot_bridge.protocol.messages import Accepted, BridgeState, Intervention, Status
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from memory.routines import RoutineBook
    from memory.rules import RuleBook
    from memory.store import Store

STILL: dict[str, BridgeState] = {"stop": "stopped", "pause": "holding", "takeover": "holding"}


class Room:
    """What the session asks of a bridge and of its stop line; the task book is the bridge's own.

    Args:
        clock: simulated seconds.
        checkpoint: name of what drives the arms.
    """

    def __init__(self, clock: Callable[[], float], checkpoint: str) -> None:
        self._clock, self._checkpoint = clock, checkpoint
        self._book = TaskBook()
        self.state: BridgeState = "idle"

    @property
    def task(self) -> Task | None:
        """The one in hand."""
        return self._book.task

    def status(self, deadline_s: float = 0.0) -> Status:
        """As a bridge tells it."""
        task = self._book.task
        return Status(time_s=self._clock(), state=self.state, embodiment="kitchen", arms="kitchen", policy_ok=True,
                      task_id=task.task_id if task else "", instruction=task.instruction if task else "",
                      thought=task.thought if task else None, done=task.done if task else (),
                      checkpoint=self._checkpoint)  # fmt: skip

    def send(
        self, words: Intervention, deadline_s: float = 0.0, on_its_way: Callable[[], object] = lambda: None
    ) -> Accepted:
        """Raises: UsageError: as the bridge does."""
        on_its_way()
        check_words(words)
        check_forced(words.forced)
        if words.kind == "task":
            self._book.begin(words, keep_undo=True)
        elif words.kind == "correction":
            self._book.correct(words)
        elif words.kind == "undo":
            self._book.undo(words)
        elif words.kind == "restart":
            self._book.restart(words)
        moves = words.kind in ("task", "correction", "resume", "restart", "undo")
        self.state = "running" if moves and self._book.task else STILL.get(words.kind, self.state)
        return Accepted(id=words.id, state=self.state)

    def pull(self, text: str = "", by: str = "person") -> tuple[Intervention, Future[Accepted]]:
        """A stop, as on the stop line."""
        words = Intervention(id=new_id(), kind="stop", text=text, by=by, time_s=time.monotonic())
        answer: Future[Accepted] = Future()
        answer.set_result(self.send(words))
        return words, answer

    def think(self, thought: Thought) -> None:
        """A thought came into force, and the arms follow it."""
        self._book.think(thought, keep_forced=False)
        self._book.followed()

    def finish(self) -> None:
        """The robot takes the task for done."""
        self._book.close()
        self.state = "idle"


class OwnState:
    """The memory of a home as one job sees it: lessons and episodes are kept there. What is asked or begun at the
    moment, and the rules and routines that somebody names, are the job's own: they reach no other job's notes.

    Args:
        own: of the job alone.
    """

    def __init__(self, store: Store, own: Store) -> None:
        self._store, self._own = store, own

    @property
    def rules(self) -> RuleBook:
        """Rules that were named in this job."""
        return self._own.rules

    @property
    def routines(self) -> RoutineBook:
        """Routines that were named in this job."""
        return self._own.routines

    def get_state(self, key: str, default: Any = None) -> Any:
        """As `Store.get_state`, of this job."""
        return self._own.get_state(key, default)

    def set_state(self, key: str, value: Any) -> None:
        """As `Store.set_state`, of this job."""
        self._own.set_state(key, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
