"""`coach interpret`: what would be understood; nothing is sent, nothing is stored."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
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
    if args.text == ["-"]:
        return _answer_lines(scene, interpreter_of(config))
    meaning = interpreter_of(config)(" ".join(args.text), scene)
    if args.json:
        print(msgspec.json.encode(meaning).decode())
    else:
        print(_in_words(meaning))
    return 0


def _tell(words: str) -> None:
    print(f"coach: {words}", file=sys.stderr)


def _answer_lines(scene: Scene | None, understand: Callable[[str, Scene | None], Interpretation]) -> int:
    """One JSON line each, also for a line that cannot be read: the answers stay in step with the lines."""
    status = 0
    for line in sys.stdin:
        try:
            meaning = understand(line.rstrip("\n"), scene)
        except UsageError as error:
            print(f"coach: {error}", file=sys.stderr)
            meaning, status = _unreadable(error), 2
        print(msgspec.json.encode(meaning).decode(), flush=True)
    return status


def _unreadable(error: UsageError) -> Interpretation:
    from coach.interpreter import Item

    return Interpretation(items=(Item(kind="unknown"),), question=str(error))


def _in_words(meaning: Interpretation) -> str:
    """A line an item, `kind: field value, …`, and the question."""
    lines = []
    for item in meaning.items:
        fields = {key: value for key, value in msgspec.to_builtins(item).items() if key != "kind"}
        if item.object is not None:
            fields["object"] = str(item.object)
        told = ", ".join(f"{key.replace('_', ' ')} {value!s}" for key, value in fields.items())
        lines.append(f"{item.kind}: {told}" if told else item.kind)
    return "\n".join(lines + ([f"asks: {meaning.question}"] if meaning.question else []))
