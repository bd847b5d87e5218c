"""A correction: made into a lesson, sent to the arms and kept on the disk before anything is said of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from coach.session.errand import Errand, errand_said, forced_thought
from coach.session.identity import new_id
from coach.session.situation import Situation
from memory.records import LABEL_START_S, NUDGE, CorrectionDraft
from prompts import say
from robot_bridge.protocol.errors import CoachError, StoreError
from robot_bridge.protocol.messages import Accepted, Intervention
from robot_bridge.protocol.thought import Where

if TYPE_CHECKING:
    from memory.store import Store
    from robot_bridge.client import BridgeClient
    from robot_bridge.protocol.messages import Observation

LONGEST_WORDS_S = 8.0  # words that took longer were left lying
LATEST = 20  # lessons; a task rarely has more
FramesAround = Callable[[], Sequence["Observation"]]


def draft_lesson(words: str, by: str, errand: Errand, dictated: str, situation: Situation, home: str,
                 frames: Sequence[Observation], rules: tuple[str, ...] = (), where: Where | None = None,
                 began_s: float = 0.0) -> CorrectionDraft:  # fmt: skip
    """The lesson in these words.

    Args:
        dictated: a subtask that the person named.
        frames: the newest comes last.
        rules: those in force.
        where: the point that the person showed.
        began_s: when they began to speak or type, `time.monotonic()`; 0 where that is not known.
    """
    thought, was = situation.thought, situation.errand
    kind = "subtask" if dictated and was == errand else "where" if where and was == errand else "instruction"
    return _drafted(
        words, by, situation, home, frames, kind=kind, thought_should=forced_thought(errand, thought, dictated),
        instruction_now=situation.chore or str(errand), rules=rules, where=where,
        label_start_s=_label_start_s(began_s),
    )  # fmt: skip


def draft_nudge(words: str, by: str, nudge_id: str, situation: Situation, home: str,
                frames: Sequence[Observation], rules: tuple[str, ...]) -> CorrectionDraft:  # fmt: skip
    """What a nudge teaches: where the hand was wrong. The thought was not, so that none is to be learnt from it."""
    return _drafted(words, by, situation, home, frames, id=nudge_id, kind=NUDGE, rules=rules,
                    instruction_now=situation.instruction)  # fmt: skip


def draft_agreed(words: str, by: str, situation: Situation, home: str, frames: Sequence[Observation]
                 ) -> CorrectionDraft:  # fmt: skip
    """What a yes teaches: the thought that the robot was not sure about was right."""
    thought = situation.thought
    lines = (("reason", thought.reason), ("subtask", thought.subtask)) if thought else ()
    return _drafted(words, by, situation, home, frames, kind="subtask", instruction_now=situation.instruction,
                    thought_should="".join(f"{key}: {value}\n" for key, value in lines if value))  # fmt: skip


def _label_start_s(began_s: float) -> float:
    """How long ago the lesson begins: people react late, and then the words take their time."""
    lasted_s = time.monotonic() - began_s if began_s else 0.0
    return LABEL_START_S + min(max(lasted_s, 0.0), LONGEST_WORDS_S)


def _drafted(words: str, by: str, situation: Situation, home: str, frames: Sequence[Observation],
             **fields: Any) -> CorrectionDraft:  # fmt: skip
    status, thought = situation.status, situation.thought
    newest = frames[-1] if frames else None
    return CorrectionDraft(
        **{"id": new_id(), **fields}, words=words, episode_id=situation.episode_id,
        thought_was=str(thought) if thought else "", instruction_was=situation.instruction, by=by, wall_s=time.time(),
        time_s=newest.time_s if newest is not None else (status.time_s if status else 0.0),
        observation_sequence=newest.sequence if newest is not None else 0,
        checkpoint=status.checkpoint if status else "", home=home, embodiment=status.embodiment if status else "",
    )  # fmt: skip


def as_intervention(lesson: CorrectionDraft, likely: str = "") -> Intervention:
    """What the bridge is told of a lesson. Args: likely: the thought that it will most likely come to."""
    return Intervention(id=lesson.id, kind="correction", text=lesson.words, instruction=lesson.instruction_now,
                        forced=lesson.thought_should, likely=likely, notes=lesson.rules, where=lesson.where,
                        by=lesson.by, time_s=time.monotonic())  # fmt: skip


def is_followed_already(errand: Errand, situation: Situation, dictated: str) -> bool:
    """The robot thinks already what the person asks for."""
    thought = situation.thought
    if thought is None or situation.errand != errand or f"the {errand.thing} " not in thought.reason:
        return False
    return (not errand.place or errand.place in thought.reason) and (not dictated or thought.subtask == dictated)


def agreeing(store: Store, errand: Errand, situation: Situation) -> str:
    """The answer to who asks for what is thought already."""
    if situation.status is None or situation.status.state != "running":
        return say("correction_meant")
    return say("correction_repeated" if _is_told(store, errand, situation.episode_id) else "correction_agreed")


def _is_told(store: Store, errand: Errand, episode_id: int | None) -> bool:
    """Whether a lesson of this task was about the same."""
    return episode_id is not None and any(
        lesson.episode_id == episode_id and errand_said(lesson.thought_should) == errand
        for lesson in store.corrections(limit=LATEST)
    )


def send_and_keep(lesson: CorrectionDraft, frames: Sequence[Observation], intervention: Intervention,
                  bridge: BridgeClient, store: Store) -> tuple[Accepted, str]:  # fmt: skip
    """Tell the arms, and keep the lesson as soon as the word to them is on its way: neither waits for the other.

    Returns:
        What the bridge said, and why the lesson is not kept; empty where it is.
    Raises:
        CoachError: it did not reach the arms; the lesson is kept as one that failed.
    """
    with ThreadPoolExecutor(1, "memory") as memory:
        keep = cache(lambda: memory.submit(store.add_correction, lesson, frames))
        try:
            accepted = bridge.send(intervention, on_its_way=keep)
        except CoachError:
            if not _failure(keep()):
                store.set_outcome(lesson.id, "failed")
            raise
        return accepted, _failure(keep())


def _failure(kept: Future[Any]) -> str:
    """Why a lesson is not kept; empty where it is. The person's word still counts now."""
    error = kept.exception()
    if error is not None and not isinstance(error, StoreError):
        raise error
    return str(error) if error is not None else ""
