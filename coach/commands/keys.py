"""`coach keys`: this home's key pair, and who else is let in."""

from __future__ import annotations

import argparse
import json
import os
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from robot_bridge.protocol.security.access import Client

EXAMPLE = """coach keys new
coach keys show
coach keys allow anna '<the key that coach keys show prints on her machine>' --role coach --may takeover
coach keys remove anna"""

VERBS = ("new", "show", "allow", "remove")
ROLES = ("viewer", "coach", "bridge")
RIGHTS = ("takeover", "promote")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=VERBS, help="new: make a pair; show: print the public half and who is listed; "
                        "allow: list a key; remove: strike it off")  # fmt: skip
    parser.add_argument("name", nargs="?", default="", help="whose key it is, for allow and remove")
    parser.add_argument("key", nargs="?", default="", help="the public key, for allow; in quotes")
    parser.add_argument("--role", choices=ROLES, default="viewer", help="viewer may watch and stop, coach may speak, "
                        "bridge may ask the policy (default: viewer)")  # fmt: skip
    parser.add_argument("--may", choices=RIGHTS, nargs="+", default=[], metavar="RIGHT",
                        help=f"what only a few may: {', '.join(RIGHTS)}")  # fmt: skip


def run(args: argparse.Namespace, config: Config) -> int:
    from robot_bridge.protocol.security.key_files import make_pair

    _check_usage(args)
    if args.verb == "new":
        config.prepare_home()
        make_pair(config.key_folder)
    elif args.verb != "show":
        _change(args, config)
    _show(args, config)
    return 0


def _check_usage(args: argparse.Namespace) -> None:
    given = {"allow": (True, True), "remove": (True, False)}.get(args.verb, (False, False))
    if (bool(args.name), bool(args.key)) != given:
        needs = " ".join(word for word, wanted in zip(("NAME", "KEY"), given, strict=True) if wanted)
        raise UsageError(f"coach keys {args.verb} takes {needs or 'nothing more'}", next_step="see coach keys --help")
    if args.may and args.role != "coach":
        raise UsageError(f"--may {' '.join(args.may)} with --role {args.role}", "with --role coach")


def _change(args: argparse.Namespace, config: Config) -> None:
    from robot_bridge.protocol.security.access import Client, read_clients, write_clients
    from robot_bridge.protocol.security.key_files import check_key, read_pair

    own = read_pair(config.key_folder)
    clients = read_clients(config.key_folder)
    others = tuple(client for client in clients if client.name != args.name)
    if args.verb == "remove":
        if len(others) == len(clients):
            raise UsageError(
                f"nobody called '{args.name}' is listed", ", ".join(c.name for c in clients) or "nobody yet"
            )
        write_clients(config.key_folder, others)
        return
    key = check_key(args.key, "KEY")
    holder = "this home" if key == own.public else next((c.name for c in others if c.key == key), "")
    if holder:
        raise UsageError(f"that key is {holder}'s already", next_step="each machine has a key of its own")
    write_clients(config.key_folder, (*others, Client(args.name, key, args.role, tuple(args.may))))


def _show(args: argparse.Namespace, config: Config) -> None:
    from robot_bridge.protocol.security.access import read_clients
    from robot_bridge.protocol.security.key_files import read_pair

    own, clients = read_pair(config.key_folder).public, read_clients(config.key_folder)
    if args.json:
        listed = [{"name": c.name, "key": c.key, "role": c.role, "may": list(c.may)} for c in clients]
        print(json.dumps({"key": own, "folder": str(config.key_folder), "clients": listed}))
        return
    print(f"the public key of this home: {own}", f"  kept in {config.key_folder}, for you alone", "",
          "on a machine that connects to this one, in config.yaml:",
          f"  bridge_key: '{own}'    # where the bridge runs here",
          f"  policy_key: '{own}'    # where the policy server runs here",
          "on a machine that this one connects to:",
          f"  coach keys allow {os.uname().nodename} '{own}' --role coach", "", sep=os.linesep)  # fmt: skip
    print("listed here:" if clients else "nobody else is listed here")
    for client in clients:
        print(_line(client))


def _line(client: Client) -> str:
    rights = f", may {' and '.join(client.may)}" if client.may else ""
    return f"  {client.name:16} {client.key}  {client.role}{rights}"
