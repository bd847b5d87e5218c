"""Keeps what the bridge publishes: frames, thoughts, chunks, events; and what came of a correction."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from coach.session.backlog import Backlog
from coach.session.episodes import Episodes
from coach.session.judgement import judge_end, judge_question
from coach.session.likely import PlaceMemory
from prompts import say
from robot_bridge.protocol.errors import CoachError, UsageError
from robot_bridge.protocol.messages import ChunkEvent, Event, Message, Observation, Status, ThoughtEvent

if TYPE_CHECKING:
    from memory.store import Store

log = logging.getLogger(__name__)

FRAMES_AROUND_S = 2.0
MAX_RECENT = 500
POLL_S = 0.2
SLOW_DISK_S = 10.0  # for a lesson to get there, behind its thought
RECORDED_STATES = ("running", "holding", "takeover")
BY_HAND = "moved by hand"  # the instruction of such an episode
INTERRUPTED = "interrupted"  # the code of the event that a task has gone with its bridge


def run_of(status: Status) -> int:
    """Which run of the bridge tells this; 0 where it does not count what it tells."""
    return status.sent >> 32


class Subscriber(Protocol):
    """The part of an event subscriber that the recorder needs."""

    def poll(self, timeout_s: float) -> Message | None: ...

    def close(self) -> None: ...


class Recorder:
    """Two threads: one listens and hands messages on at once, one writes, so that a slow disk delays nobody.

    Args:
        connect: opens the subscription, in the listening thread.
        deliver: gets every message in the listening thread; must return at once.
        on_event: gets the events that a person is told of, in the writing thread, once they are stored.
        record: keep episodes; without it only corrections are completed.
        tell: gets a sentence, once an outage, where the disk is too slow to keep all that is seen.
    """

    def __init__(self, store: Store, episodes: Episodes, connect: Callable[[], Subscriber],
                 deliver: Callable[[Message], None], on_event: Callable[[Event, Status | None], None],
                 record: bool = True, tell: Callable[[str], None] = lambda words: None) -> None:  # fmt: skip
        self._store, self._episodes, self._connect, self._deliver = store, episodes, connect, deliver
        self._on_event, self._record = on_event, record
        self.status: Status | None = None
        self._recent: deque[Observation] = deque()
        self._recent_lock = threading.Lock()
        self._backlog = Backlog(lambda: tell(say("pictures_not_kept", reason="the disk is too slow")))
        self._lost_noted = 0
        self._closing = threading.Event()
        self._began_s, self._open_before = time.time(), episodes.task_id
        self._task_id: str | None = None  # of the last status; None before the first
        self._run, self._instruction = 0, ""  # of the last status: which run of the bridge, and its task
        self._episode_id: int | None = None
        self._by_hand: int | None = None  # the episode of a takeover without a task
        self._takeover = ""  # that takeover's id
        self._places = PlaceMemory(store)
        self._completed: set[str] = set()
        self._early: dict[str, tuple[float, str]] = {}  # cause → when its thought came, while its lesson is not there
        self._threads = [threading.Thread(target=run, name=name, daemon=True)
                         for name, run in (("bridge-listener", self._listen), ("recorder", self._write))]  # fmt: skip
        for thread in self._threads:
            thread.start()

    def frames_around(self) -> tuple[Observation, ...]:
        """The observations of the last two seconds, oldest first."""
        with self._recent_lock:
            return tuple(self._recent)

    def close(self) -> None:
        """Write what waits, then end."""
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=5.0)

    def _listen(self) -> None:
        subscriber = self._connect()
        try:
            while not self._closing.is_set():
                try:
                    message = subscriber.poll(POLL_S)
                except CoachError as error:
                    log.warning("a message of the bridge was refused: %s", error)
                    continue
                if message is not None:
                    self._take(message)
        finally:
            subscriber.close()

    def _take(self, message: Message) -> None:
        self._deliver(message)
        if isinstance(message, Observation):
            with self._recent_lock:
                self._recent.append(message)
                while self._recent[0].time_s < message.time_s - FRAMES_AROUND_S or len(self._recent) > MAX_RECENT:
                    self._recent.popleft()
        if isinstance(message, Status):
            self.status = message
        if isinstance(message, Observation | Status | ThoughtEvent | ChunkEvent | Event):
            self._backlog.put(message)

    def _write(self) -> None:
        while not (self._closing.is_set() and not len(self._backlog)):
            message = self._backlog.get(POLL_S)
            try:
                if message is None:
                    self._complete_early(time.monotonic())
                else:
                    self._keep(message)
                if not len(self._backlog):
                    self._note_lost()
            except CoachError as error:  # told by the session when it matters; the recording goes on
                log.warning("not recorded: %s", error)
            except Exception:
                log.exception("not recorded: %s", type(message).__name__)

    def _note_lost(self) -> None:
        """Write down how many frames the disk was too slow for, now that it has time again."""
        lost = self._backlog.lost_frames + self._store.dropped_frames
        if lost > self._lost_noted:
            self._store.add_lost_frames(lost - self._lost_noted)
            log.warning("%d frames lost, and %d other messages since the start: the disk is too slow",
                        lost - self._lost_noted, self._backlog.lost_others)  # fmt: skip
            self._lost_noted = lost

    def _keep(self, message: Message) -> None:
        match message:
            case Status():
                self._follow(message)
            case Observation():
                self._keep_frame(message)
            case ThoughtEvent():
                self._places.note(message.thought)
                if self._record:
                    self._store.add_thought(self._episode_of(message.task_id), message)
                self._complete(message)
            case ChunkEvent() if self._record:
                by_hand = self._episodes.current(message.cause) if message.cause else None
                self._store.add_actions(self._episode_of(message.task_id) or by_hand, message)
            case Event():
                self._keep_event(message)

    def _keep_frame(self, observation: Observation) -> None:
        if observation.takeover and self._episode_id is None and self._record:
            # Nobody has given a task, and a person shows something: that is an episode of its own.
            self._by_hand = self._episode_id = self._episodes.begin(observation.takeover, BY_HAND, "", self.status)
            self._takeover = observation.takeover
        elif self._by_hand is not None and not observation.takeover:
            self._end_by_hand()
        if self._episode_id is None or self.status is None:
            return
        if observation.takeover or self.status.state in RECORDED_STATES:
            self._store.add_frame(self._episode_id, observation)

    def _end_by_hand(self) -> None:
        if self._by_hand == self._episode_id:
            self._episodes.end("done", self._takeover)
            self._episode_id = None
        self._by_hand = None

    def _follow(self, status: Status) -> None:
        """Begin and end episodes with the bridge's tasks, also those that another process started."""
        before_run, self._run = self._run, run_of(status)
        if status.task_id == self._task_id:
            self._instruction = status.instruction
            return
        if self._task_id and not status.task_id and self._run != before_run:
            self._tell_interrupted(status)
        self._instruction = status.instruction
        before, self._task_id = self._task_id, status.task_id
        self._episode_id = self._episode_of(status.task_id) if self._record else None
        if not self._record:
            return
        if before is None and self._episode_id is None:
            self._store.end_open_episodes("interrupted", self._began_s)
        if not status.task_id:  # an old status may come to be read when another task has been given
            left = self._open_before if before is None else before
            if left:
                self._episodes.end("left", left)
        elif self._episode_id is None:
            time.sleep(0.05)  # whoever gave the task is about to begin its episode
            known = self._episode_of(status.task_id)
            self._episode_id = known or self._episodes.begin(status.task_id, status.instruction, "", status)

    def _tell_interrupted(self, status: Status) -> None:
        """The bridge was started again and knows nothing of its task."""
        self._episodes.end("interrupted", self._task_id or "")
        event = Event(time_s=status.time_s, level="warning", code=INTERRUPTED, text=self._instruction,
                      task_id=self._task_id or "", data={"instruction": self._instruction})  # fmt: skip
        self._on_event(event, status)

    def _episode_of(self, task_id: str) -> int | None:
        return self._episodes.current(task_id)

    def _complete(self, event: ThoughtEvent) -> None:
        """The whole thought behind a correction, once; it may come before the disk has the lesson."""
        if event.cause and event.cause != event.task_id and event.cause not in self._completed:
            self._completed.add(event.cause)
            self._early[event.cause] = (time.monotonic(), str(event.thought))
        self._complete_early(time.monotonic())

    def _complete_early(self, now_s: float) -> None:
        for cause, (since_s, thought) in list(self._early.items()):
            if self._completes(cause, thought) or now_s > since_s + SLOW_DISK_S:
                del self._early[cause]

    def _completes(self, cause: str, thought: str) -> bool:
        """Whether there is nothing more to be done for this cause."""
        try:
            lesson = self._store.correction(cause)
        except UsageError:
            return False  # there is no such correction, or not yet
        if lesson.id == cause and not lesson.thought_final:
            self._store.complete_correction(lesson.id, thought)
        return True

    def _keep_event(self, event: Event) -> None:
        episode_id = self._episode_of(event.task_id)
        if episode_id is None and event.task_id and event.task_id == self._task_id:
            episode_id = self._episode_id  # its successor began before this was read
        self._store.add_event(episode_id, event)
        if event.code == "asks" and judge_question(self._store, episode_id, event):
            self._episodes.note_helpless(event.task_id)
        if event.code == "task_done":
            outcome = judge_end(self._store, episode_id, event)
            if self._episode_of(event.task_id) is not None:
                self._episodes.end(outcome, event.task_id)
            self._episode_id = None
        self._on_event(event, self.status)
