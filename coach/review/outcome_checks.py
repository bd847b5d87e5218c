"""Labels that what became of the things suggests: a thing that is not where it was put, a dish that fell.

The facts come from arms that can see them (`robot_bridge/outcomes.py`), and were recorded as events.
"""

from __future__ import annotations

from coach.review.recording import Recording
from coach.review.suggestion import Suggestion
from coach.session.errand import Errand, ended_elsewhere
from memory.records import EventRecord
from robot_bridge.protocol.thought import DONE

DISHES = ("plate", "bowl", "cup")
FELL_S = 4.0  # how long after the fall the suggested thought holds
BEFORE_S = 1.0  # the last thoughts before a wrong end


def outcome_suggestions(recording: Recording) -> list[Suggestion]:
    """What the recorded outcome suggests."""
    found = []
    for event in recording.events:
        if event.code == "fell":
            found.append(_fallen(recording, event))
        elif event.code == "task_done" and (misplaced := _misplaced(recording, event)):
            found.append(misplaced)
    return found


def _fallen(recording: Recording, event: EventRecord) -> Suggestion:
    """A clean dish that fell on the floor must be washed again; anything else that fell is picked up."""
    thing = str(event.data.get("thing", "thing"))
    errand = Errand.parse(recording.episode.instruction)
    clean_dish = not event.data.get("dirty") and thing.split()[-1] in DISHES
    goal = "in the sink" if clean_dish else errand.place if errand and errand.place else "on the counter"
    why = f"the {thing} fell on the floor" + ("; a clean dish that did is washed again" if clean_dish else "")
    thought = f"reason: the {thing} is on the floor and goes {goal}\nsubtask: pick up the {thing}\n"
    end_s = min(event.time_s + FELL_S, recording.times[-1])
    return Suggestion(f"fell-{event.id}", event.time_s, end_s, thought, why)


def _misplaced(recording: Recording, event: EventRecord) -> Suggestion | None:
    """The robot thought that it was done, and the thing is elsewhere."""
    errand = Errand.parse(str(event.data.get("instruction", "")))
    elsewhere = ended_elsewhere(errand, event.data.get("things") or {}) if errand is not None else None
    if errand is None or not errand.place or elsewhere is None:
        return None
    name, place = elsewhere
    at = f"in the {place}" if place not in ("counter", "floor") else f"on the {place}"
    done = next((t for t in reversed(recording.thoughts) if t.subtask == DONE and t.time_s <= event.time_s), None)
    start_s = done.time_s - BEFORE_S if done else event.time_s - BEFORE_S
    held = place.endswith("hand")
    subtask = f"put the {name} {errand.place}" if held else f"pick up the {name}"
    return Suggestion(
        f"misplaced-{event.id}", start_s, event.time_s,
        f"reason: the {name} is {at} and goes {errand.place}\nsubtask: {subtask}\n",
        f"it thought that it was done, and the {name} was {at}",
    )  # fmt: skip
