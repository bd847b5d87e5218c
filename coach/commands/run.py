"""`coach run`: everything in one; or, with `--ui-only`, the terminal alone beside a bridge that runs already."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import CoachError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach.app.web import Place
    from coach.config import Config

ADDRESS = "127.0.0.1:8000"  # of the page in a browser
EXAMPLE = """coach run
coach run --seed 7 --checkpoint ./checkpoints/mine
echo "put the red cup in the sink" | coach run --headless
coach run --headless --microphone
coach run --web 127.0.0.1:8000
coach run --headless --stay < /dev/null"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="talk on stdin and stdout, without a screen")
    parser.add_argument(
        "--microphone", action="store_true", help="with --headless: hear a person too, until it is interrupted"
    )
    parser.add_argument("--stay", action="store_true",
                        help="with --headless: go on after the end of the input, as a service does")  # fmt: skip
    parser.add_argument("--web", metavar="ADDRESS", nargs="?", const=ADDRESS,
                        help=f"show the screen in a browser; the address is printed (default: {ADDRESS})")  # fmt: skip
    others = "with --web: at an address that other machines reach, though the page is not encrypted"
    parser.add_argument("--web-for-others", action="store_true", help=others)
    parser.add_argument("--ui-only", action="store_true", help="start neither bridge nor policy: they run elsewhere")
    parser.add_argument("--seed", type=int, metavar="N", help="layout of the simulated kitchen (default: seed)")
    parser.add_argument("--checkpoint", metavar="DIR", help="a folder, or a name under the home's checkpoints")
    parser.add_argument("--no-record", action="store_true", help="keep no pictures and actions; lessons are kept")


def run(args: argparse.Namespace, config: Config) -> int:
    if args.microphone and not args.headless:
        raise UsageError("--microphone goes with --headless", next_step="on the screen, F8 talks and F9 listens")
    place = _page(args)
    config = _with_flags(args, config)
    if config.keys and not args.headless:
        from coach.app.keymap import resolve_keys

        resolve_keys(config.keys)  # here, before anything is started
    if not args.ui_only:
        from coach.processes import supervisor

        flags = [
            flag
            for flag in ("--no-record", "--microphone", "--stay", "--web-for-others")
            if getattr(args, flag[2:].replace("-", "_"))
        ]
        flags += ["--web", place.authority] if place is not None else []
        return supervisor.run(config, headless=args.headless, config_file=args.config, ui_flags=flags)
    _log_to_file(config)
    if args.headless:
        from coach.processes.child import UNFINISHED_STATUS
        from coach.session.headless import run_headless

        def talk(again: bool) -> int:
            unfinished = run_headless(config, microphone=args.microphone, stay=args.stay, again=again)
            return UNFINISHED_STATUS if unfinished else 0  # a crash has another one, and is started again

        return _again_when_killed(talk, config, whole_screen=False)
    if place is not None:
        from coach.app.web import serve

        return serve(config, place, args.config, ("--no-record",) if args.no_record else ())
    return _run_screen(config)


def _page(args: argparse.Namespace) -> Place | None:
    """Where the screen is to be shown in a browser, checked before anything is started."""
    if args.web is None:
        if args.web_for_others:
            raise UsageError("--web-for-others goes with --web", "--web ADDRESS --web-for-others")
        return None
    if args.headless:
        raise UsageError("--web shows the screen, and --headless has none", "one of the two")
    from coach.app.web import check_installed, place_of

    place = place_of(args.web, args.web_for_others)
    check_installed()
    return place


def _with_flags(args: argparse.Namespace, config: Config) -> Config:
    if args.seed is not None and args.seed < 0:
        raise UsageError(f"--seed {args.seed}", "0 or more")
    if args.seed is not None:
        config = replace(config, seed=args.seed)
    if args.checkpoint is not None:
        config = replace(config, checkpoint=args.checkpoint)
    return replace(config, record=False) if args.no_record else config


def _log_to_file(config: Config) -> None:
    """Never onto the screen."""
    import logging

    config.prepare_home()
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(filename=config.logs / "ui.log", level=logging.WARNING, format=form)


def _run_screen(config: Config) -> int:
    import os
    import sys

    in_browser = "TEXTUAL_DRIVER" in os.environ  # this is the process behind a page
    if not (in_browser or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise CoachError("the screen needs a terminal, and this is none", next_step="use coach run --headless here")
    from coach.app.app import CoachApp
    from coach.app.quiet_stderr import libraries_to

    def show() -> int:
        with libraries_to(config.logs / "ui.log"):
            app = CoachApp(config)
            app.run()
        return app.return_code or 0

    return show() if in_browser else _again_when_killed(lambda again: show(), config, whole_screen=True)


def _again_when_killed(talk: Callable[[bool], int], config: Config, whole_screen: bool) -> int:
    """Everything is loaded by now: what is killed is there again before anybody has missed it.

    Args:
        talk: is told whether it was killed before.
    """
    from coach.processes.forking import can_fork, keep_forking, noting
    from coach.processes.terminal import Terminal
    from robot_bridge.protocol.settle import settle

    if not can_fork("cpu"):
        return talk(False)
    terminal, note, deaths = Terminal(), noting(config, "ui"), list[str]()

    def died(reason: str, count: int) -> None:
        deaths.append(reason)
        terminal.restore(whole_screen)
        note(reason, count)

    settle()
    return keep_forking(lambda: talk(bool(deaths)), died, shares_terminal=True)
