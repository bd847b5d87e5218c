"""All that a person's terminal needs, opened and closed together: memory, sockets, session, recorder, threads."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from coach.interpreter.language.interpreter import make_interpret
from coach.lines import bridge_client, check_lines, event_subscriber
from coach.processes.notices import Restart, read_restarts
from coach.session.asked import DOUBTS, forget_questions
from coach.session.failures import keep
from coach.session.heartbeat import Heartbeat
from coach.session.housekeeping import Housekeeping
from coach.session.recorder import INTERRUPTED, Recorder
from coach.session.replies import Reply
from coach.session.routine_clock import RoutineClock
from coach.session.session import Session
from coach.session.sight import Sight
from coach.session.spoken import SpokenWords
from coach.session.stop_line import Pulled, StopLine
from coach.session.wording import sentence
from coach.takeover.controls import resolve_controls
from coach.takeover.listener import Listener, Wanted
from coach.takeover.operator import Operator
from memory.store import Store
from prompts import say
from robot_bridge.protocol.errors import StoreError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.speech.heard import Heard
    from memory.records import Correction, Utterance
    from memory.routines import Routine
    from robot_bridge.protocol.messages import Event, InterventionKind, Message, Status
    from robot_bridge.protocol.thought import Where

NOTICES_KEY = "notices_seen_s"
TOLD_LEVELS = ("warning", "fault")
UNTOLD_CODES = ("clamped",)
REPEAT_S = 10.0
Work = Callable[[], Reply]


class System:
    """One terminal's share of the running robot. Use `open`.

    Args:
        deliver: gets every message of the bridge, in the listening thread; must return at once.
        answered: gets every reply, in the session's thread.
    """

    def __init__(self, config: Config, store: Store, deliver: Callable[[Message], None],
                 answered: Callable[[Reply], None]) -> None:  # fmt: skip
        self._config, self._store, self._answered = config, store, answered
        check_lines(config)  # here, not in the threads that open them
        controls = resolve_controls(config.controls)
        self._stop_line = StopLine(lambda: bridge_client(config))
        self._bridge = bridge_client(config)
        self._sight = Sight(config, store)
        self.session = Session(
            config,
            store,
            self._bridge,
            make_interpret(config.interpreter, self._tell),
            self._stop_line,
            self._frames_around,
            sight=self._sight,
        )
        self.spoken = SpokenWords(config, store, self.session, self._stop_line,
                                  lambda: self._recorder.status)  # fmt: skip
        self._recorder = Recorder(store, self.session.episodes, lambda: event_subscriber(config), deliver,
                                  self._on_event, record=config.record, tell=self._tell)  # fmt: skip
        self._heartbeat = Heartbeat(lambda: bridge_client(config), config.person)
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._run, name="session", daemon=True)
        self._worker.start()
        self._told: dict[str, float] = {}
        self._closed = False
        self.operator = Operator(lambda: bridge_client(config), self._tell)
        self._listener = Listener(self.operator, controls, Wanted(config.gamepad, config.pedal), self._command,
                                  lambda: self.taken_over, self._tell)  # fmt: skip
        self._routine_clock = RoutineClock(self._look)
        self._housekeeping = Housekeeping(store, config.memory_limit_gb, self._tell,
                                          forget=self.spoken.forget_old)  # fmt: skip

    @classmethod
    def open(cls, config: Config, deliver: Callable[[Message], None], answered: Callable[[Reply], None]) -> System:
        """Raises: CoachError: the home folder or the memory cannot be used, or an address is none."""
        config.prepare_home()
        return cls(config, Store.open(config.memory_path), deliver, answered)

    def submit(self, text: str, by: str = "", where: Where | None = None, began_s: float = 0.0) -> None:
        """Hear an utterance; returns at once. Words that say stop overtake everything that waits.

        Args:
            where: the point in a picture that the person shows with them.
            began_s: when the person began to type, `time.monotonic()`.
        """
        pulled = None
        self._told.clear()  # what follows is about new words, also where it is the same again
        if self.session.is_stop(text):
            pulled = self._stop_line.pull(text, by or self._config.person)
        self._work.put(lambda: self.session.hear(text, by, pulled, where, began_s))

    def submit_spoken(self, heard: Heard, where: Where | None = None) -> None:
        """Hear what was said aloud; returns at once. Args: where: the point in a picture shown while speaking."""
        self._told.clear()
        self._work.put(self.spoken.begin(heard, where))

    def submit_instead(self, text: str) -> None:
        """The person has put right what was heard last."""
        self._work.put(lambda: self.spoken.instead(text))

    def stop(self) -> Pulled:
        """Stop the arms; returns at once, the words about it follow as a reply."""
        pulled = self._stop_line.pull("", self._config.person)
        waiting = threading.Thread(target=lambda: self._answered(self.session.stopped(pulled)), daemon=True)
        waiting.start()
        return pulled

    def act(self, kind: InterventionKind) -> None:
        """What a key asks for; returns at once."""
        self._told.clear()
        self._work.put(lambda: self.session.act(kind))

    @property
    def taken_over(self) -> bool:
        """A person moves the arms."""
        status = self._recorder.status
        return status is not None and status.state == "takeover"

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the gamepads and pedals that are read."""
        return self._listener.devices

    def _command(self, command: str) -> None:
        """A button of a gamepad or pedal."""
        status = self._recorder.status
        match command:
            case "stop":
                self.stop()
            case "takeover" | "release":
                self.act("takeover" if command == "takeover" else "release")
            case "pause":
                still = status is not None and status.state in ("holding", "stopped", "takeover")
                self.act("resume" if still else "pause")

    def _tell(self, words: str) -> None:
        """The robot says something by itself, but not the same again and again."""
        if time.monotonic() - self._told.get(words, -REPEAT_S) >= REPEAT_S:
            self._told[words] = time.monotonic()
            self._answered(Reply(words, announced=True))

    def conversation(self, limit: int) -> list[Utterance]:
        return self._store.conversation(limit)

    def corrections(self, limit: int = 200) -> list[Correction]:
        return self._store.corrections(limit)

    def routines(self) -> list[tuple[Routine, list[int]]]:
        """Every routine with its due times of the coming week, the next one first."""
        return self.session.due_runs.coming_week()

    @property
    def queued(self) -> tuple[str, ...]:
        """Tasks that wait for the one in hand."""
        return self.session.queue.tasks

    def recall(self, key: str) -> Any:
        return self._store.get_state(f"ui_{key}")

    def remember(self, key: str, value: Any) -> None:
        self._store.set_state(f"ui_{key}", value)

    def restarts(self) -> list[Restart]:
        """Restarts of any process that no terminal of this home has told of yet."""
        since = self._store.get_state(NOTICES_KEY, 0.0)
        fresh = read_restarts(self._config.home, since)
        if fresh:
            self._store.set_state(NOTICES_KEY, fresh[-1].wall_s)
        return fresh

    @property
    def at_work(self) -> bool:
        """The arms move for a task, or one waits. Raises: CoachError: the bridge does not answer."""
        status = self._bridge.status()
        thinks_soon = status.state == "holding" and bool(status.instruction) and not status.policy_ok
        return status.state == "running" or thinks_soon or bool(self.queued)

    @property
    def unfinished(self) -> str:
        """The task that holds still, and why; empty where none does. Raises: CoachError: the bridge does not answer."""
        status = self._bridge.status()
        if status.state != "holding" or not status.instruction:
            return ""
        return f"{status.instruction} ({status.detail})" if status.detail else status.instruction

    def drain(self, deadline_s: float) -> bool:
        """Wait until all that was submitted is dealt with; False if that took longer."""
        done = threading.Event()

        def mark() -> Reply:
            done.set()
            return Reply("")

        self._work.put(mark)
        return done.wait(deadline_s)

    def close(self, left: bool = False) -> None:
        """End the threads and write what waits; a second call does nothing.

        Args:
            left: the person has left the program: the episode of the task in hand ends here.
        """
        if self._closed:
            return
        self._closed = True
        self._routine_clock.close()
        self._housekeeping.close()
        self._listener.close()
        self.operator.close()
        self._work.put(None)
        self._worker.join(timeout=5.0)
        self._sight.close()
        self._heartbeat.close()
        self._stop_line.close()
        self._recorder.close()
        if left:
            keep(self._end_episode)
        self._bridge.close()
        self._store.close()

    def _end_episode(self) -> None:
        """Nobody records the task in hand any longer, unless it is another person's."""
        status = self._recorder.status
        if status is None or status.coach in ("", self._bridge.coach):
            self.session.episodes.end("interrupted")

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            reply = work()
            if reply.said or reply.understood:
                self._answered(reply)

    def _look(self, looked: threading.Event) -> None:
        def look() -> Reply:
            try:
                return self.session.look_at_routines()
            finally:
                looked.set()

        self._work.put(look)

    def _frames_around(self) -> tuple[Any, ...]:
        return self._recorder.frames_around()

    def _on_event(self, event: Event, status: Status | None) -> None:
        """What the bridge tells becomes the robot's words, and a finished task makes room for the next."""
        said = self._words_for(event, status)
        if said and time.monotonic() - self._told.get(said, -REPEAT_S) >= REPEAT_S:
            self._store.add_utterance(said, "robot", "robot", None)
            self._tell(said)
        if event.code == "task_done":
            self.session.due_runs.finished(event.task_id)
        if event.code == "task_done" and self.queued:
            self._work.put(self._next_task)

    def _words_for(self, event: Event, status: Status | None) -> str:
        if event.code == INTERRUPTED:
            forget_questions(self._store)
            return say("interrupted", task=event.data.get("instruction") or event.text)
        if event.code == "task_done":
            return say("done", task=event.data.get("instruction") or event.text)
        if event.code == "asks" and event.data.get("why") in DOUBTS:
            return self.session.robot_doubts(event)
        if event.code == "asks":
            status = self._bridge.status() if status is None or status.thought is None else status
            return self.session.robot_asks(status.thought, status.instruction)
        if event.code == "policy_silent" and not (status and status.checkpoint):
            return ""  # it is loading still; whoever asks for something meanwhile is told
        if event.level in TOLD_LEVELS and event.code not in UNTOLD_CODES:
            return sentence(event.text)
        return ""

    def _next_task(self) -> Reply:
        said = self.session.start_queued()
        if said:
            try:
                self._store.add_utterance(said, "robot", "robot", None)
            except StoreError as error:
                said = say("memory_broken", reason=error)
        return Reply(said)
