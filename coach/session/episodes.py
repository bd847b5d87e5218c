"""Which episode the running task is recorded in; kept in the memory, so that every process knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.session.identity import new_id

if TYPE_CHECKING:
    from coach.config import Config
    from memory.store import Store
    from robot_bridge.protocol.messages import Status

STATE_KEY = "episode"
HOME_KEY = "home_id"
HELPLESS_KEY = "helpless_task"


class Episodes:
    """One task, one episode. With recording off there are none."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store

    def current(self, task_id: str) -> int | None:
        """The episode of a task; None where it is not recorded."""
        known = self._store.get_state(STATE_KEY) or {}
        return known.get("episode_id") if task_id and known.get("task_id") == task_id else None

    @property
    def task_id(self) -> str:
        """The task whose episode is open; empty where there is none."""
        return str((self._store.get_state(STATE_KEY) or {}).get("task_id", ""))

    def begin(self, task_id: str, instruction: str, by: str, status: Status | None) -> int | None:
        """The episode of a task: a new one, unless somebody else has begun it. One of another task ends as left."""
        if not self._config.record:
            return None
        before = self.task_id
        if before not in ("", task_id):
            self.end("left", before)
        checkpoint = (status.checkpoint if status else "") or self._config.checkpoint or "embedded"
        body = status.embodiment if status else self._config.embodiment
        episode_id = self._store.begin_episode(task_id, instruction, self.home_id(), checkpoint, body, by)
        self._store.set_state(STATE_KEY, {"task_id": task_id, "episode_id": episode_id})
        return episode_id

    def end(self, outcome: str, task_id: str = "") -> None:
        """End the open episode, if there is one. Args: task_id: only if it is the episode of this task."""
        known = self._store.get_state(STATE_KEY)
        if known and task_id in ("", known["task_id"]):
            helpless = outcome == "left" and self._store.get_state(HELPLESS_KEY) == known["task_id"]
            self._store.set_state(STATE_KEY, None)
            self._store.end_episode(known["episode_id"], "failed" if helpless else outcome)

    def note_helpless(self, task_id: str) -> None:
        """The robot has given up and asked for help: unless the task is done all the same, it has failed."""
        self._store.set_state(HELPLESS_KEY, task_id)

    def home_id(self) -> str:
        """A name for this home that stays the same for ever."""
        known = self._store.get_state(HOME_KEY)
        if not known:
            known = new_id()
            self._store.set_state(HOME_KEY, known)
        return str(known)
