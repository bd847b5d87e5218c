"""A recorded episode, to be stepped through frame by frame and labelled."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import inf, nextafter

from coach.session.identity import new_id
from memory.editing import is_whole, thought_text
from memory.records import REVIEW, Correction, CorrectionDraft, Frame, ThoughtRecord
from memory.replay import stream_of
from memory.store import Store
from memory.timeline import action_summary
from robot_bridge.protocol.errors import ProtocolError, UsageError
from robot_bridge.protocol.thought import Thought, Where

EVENTS = 1000
SEEN_S = 1.0  # from a moment to a picture of it; cameras take one every tenth of a second


@dataclass(frozen=True)
class Instant:
    """What there is to see at one frame.

    Args:
        at_s: since the first frame.
        thought: the one in force, if any.
        action: the chunk in play, in a few words.
        taught: lessons that hold at this time, oldest first.
    """

    number: int
    at_s: float
    frame: Frame
    thought: ThoughtRecord | None
    action: str
    taught: tuple[Correction, ...]


def place_of(now: Instant) -> Where | None:
    """What the thought of an instant is about, where it says so."""
    try:
        return Thought.parse(now.thought.text).where if now.thought else None
    except ProtocolError:
        return None


def _reaching(start_s: float, end_s: float) -> float:
    """How long a stretch is; taken from its end it never comes out after its start, as a rounded difference may."""
    length_s = end_s - start_s
    return length_s if end_s - length_s <= start_s else nextafter(length_s, inf)


class Recording:
    """One episode of a store.

    Raises:
        UsageError: there is no such episode, or no pictures of it are left.
    """

    def __init__(self, store: Store, episode_id: int) -> None:
        self._store = store
        self.episode = store.episode(episode_id)
        with store.reading() as db:
            rows = db.conn.execute("SELECT time_s FROM frames WHERE episode_id = ? ORDER BY time_s", (episode_id,))
            self.times = [row[0] for row in rows]
        if not self.times:
            raise UsageError(f"episode {episode_id} has no pictures to look at",
                             next_step="see the others with: coach replay --list")  # fmt: skip
        self.thoughts = store.thoughts(episode_id)
        self._actions = store.actions(episode_id)
        self.events = store.events(episode_id, EVENTS)
        self.refresh()

    def refresh(self) -> None:
        """Read the lessons again."""
        self.lessons = list(stream_of(self._store, self.episode.id))

    def __len__(self) -> int:
        return len(self.times)

    def instant(self, number: int) -> Instant:
        """The frame of this number, from 0; numbers beyond an end mean the frame at that end.

        Raises:
            UsageError: it was dropped since the recording was opened.
        """
        number = min(max(number, 0), len(self) - 1)
        time_s = self.times[number]
        frame = next(iter(self._store.frames(self.episode.id, time_s, time_s, 1)), None)
        if frame is None:
            raise self.gone()
        chunk = bisect_right([a.time_s for a in self._actions], time_s) - 1
        return Instant(
            number=number, at_s=time_s - self.times[0], frame=frame, thought=self.thought_at(time_s),
            action=action_summary(self._actions[chunk]) if chunk >= 0 else "",
            taught=tuple(x.correction for x in self.lessons if x.start_s <= time_s <= x.end_s),
        )  # fmt: skip

    def thought_at(self, time_s: float) -> ThoughtRecord | None:
        """The thought in force at a time of the bridge's clock."""
        index = bisect_right([t.time_s for t in self.thoughts], time_s) - 1
        return self.thoughts[index] if index >= 0 else None

    def instruction_at(self, time_s: float) -> str:
        """What the person wanted at a time of the bridge's clock, as far as it was told by then."""
        told = [x.correction for x in self.lessons if x.correction.time_s <= time_s and x.correction.kind != REVIEW]
        return told[-1].instruction_now if told and told[-1].instruction_now else self._first_instruction()

    def _first_instruction(self) -> str:
        first = next((x.correction for x in self.lessons if x.correction.kind != REVIEW), None)
        return (first.instruction_was if first else "") or self.episode.instruction

    def number_at(self, time_s: float) -> int:
        """The frame shown at a time: the last one that is not later."""
        return max(0, bisect_right(self.times, time_s) - 1)

    def is_seen(self, time_s: float) -> bool:
        """Whether there is a picture of about this time."""
        at = bisect_right(self.times, time_s)
        return any(abs(near_s - time_s) <= SEEN_S for near_s in self.times[max(0, at - 1) : at + 1])

    def gone(self) -> UsageError:
        """What to tell where the pictures of a moment are dropped."""
        return UsageError("the pictures of this moment were dropped to make room",
                          next_step=f"open what is left with: coach review {self.episode.id}")  # fmt: skip

    def next_thought(self, number: int, step: int) -> int:
        """The frame at which the next (step 1) or previous (step −1) thought came into force; the same if none."""
        marks = sorted({self.number_at(t.time_s) for t in self.thoughts})
        beyond = [mark for mark in marks if (mark - number) * step > 0]
        return min(beyond, key=lambda mark: abs(mark - number)) if beyond else number

    def label(self, first: int, last: int, thought: str, by: str, words: str = "") -> Correction:
        """Store what the thought should have been, from frame `first` to frame `last`.

        Raises:
            UsageError: the text is no thought, it begins after it ends, or the frame at an end was dropped.
        """
        if first > last:
            raise UsageError(f"the mark at frame {first + 1} lies after this one, which is frame {last + 1}",
                             next_step="press w again, where it went wrong")  # fmt: skip
        begins, seen, episode = self.instant(first), self.instant(last), self.episode
        should = thought_text(thought, whole=False)
        self._check_camera(should, seen)
        draft = CorrectionDraft(
            id=new_id(), words=words or "written afterwards", episode_id=episode.id, kind=REVIEW,
            thought_was=seen.thought.text if seen.thought else "", thought_should=should,
            thought_final=should if is_whole(should) else "", instruction_was=episode.instruction,
            instruction_now=episode.instruction, by=by, time_s=seen.frame.time_s,
            label_start_s=_reaching(begins.frame.time_s, seen.frame.time_s), observation_sequence=seen.frame.sequence,
            checkpoint=episode.checkpoint, home=episode.home, embodiment=episode.embodiment,
        )  # fmt: skip
        stored = self._store.add_correction(draft)
        self.refresh()
        return stored

    def thought_so(self, first: int, last: int, text: str) -> bool:
        """Whether this was the thought in force at all frames from `first` to `last`."""
        marks = [number for t in self.thoughts if first < (number := self.number_at(t.time_s)) <= last]
        in_force = [self.thought_at(self.times[number]) for number in (first, *marks)]
        return all(thought is not None and thought.text.split() == text.split() for thought in in_force)

    def take_back(self, lesson_id: str, by: str) -> None:
        """A lesson written here is none after all; it stays on record."""
        self._store.retract_correction(lesson_id, by, "taken back while looking at the episode")
        self.refresh()

    @staticmethod
    def _check_camera(should: str, seen: Instant) -> None:
        """Raises: UsageError: the thought points into a picture that there is none of."""
        where = next((line for line in should.splitlines() if line.startswith("where:")), "")
        camera, cameras = where.removeprefix("where:").split("<")[0].strip(), seen.frame.observation().images
        if camera and cameras and camera not in cameras:
            raise UsageError(f"there is no picture of a camera '{camera[:40]}'", ", ".join(cameras),
                             "click on the picture to say where")  # fmt: skip
