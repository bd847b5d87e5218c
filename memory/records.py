"""What the store hands out. `wall_s` is Unix time; `time_s` is the bridge's monotonic clock, as in the protocol."""

from __future__ import annotations

import io
from typing import Any, Literal

import msgspec
import numpy as np
from PIL import Image

from robot_bridge.protocol.messages import Observation
from robot_bridge.protocol.thought import Where

Role = Literal["person", "robot"]
# `failed`: the robot came to nothing with it; `left`: its task ended, or gave way to another, and it did not show.
Outcome = Literal["open", "followed", "failed", "left", "undone", "retracted"]
OUTCOMES: tuple[str, ...] = ("open", "followed", "failed", "left", "undone", "retracted")

KINDS = ("instruction", "subtask", "where", "hand")  # of corrections: what the words put right
NUDGE = "nudge"  # the kind of one that says that a hand was wrong, and nothing about the thought
REVIEW = "review"  # the kind of a correction that was written afterwards, over a stretch that the person marked

# YAY Robot (arXiv 2403.12910): what a person corrects began about 2 s before the words.
LABEL_START_S = 2.0


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What all records share: plain values only."""

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready values; bytes become base64 text."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


class Episode(Record, frozen=True, kw_only=True):
    """One task from its first words to its end. `outcome` is empty and `ended_s` None while it runs."""

    id: int
    task_id: str
    instruction: str
    home: str
    checkpoint: str
    embodiment: str
    by: str
    started_s: float
    ended_s: float | None
    outcome: str
    frames: int = 0
    corrections: int = 0


class Frame(Record, frozen=True, kw_only=True):
    """One observation as stored: `state_bytes` float32[38], `jpegs` camera name → JPEG file.

    Args:
        takeover: id of the intervention by which a person moved the arms at that instant, else empty.
    """

    id: int
    episode_id: int | None
    sequence: int
    time_s: float
    wall_s: float
    state_bytes: bytes
    jpegs: dict[str, bytes]
    takeover: str = ""

    @property
    def state(self) -> np.ndarray:
        """float32[38]."""
        return np.frombuffer(self.state_bytes, np.float32)

    def observation(self) -> Observation:
        """The observation again, pictures decoded to uint8[height, width, 3] RGB."""
        images = {
            camera: np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")) for camera, jpeg in self.jpegs.items()
        }
        return Observation(sequence=self.sequence, time_s=self.time_s, state=self.state, images=images,
                           takeover=self.takeover)  # fmt: skip


class _Happening(Record, frozen=True, kw_only=True):
    """Something of an episode, or of none, with its number among its like."""

    id: int
    episode_id: int | None
    task_id: str
    wall_s: float
    time_s: float


class ThoughtRecord(_Happening, frozen=True, kw_only=True):
    """A thought that came into force; `text` is the whole of it in the grammar of `protocol/thought.py`."""

    observation_sequence: int
    text: str
    subtask: str
    source: str
    confidence: float | None
    cause: str
    latency_s: float


class ActionRecord(_Happening, frozen=True, kw_only=True):
    """A chunk whose first target went to the arms; `action_bytes` holds float32[horizon, width]."""

    observation_sequence: int
    horizon: int
    width: int
    action_bytes: bytes
    dt_s: float
    dropped_rows: int
    cause: str

    @property
    def actions(self) -> np.ndarray:
        """float32[horizon, width]."""
        return np.frombuffer(self.action_bytes, np.float32).reshape(self.horizon, self.width)


class Utterance(Record, frozen=True, kw_only=True):
    """Something said by a person or by the robot."""

    id: int
    episode_id: int | None
    wall_s: float
    by: str
    role: Role
    text: str


class InterventionRecord(Record, frozen=True, kw_only=True):
    """An intervention as sent to the bridge; `message` is it as plain values."""

    id: str
    episode_id: int | None
    wall_s: float
    kind: str
    text: str
    by: str
    message: dict[str, Any]


class EventRecord(_Happening, frozen=True, kw_only=True):
    """Something a person was told by the bridge."""

    level: str
    code: str
    text: str
    data: dict[str, Any]


class _CorrectionFields(Record, frozen=True, kw_only=True):
    id: str
    words: str
    episode_id: int | None = None
    kind: str = "instruction"
    thought_was: str = ""
    thought_should: str = ""
    thought_final: str = ""
    instruction_was: str = ""
    instruction_now: str = ""
    by: str = "person"
    wall_s: float = 0.0
    time_s: float = 0.0
    label_start_s: float = LABEL_START_S
    observation_sequence: int = 0
    where: Where | None = None
    rules: tuple[str, ...] = ()
    checkpoint: str = ""
    home: str = ""
    embodiment: str = ""
    outcome: Outcome = "open"


class CorrectionDraft(_CorrectionFields, frozen=True, kw_only=True):
    """A lesson about to be stored.

    Args:
        id: the id of the intervention that carried it.
        words: what the person said.
        kind: what was corrected, `instruction`, `subtask`, `where`, `hand`, `nudge`; or `review`, written afterwards.
        thought_was: the thought in force when the words came.
        thought_should: what the person made of it, perhaps only its beginning.
        thought_final: the whole of it once the model has written the rest; see `Store.complete_correction`.
        wall_s: Unix time at which the words ended; 0 for now.
        time_s: the same moment on the bridge's clock.
        label_start_s: the lesson holds from this many seconds before the words; of kind `review` up to `time_s`.
        observation_sequence: the newest observation when the words came.
        rules: rules of the home that it touches.
        audio: the words as recorded, a WAV file, if kept; see `recordings.py`.
    """

    audio: bytes | None = None


class Correction(_CorrectionFields, frozen=True, kw_only=True):
    """A stored lesson: the draft, its running `number`, and the frames it covers.

    Args:
        window_start_s, window_end_s: on the bridge's clock; frames between them are never pruned.
    """

    number: int
    window_start_s: float
    window_end_s: float


class CorrectionChange(Record, frozen=True, kw_only=True):
    """One change of one field of a correction. `reason` is in the words of who changed it, if they gave one."""

    correction_id: str
    wall_s: float
    field: str
    was: str
    now: str
    by: str
    reason: str = ""


class Repeated(Record, frozen=True, kw_only=True):
    """A lesson that was told more than once: the same instruction in the end, `words` as said last."""

    times: int
    instruction: str
    words: str
    last_s: float


class Statistics(Record, frozen=True, kw_only=True):
    """Lessons counted, largest count first but `weeks`, oldest first (`2026-W47`, UTC); `repeated` most told first.

    Args:
        objects: what they were about, `red cup`; lessons about no one thing count under ``.
    """

    total: int
    kinds: dict[str, int]
    outcomes: dict[str, int]
    objects: dict[str, int]
    checkpoints: dict[str, int]
    weeks: dict[str, int]
    repeated: tuple[Repeated, ...]


class Pruned(Record, frozen=True, kw_only=True):
    """What `Store.prune` dropped and what the file holds now, in bytes. `kept_frames` belong to corrections.

    Args:
        others: actions, thoughts and events.
    """

    frames: int
    others: int
    kept_frames: int
    bytes_before: int
    bytes_now: int
