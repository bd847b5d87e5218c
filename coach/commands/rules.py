"""`coach rules`: what holds in this home, who said it and when."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from memory.rules import Rule

EXAMPLE = """coach rules list
coach rules add "mugs go on the top shelf"
coach rules forget 3"""


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", help="default: list")
    parser.set_defaults(verb="list")
    listed = verbs.add_parser("list", help="what holds, newest first", description="What holds, newest first.")
    added = verbs.add_parser("add", help="a rule or fact, in words", description="A rule or fact, in words.")
    added.add_argument("text", metavar="TEXT", help='such as "mugs go on the top shelf"')
    added.add_argument("--instead", action="store_true", help="what it contradicts holds no more")
    forgotten = verbs.add_parser("forget", help="it holds no more", description="It holds no more; the record stays.")
    forgotten.add_argument("id", metavar="NUMBER", type=int, help="as `coach rules list` shows it")
    for verb in (listed, added, forgotten):
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON value")


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.routines.contradictions import contradictions
    from memory.store import Store

    config.prepare_home()
    with Store.open(config.memory_path) as store:
        if args.verb == "list":
            found = store.rules.holding()
        elif args.verb == "forget":
            found = [store.rules.forget(args.id, time.time())]
        else:
            rule = _rule(args.text, config)
            against = contradictions(rule, store.rules.holding())
            if against and not args.instead:
                raise _contradiction(rule, against)
            found = [store.rules.add(rule, [old.id for old in against])]
    if args.json:
        print(json.dumps([_as_json(rule) for rule in found], ensure_ascii=False))
    else:
        print("\n".join(map(_line, found)) or "no rules yet; tell me one, such as: mugs go on the top shelf")
    return 0


def _rule(text: str, config: Config) -> Rule:
    from coach.commands.interpret import interpreter_of
    from coach.routines.house_rules import rule_of

    items = [item for item in interpreter_of(config)(text, None).items if item.kind in ("rule", "fact")]
    if len(items) != 1:
        raise UsageError(f"'{text[:80]}' is no rule", next_step='say one, such as "never put knives in the dishwasher"')
    return rule_of(items[0], config.person, time.time(), text)


def _contradiction(rule: Rule, against: list[Rule]) -> UsageError:
    told = " and ".join(f'rule {old.id}, "{old.text}"' for old in against)
    return UsageError(f'"{rule.text}" contradicts {told}',
                      next_step='to let it hold instead: coach rules add --instead "..."')  # fmt: skip


def _line(rule: Rule) -> str:
    said = time.strftime("%Y-%m-%d %H:%M", time.localtime(rule.wall_s))
    return f"{rule.id:3}  {rule.kind:4}  {rule.text}  (said by {rule.by}, {said})"


def _as_json(rule: Rule) -> dict[str, object]:
    return {"id": rule.id, "kind": rule.kind, "text": rule.text, "about": rule.about, "by": rule.by,
            "said_s": rule.wall_s}  # fmt: skip
