"""`coach routines`: what the robot does by itself, and when next."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from memory.routines import Routine
    from memory.store import Store

EXAMPLE = """coach routines list
coach routines add "wipe the counter every day at 8"
coach routines skip 2 2026-12-24
coach routines export routines.ics"""


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", help="default: list")
    parser.set_defaults(verb="list")
    listed = verbs.add_parser("list", help="all of them, with their next time", description="All, with the next time.")
    added = verbs.add_parser("add", help="a new one, in words", description="A new one, in words; typed is agreed to.")
    added.add_argument("text", metavar="TEXT", help='such as "laundry on Tuesdays at 10"')
    added.add_argument("--missed", choices=("late", "skip", "ask"), help="what happens with a run missed while off")
    skipped = verbs.add_parser("skip", help="leave out a day", description="Leave out a day, or weekday, of a routine.")
    removed = verbs.add_parser("remove", help="for good; its record stays", description="Remove it for good.")
    for verb in (skipped, removed):
        verb.add_argument("id", metavar="NUMBER", type=_number, help="as `coach routines list` shows it")
    skipped.add_argument("day", metavar="DAY", nargs="?", default="",
                         help="2026-12-24, tomorrow, 'next week', sundays; default: the next time")  # fmt: skip
    taken = verbs.add_parser("import", help="from an .ics file", description="Take the events of an iCalendar file.")
    given = verbs.add_parser("export", help="to an .ics file", description="Write an iCalendar file.")
    taken.add_argument("file", metavar="FILE", type=Path)
    given.add_argument("file", metavar="FILE", type=Path, help="- is the standard output")
    moved = verbs.add_parser("move", help="the home is in another time zone", description="Same clock times elsewhere.")
    moved.add_argument("zone", metavar="ZONE", help="such as Europe/Lisbon")
    for verb in (listed, added, skipped, removed, taken, moved):
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON value")


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(
            f"'{text[:80]}' is no number of a routine", next_step="see them with: coach routines list"
        ) from None


def run(args: argparse.Namespace, config: Config) -> int:
    from memory.store import Store

    config.prepare_home()
    with Store.open(config.memory_path) as store:
        if args.verb == "export":
            return _export(store, args.file)
        changed = _CHANGES[args.verb](store, args, config)
        _print(store, changed, args)
    return 0


def _list(store: Store, args: argparse.Namespace, config: Config) -> list[Routine]:
    return store.routines.active()


def _add(store: Store, args: argparse.Namespace, config: Config) -> list[Routine]:
    from coach.commands.interpret import interpreter_of
    from coach.routines.wish import routines_of

    drafts = routines_of(args.text, time.time(), config.person, config.holidays, interpreter_of(config))
    if args.missed:
        from dataclasses import replace

        drafts = [replace(routine, missed=args.missed) for routine in drafts]
    _check_new(store, drafts)
    return [store.routines.add(routine) for routine in drafts]


def _check_new(store: Store, drafts: list[Routine]) -> None:
    """Raises: UsageError: one of them is there already; then none is taken."""
    from coach.routines.wording import when_in_words
    from coach.session.known_routines import same_chore, same_time

    active = store.routines.active()
    for draft in drafts:
        known = next((old for old in same_chore(active, draft) if same_time(old, draft)), None)
        if known is not None:
            raise UsageError(f"'{known.title}' {when_in_words(known)} is there already, as routine {known.id}",
                             "another time or another thing",
                             f"take it away with: coach routines remove {known.id}")  # fmt: skip


def _active(store: Store, routine_id: int) -> Routine:
    """Raises: UsageError: there is none of this number, or it was removed."""
    routine = store.routines.one(routine_id)
    if routine_id not in {other.id for other in store.routines.active()}:
        raise UsageError(f"routine {routine_id} ('{routine.title}') was removed already",
                         next_step="see what there is with: coach routines list")  # fmt: skip
    return routine


def _skip(store: Store, args: argparse.Namespace, config: Config) -> list[Routine]:
    from coach.routines.days import days_in
    from coach.routines.recurrence import to_local
    from coach.routines.scheduler import Scheduler

    routine = _active(store, args.id)
    if args.day:
        now = to_local(time.time(), routine.tz)
        days = days_in(args.day, now)
        if all(day[:1].isdigit() and day < now.date().isoformat() for day in days):
            raise UsageError(f"'{args.day[:80]}' is over ({days[0]})", "today, or a day to come")
        return [store.routines.skip_days(args.id, days)]
    coming = Scheduler(store.routines).upcoming(routine)
    if coming is None:
        raise UsageError(f"routine {args.id} is due no more")
    return [store.routines.skip_days(args.id, [to_local(coming, routine.tz).date().isoformat()])]


def _remove(store: Store, args: argparse.Namespace, config: Config) -> list[Routine]:
    return [store.routines.remove(_active(store, args.id).id, time.time())]


def _import(store: Store, args: argparse.Namespace, config: Config) -> list[Routine]:
    from coach.commands.interpret import interpreter_of
    from coach.routines.calendar_file import from_ics
    from coach.routines.recurrence import local_zone

    known = {(r.title, r.rrule, r.start_local) for r in store.routines.active()}
    found = from_ics(args.file, time.time(), config.person, local_zone(), interpreter_of(config))
    fresh = [r for r in found if (r.title, r.rrule, r.start_local) not in known]
    if not fresh and not args.json:
        print(_nothing_new(len(found), args.file))
    return [store.routines.add(r) for r in fresh]


def _nothing_new(known: int, file: Path) -> str:
    """What an import tells that takes nothing."""
    if not known:
        return f"nothing new: {file} has no event that is still to come"
    return f"nothing new: { ({1: 'it is', 2: 'both are'}.get(known) or f'all {known} are') } there already"


def _move(store: Store, args: argparse.Namespace, config: Config) -> list[Routine]:
    from coach.routines.recurrence import zone

    zone(args.zone)
    store.routines.move(args.zone)
    return store.routines.active()


_CHANGES = {"list": _list, "add": _add, "skip": _skip, "remove": _remove, "import": _import, "move": _move}


def _export(store: Store, file: Path) -> int:
    from coach.routines.calendar_file import to_ics

    data = to_ics(store.routines.active())
    if str(file) == "-":
        sys.stdout.buffer.write(data)
        return 0
    try:
        with file.open("xb") as opened:
            opened.write(data)
    except FileExistsError:
        raise UsageError(f"{file} is there already", next_step="name a file that is not, or remove it") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror})") from None
    print(f"{len(store.routines.active())} routines written to {file}")
    return 0


def _print(store: Store, routines: list[Routine], args: argparse.Namespace) -> None:
    from coach.routines.scheduler import Scheduler
    from coach.routines.wording import moment_in_words, when_in_words

    scheduler, now = Scheduler(store.routines), time.time()
    alive = {routine.id for routine in store.routines.active()}
    coming = {r.id: scheduler.upcoming(r) if r.id in alive else None for r in routines}
    if args.json:
        print(json.dumps([_as_json(r, coming[r.id]) for r in routines], ensure_ascii=False))
        return
    if not routines and args.verb != "import":
        print('no routines; make one with: coach routines add "wipe the counter every day at 8"')
    for r in routines:
        due = coming[r.id]
        following = f"next {moment_in_words(due, r.tz, now)}" if due else "due no more"
        print(f"{r.id:3}  {r.title:32}  {when_in_words(r)}  ({r.tz}; {following})")


def _as_json(routine: Routine, coming: int | None) -> dict[str, Any]:
    from coach.routines.recurrence import to_local, zone

    following = to_local(coming, routine.tz).replace(tzinfo=zone(routine.tz)).isoformat() if coming else None
    return {"id": routine.id, "kind": routine.kind, "title": routine.title, "instruction": routine.instruction,
            "about": routine.about, "rrule": routine.rrule, "start": routine.start_local, "tz": routine.tz,
            "except": list(routine.except_days), "missed": routine.missed, "by": routine.by, "words": routine.words,
            "said_s": routine.wall_s, "next": following}  # fmt: skip
