"""`coach interpret`: what would be understood; nothing is sent, nothing is stored."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter import Interpretation, Scene
from coach.interpreter.language.interpreter import make_interpret
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach interpret "no, put it in the drying rack"
coach interpret "the other cup" --json --task "put the red cup in the sink" --see "red cup" --see "blue cup"
coach interpret - < utterances.txt"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="+", help="the utterance; - reads one a line from stdin")
    parser.add_argument("--see", metavar="OBJECT", action="append", default=[],
                        help="an object in sight, such as 'red cup'; may come several times")  # fmt: skip
    parser.add_argument("--task", metavar="TEXT", default="", help="the instruction being worked on")


def interpreter_of(config: Config) -> Callable[[str, Scene | None], Interpretation]:
    """What understands people here, as the configuration wants it; it tells on stderr where it fails."""
    return make_interpret(config.interpreter, _tell)


def run(args: argparse.Namespace, config: Config) -> int:
    scene = Scene(objects=tuple(args.see), task=args.task) if args.see or args.task else None
    understand = interpreter_of(config)
    if args.text == ["-"]:
        return _answer_lines(scene, understand, config)
    words = " ".join(args.text)
    meaning, told = _asked_back(understand(words, scene), words, config)
    print(msgspec.json.encode(meaning).decode() if args.json else _in_words(meaning, told))
    return 0


def _tell(words: str) -> None:
    print(f"coach: {words}", file=sys.stderr)


def _answer_lines(
    scene: Scene | None, understand: Callable[[str, Scene | None], Interpretation], config: Config
) -> int:
    """One JSON line each, also for a line that cannot be read: the answers stay in step with the lines."""
    status = 0
    for line in sys.stdin:
        words = line.rstrip("\n")
        try:
            meaning, _ = _asked_back(understand(words, scene), words, config)
        except UsageError as error:
            print(f"coach: {error}", file=sys.stderr)
            meaning, status = _unreadable(error), 2
        print(msgspec.json.encode(meaning).decode(), flush=True)
    return status


def _asked_back(meaning: Interpretation, words: str, config: Config) -> tuple[Interpretation, tuple[str, ...]]:
    """With what is asked back about wishes for the times to come; and a sentence for each item."""
    from coach.routines.recurrence import local_zone
    from coach.routines.repeated import repeat

    found = repeat(meaning.items, words, time.time(), local_zone(), config.holidays)
    question = meaning.question or found.question or None
    return msgspec.structs.replace(meaning, question=question), found.told


def _unreadable(error: UsageError) -> Interpretation:
    from coach.interpreter import Item

    return Interpretation(items=(Item(kind="unknown"),), question=str(error))


def _in_words(meaning: Interpretation, told: Sequence[str]) -> str:
    """For each item a line `kind: field value, …` and one that repeats it; then the question."""
    lines = []
    for item, repeated in zip(meaning.items, told, strict=True):
        fields = {key: value for key, value in msgspec.to_builtins(item).items() if key != "kind"}
        if item.object is not None:
            fields["object"] = str(item.object)
        named = ", ".join(f"{key.replace('_', ' ')} {value!s}" for key, value in fields.items())
        lines += [f"{item.kind}: {named}" if named else item.kind, f"  {repeated}"]
    asks = meaning.question if meaning.question not in told else None
    return "\n".join(lines + ([f"asks: {asks}"] if asks else []))
