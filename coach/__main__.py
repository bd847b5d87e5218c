"""The program `coach`: finds the command, reads the configuration, and turns every expected failure into one sentence.

Only the chosen command's module is imported, so that `coach --help` and the light commands start at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from robot_bridge.protocol.errors import CoachError, ConfigError, UsageError

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


class Command(NamedTuple):
    """A row of the table: where the command lives, what `coach --help` says, whether it takes `--json`."""

    module: str
    help: str
    example: str
    json: bool = False


COMMANDS: dict[str, Command] = {
    "run": Command("coach.commands.run", "policy server, bridge and terminal UI in one", "coach run --headless"),
    "say": Command("coach.commands.say", "say one thing to the running system",
                   'coach say "put the red cup in the sink"', json=True),
    "interpret": Command("coach.commands.interpret", "show what would be understood, send nothing",
                         'coach interpret "no, the blue one" --json', json=True),
    "transcribe": Command("coach.commands.transcribe", "speech to text with the configured model",
                          "coach transcribe words.wav --json", json=True),
    "doctor": Command("coach.commands.doctor", "check everything and print how to mend it",
                      "coach doctor --json", json=True),
    "demos": Command("coach.commands.demos", "make demonstrations with the scripted expert",
                     "coach demos --episodes 200"),
    "train": Command("coach.commands.train", "train or fine-tune a checkpoint", "coach train --help"),
    "eval": Command("coach.commands.eval", "measure a checkpoint on unseen kitchens",
                    "coach eval --suite pick_place --episodes 20 --json", json=True),
    "flywheel": Command("coach.commands.flywheel", "the coaching experiment: coach, fine-tune, prove",
                        "coach flywheel --jobs 30 --old 30", json=True),
    "corrections": Command("coach.commands.corrections", "the lessons: list, search, show, edit, retract, stats",
                           "coach corrections list --json", json=True),
    "review": Command("coach.commands.review", "step through an episode and write what it should have thought",
                      "coach review 12"),
    "promote": Command("coach.commands.promote", "serve another checkpoint from now on, if it was proved better",
                       "coach promote coached-1", json=True),
    "rollback": Command("coach.commands.rollback", "serve the previous checkpoint again", "coach rollback", json=True),
    "checkpoints": Command("coach.commands.checkpoints", "which checkpoints there are, and which is served",
                           "coach checkpoints --json", json=True),
    "replay": Command("coach.commands.replay", "play a recorded episode again, or the lessons as a training stream",
                      "coach replay --corrections --json-lines"),
    "export": Command("coach.commands.export", "episodes and lessons for other trainers: lerobot, jsonl, rerun",
                      "coach export lerobot ./dataset"),
    "routines": Command("coach.commands.routines", "standing instructions: list, add, skip, remove, import, export",
                        'coach routines add "wipe the counter every day at 8"', json=True),
    "rules": Command("coach.commands.rules", "house rules and noticed habits: list, add, forget",
                     "coach rules list --json", json=True),
    "policy": Command("coach.commands.policy", "the policy server alone, for a GPU host", "coach policy serve"),
    "bridge": Command("coach.commands.bridge", "the bridge alone, beside the arms", "coach bridge serve"),
    "keys": Command("coach.commands.keys", "make keys for other machines, and say who may do what", "coach keys new",
                    json=True),
    "ears": Command("coach.commands.ears", "make, train and measure the small ears for synthetic voices",
                    "coach ears eval --json"),
    "bench": Command("coach.commands.bench", "the measurements that the README quotes",
                     "coach bench loop --json", json=True),
}  # fmt: skip
DEFAULT_COMMAND = "run"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except CoachError as error:
        print(f"coach: {error}", file=sys.stderr)
        return EXIT_USAGE if isinstance(error, (UsageError, ConfigError)) else EXIT_FAILED
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED


def load_command(name: str) -> ModuleType:
    """The module of a command.

    Raises:
        UsageError: there is no such command.
        CoachError: the command, or a package that it needs, is not installed.
    """
    import importlib

    if name not in COMMANDS:
        import difflib

        near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
        hint = f"did you mean 'coach {near[0]}'?" if near else "see coach --help"
        raise UsageError(f"there is no command '{name[:40]}'", ", ".join(COMMANDS), hint)
    try:
        return importlib.import_module(COMMANDS[name].module)
    except ModuleNotFoundError as error:
        if error.name == COMMANDS[name].module:
            raise CoachError(f"'coach {name}' is not part of this installation",
                             next_step="install robot-coach again") from None  # fmt: skip
        raise CoachError(f"'coach {name}' needs the Python module '{error.name}', which is missing",
                         next_step="install it with `pip install -e .` in the project's folder") from None  # fmt: skip


def command_parser(name: str, module: ModuleType) -> argparse.ArgumentParser:
    """The whole parser of a command, flags of every command included."""
    parser = argparse.ArgumentParser(
        prog=f"coach {name}", description=COMMANDS[name].help, allow_abbrev=False, conflict_handler="resolve",
        epilog=f"example:\n{_indented(module.EXAMPLE)}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--config", metavar="FILE", help="YAML file (default: config.yaml in the home folder)")
    parser.add_argument("--home", metavar="DIR", help="folder of memory, checkpoints and logs")
    if COMMANDS[name].json:
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    module.configure(parser)
    return parser


def _dispatch(argv: list[str]) -> int:
    argv, file, home = _take_global_flags(argv)
    if argv and argv[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if argv and argv[0] == "--version":
        import importlib.metadata

        print(f"robot-coach {importlib.metadata.version('robot-coach')}")
        return 0
    if not argv or argv[0].startswith("-"):
        argv = [DEFAULT_COMMAND, *argv]
    name, *rest = argv
    module = load_command(name)
    try:
        args = command_parser(name, module).parse_args(rest)
    except SystemExit as stop:  # argparse has printed its help or its complaint
        return int(stop.code or 0)
    from coach.config import load_config

    args.config, args.home = file, home
    config = load_config(file, home)
    try:
        status = int(module.run(args, config))
        sys.stdout.flush()
        return status
    except (CoachError, BrokenPipeError):
        raise
    except Exception as error:
        from coach.disk import disk_failure

        failure = disk_failure(error, [config.home, *_paths_in(args)])
        if failure is None:
            raise
        raise failure from None


def _paths_in(args: argparse.Namespace) -> list[Path]:
    """What a command was told to write to, or to read from."""
    return [Path(value) for name in ("out", "data", "to", "write", "plot") if (value := getattr(args, name, None))]


def _take_global_flags(argv: list[str]) -> tuple[list[str], str | None, str | None]:
    """`--config` and `--home` may stand anywhere, before the command or behind a sub-verb; `--` ends the search."""
    found: dict[str, str] = {}
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        flag, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif flag in ("--config", "--home"):
            taken = value if equals else next(words, None)
            if not taken:
                raise UsageError(f"{flag} needs a value", "a path", f"for example {flag} ./somewhere")
            found[flag] = taken
        else:
            rest.append(word)
    return rest, found.get("--config"), found.get("--home")


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = ["usage: coach [COMMAND] [--config FILE] [--home DIR] …", "",
             "Talk a household robot into doing better. `coach` alone is `coach run`.", ""]  # fmt: skip
    for name, command in COMMANDS.items():
        lines += [f"  {name:{width}}  {command.help}", f"  {'':{width}}    $ {command.example}"]
    return "\n".join([*lines, "", "`coach COMMAND --help` says more about one of them; `coach --version` the release."])


def _indented(text: str) -> str:
    return "\n".join(f"  {line.strip()}" for line in text.strip().splitlines())


if __name__ == "__main__":
    sys.exit(main())
