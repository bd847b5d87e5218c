"""A correction: made into a lesson on the disk first, sent to the arms second."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from coach.session.errand import Errand, forced_thought
from coach.session.identity import new_id
from coach.session.situation import Situation
from memory.records import CorrectionDraft
from robot_bridge.protocol.messages import Intervention

if TYPE_CHECKING:
    from robot_bridge.protocol.messages import Observation

FramesAround = Callable[[], Sequence["Observation"]]


def draft_lesson(words: str, by: str, errand: Errand, dictated: str, situation: Situation, home: str,
                 frames: Sequence[Observation]) -> CorrectionDraft:  # fmt: skip
    """The lesson in these words. Args: dictated: a subtask that the person named; frames: the newest comes last."""
    status, thought, was = situation.status, situation.thought, situation.errand
    kind = "subtask" if dictated and was == errand else "instruction"
    newest = frames[-1] if frames else None
    return CorrectionDraft(
        id=new_id(), words=words, episode_id=situation.episode_id, kind=kind,
        thought_was=str(thought) if thought else "", thought_should=forced_thought(errand, thought, dictated),
        instruction_was=situation.instruction, instruction_now=str(errand), by=by, wall_s=time.time(),
        time_s=newest.time_s if newest is not None else (status.time_s if status else 0.0),
        observation_sequence=newest.sequence if newest is not None else 0,
        checkpoint=status.checkpoint if status else "", home=home, embodiment=status.embodiment if status else "",
    )  # fmt: skip


def as_intervention(lesson: CorrectionDraft) -> Intervention:
    """What the bridge is told of a lesson."""
    return Intervention(id=lesson.id, kind="correction", text=lesson.words, instruction=lesson.instruction_now,
                        forced=lesson.thought_should, by=lesson.by, time_s=time.monotonic())  # fmt: skip


def is_followed_already(errand: Errand, situation: Situation, dictated: str) -> bool:
    """The robot thinks already what the person asks for."""
    thought = situation.thought
    if thought is None or situation.errand != errand or f"the {errand.thing} " not in thought.reason:
        return False
    return (not errand.place or errand.place in thought.reason) and (not dictated or thought.subtask == dictated)
