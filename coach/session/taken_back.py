"""What "undo that" takes back where the last thing that was said was a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coach.session.situation import Situation
    from memory.rules import Rule
    from memory.store import Store

LINES = 20  # of the conversation; the robot says more of them than people do


def rule_just_told(store: Store) -> Rule | None:
    """The rule or fact that the person's words before the last ones were about; None where they were about other
    things."""
    said_s = [line.wall_s for line in store.conversation(LINES) if line.role == "person"]
    if len(said_s) < 2:
        return None
    told = [rule for rule in store.rules.holding() if rule.wall_s >= said_s[-2]]
    return max(told, key=lambda rule: rule.id, default=None)


def is_lesson_since(store: Store, since_s: float, situation: Situation) -> bool:
    """Whether a rule has changed what is being done at once. Args: since_s: when it was told, `time.time()`."""
    latest = store.corrections(limit=1)
    return bool(latest) and latest[0].wall_s >= since_s and latest[0].episode_id == situation.episode_id
