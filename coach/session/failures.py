"""What fails, told in one clear sentence, or noted in the log where the person's wish does not hang on it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from coach.session.outcomes import Outcome
from prompts import say
from robot_bridge.protocol.errors import CoachError, FloorError, StoreError, UnreachableError, UsageError

log = logging.getLogger(__name__)


def guarded(act: Callable[[], Outcome], bridge_address: str) -> Outcome:
    """What came of it, or one clear sentence for whatever the bridge answers.

    Raises:
        StoreError: the memory cannot be used.
    """
    try:
        return act()
    except FloorError as error:
        return Outcome(say("floor_watching", reason=error.what), ok=False)
    except UnreachableError:
        return Outcome(say("bridge_unreachable", address=bridge_address), ok=False, unreachable=True)
    except StoreError:
        raise
    except UsageError as error:
        if error.next_step:
            return Outcome(say("refused", reason=error.what, mend=error.next_step), ok=False)
        return Outcome(say("not_sent", reason=error), ok=False)
    except CoachError as error:
        return Outcome(say("not_sent", reason=error), ok=False)


def keep(write: Callable[[], object]) -> None:
    """What is worth keeping, but not worth leaving undone what a person asked for."""
    try:
        write()
    except StoreError as error:
        log.warning("not kept: %s", error)
