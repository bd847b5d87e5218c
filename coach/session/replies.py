"""What the session answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """The answer to one utterance.

    Args:
        said: what the robot says, one or two sentences.
        understood: as `coach interpret --json` prints it.
        task_id: the task that it started or changed, else the one that runs; empty when there is none.
        correction_id: the lesson stored from it, on the disk when this is handed out.
        forced: thought text that a person put in the thought's place.
        unreachable: the bridge did not answer.
        ok: what was asked for was done or begun.
        due: the robot began to speak, because a routine is due.
        announced: the robot tells something by itself, and answers nobody.
    """

    said: str
    understood: dict[str, Any] = field(default_factory=dict)
    task_id: str = ""
    correction_id: str = ""
    forced: str = ""
    ok: bool = True
    unreachable: bool = False
    due: bool = False
    announced: bool = False
