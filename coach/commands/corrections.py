"""`coach corrections`: the lessons, as they are kept in the memory."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from memory.records import Correction, CorrectionChange
    from memory.store import Store

EXAMPLE = r"""coach corrections list --limit 20
coach corrections search "drying rack" --json
coach corrections show 20261121
coach corrections edit 20261121 --thought "subtask: pick up the red cup" --because "I meant the red one"
coach corrections retract 20261121 --because "I misspoke"
coach corrections stats"""

_SHOWN = {
    "id": "id", "words": "words", "instruction_was": "task before", "instruction_now": "task after",
    "thought_was": "it thought",
    "thought_should": "should have thought", "thought_final": "went on thinking", "by": "by", "outcome": "outcome",
}  # fmt: skip
_EDITED = {
    "--words": ("words", "what was said"),
    "--thought": ("thought_should", r"what it should have thought, whole or its beginning; \n between lines"),
    "--final": ("thought_final", "the whole thought that is taught"),
    "--instruction": ("instruction_now", "the task after the correction"),
    "--instruction-was": ("instruction_was", "the task before it"),
    "--kind": ("kind", "what was corrected: instruction, subtask, where, hand"),
}
_COUNTED = {
    "kinds": "by kind", "outcomes": "by outcome", "objects": "by object", "checkpoints": "by checkpoint",
    "weeks": "by week",
}  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", help="default: list")
    parser.set_defaults(verb="list", limit=50, offset=0)
    listed = verbs.add_parser("list", help="the newest lessons first", description="The newest lessons first.")
    _add_limits(listed)
    found = verbs.add_parser("search", help="lessons by their words", description="Lessons by their words.")
    found.add_argument("query", metavar="WORDS", nargs="+", help="what was said, seen or thought")
    _add_limits(found)
    shown = verbs.add_parser("show", help="one lesson, whole", description="One lesson, whole.")
    shown.add_argument("id", metavar="ID", help="its number, its id, or how that begins")
    edited = verbs.add_parser("edit", help="put a lesson right; its history stays",
                              description="Put a lesson right. What it was stays in its history.")  # fmt: skip
    for flag, (field, told) in _EDITED.items():
        edited.add_argument(flag, dest=field, metavar="TEXT", help=told)
    about = "Take a lesson back. It stays on record and is never learnt from."
    taken = verbs.add_parser("retract", help="take a lesson back: kept, but never learnt from", description=about)
    for verb in (edited, taken):
        verb.add_argument("id", metavar="ID", help="its number, its id, or how that begins")
        verb.add_argument("--because", metavar="TEXT", default="", help="why, for the history")
        verb.add_argument("--by", metavar="NAME", help="who says so (default: person of the configuration)")
    about = "Lessons counted, and those that had to be told again and again."
    counted = verbs.add_parser("stats", help="how many, about what, and which again and again", description=about)
    for verb in (listed, found, shown, edited, taken, counted):
        verb.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON value and nothing else"
        )


def run(args: argparse.Namespace, config: Config) -> int:
    if not config.memory_path.exists():
        return _print_none(args, f"there is no memory at {config.memory_path} yet")
    from memory.store import Store

    changes = args.verb in ("edit", "retract")
    with Store.open(config.memory_path) if changes else Store.open_for_reading(config.memory_path) as store:
        if changes:
            _change(store, args, args.by or config.person)
        if args.verb in ("show", "edit", "retract"):
            _print_one(store, args)
            return 0
        if args.verb == "stats":
            _print_statistics(store, args)
            return 0
        found = _select(store, args)
    if not found:
        return _print_none(args, "no lesson has these words" if args.verb == "search" else "no lessons yet")
    if args.json:
        print(json.dumps([_as_json(c) for c in found], ensure_ascii=False))
    else:
        print("\n".join(_line(c) for c in found))
    return 0


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many (default 50)")
    parser.add_argument("--offset", type=int, default=0, metavar="N", help="leave out so many newer ones")


def _select(store: Store, args: argparse.Namespace) -> list[Correction]:
    if args.limit < 1:
        raise UsageError(f"--limit {args.limit}", "a limit of 1 or more")
    if args.offset < 0:
        raise UsageError(f"--offset {args.offset}", "an offset of 0 or more")
    if args.verb == "search":
        return store.search_corrections(" ".join(args.query), limit=args.limit + args.offset)[args.offset :]
    return store.corrections(limit=args.limit, offset=args.offset)


def _print_none(args: argparse.Namespace, sentence: str) -> int:
    if args.verb == "stats" and args.json:
        print(json.dumps({"total": 0}))
        return 0
    if args.verb in ("show", "edit", "retract"):
        raise UsageError(f"there is no correction '{args.id[:80]}'", next_step="see them with: coach corrections list")
    print(
        "[]" if args.json else f'{sentence}; correct the robot while it works, as in: coach say "no, the drying rack"'
    )
    return 0


def _change(store: Store, args: argparse.Namespace, by: str) -> None:
    """Before it is shown. `\\n` stands for a line break, which shells make hard to type."""
    if args.verb == "retract":
        store.retract_correction(args.id, by, args.because)
        return
    texts = {field: getattr(args, field) for field, _ in _EDITED.values()}
    given = {field: text.replace("\\n", "\n") for field, text in texts.items() if text is not None}
    if not given:
        raise UsageError("there is nothing to edit", ", ".join(_EDITED))
    store.edit_correction(args.id, given, by, args.because)


def _print_statistics(store: Store, args: argparse.Namespace) -> None:
    from memory.statistics import statistics_of

    counted = statistics_of(store).to_json()
    if args.json:
        print(json.dumps(counted, ensure_ascii=False))
        return
    print(f"{counted['total']} lessons")
    for key, label in _COUNTED.items():
        cells = ", ".join(f"{name or '(none)'} {number}" for name, number in counted[key].items())
        print(f"{label:20}  {cells}")
    for lesson in counted["repeated"]:
        print(f"{'told ' + str(lesson['times']) + ' times':20}  {lesson['instruction']} (last: {lesson['words']})")


def _print_one(store: Store, args: argparse.Namespace) -> None:
    correction = store.correction(args.id)
    changes = store.correction_changes(correction.id)
    if args.json:
        print(json.dumps({**_as_json(correction), "changes": [c.to_json() for c in changes]}, ensure_ascii=False))
        return
    values = correction.to_json()
    for key, label in _SHOWN.items():
        if values.get(key):
            told = str(values[key]).replace("\n", "\n" + " " * 22)
            print(f"{label:20}  {told}")
    print(f"{'said at':20}  {_when(correction.wall_s)}")
    print(f"{'pictures kept':20}  {len(store.correction_frames(correction.id))}")
    for change in changes:
        print(f"{'changed':20}  {_told(change)}")


def _line(correction: Correction) -> str:
    told = f"{correction.number:5}  {correction.id[:12]:12}  {_when(correction.wall_s)}"
    return f"{told}  {correction.outcome:9}  {_what(correction)}"


def _what(correction: Correction) -> str:
    """What was said; where a thought was written afterwards, that comes first."""
    from memory.records import REVIEW

    if correction.kind != REVIEW:
        return correction.words
    lines = (correction.thought_final or correction.thought_should).strip().splitlines()
    taught = next((line for line in lines if line.startswith("subtask:")), " / ".join(lines))
    return f"{taught.removeprefix('subtask:').strip()} ({correction.words})" if taught else correction.words


def _told(change: CorrectionChange) -> str:
    """One line of a lesson's history."""
    was, now = (" / ".join(text.split("\n")) or "nothing" for text in (change.was, change.now.strip()))
    because = f" because {change.reason}" if change.reason else ""
    return f"{_when(change.wall_s)}  {change.field} by {change.by}: {was} → {now}{because}"


def _when(wall_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(wall_s))


def _as_json(correction: Correction) -> dict[str, Any]:
    return correction.to_json()
