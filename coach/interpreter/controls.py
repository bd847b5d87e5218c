"""What steers the work as a whole: pause, resume, undo, restart, takeover, praise, chatter, answers."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.items import Item, Kind
from coach.interpreter.steering_words import PAUSE, RESTART, RESUME, TAKEOVER, UNDO
from coach.interpreter.talk_words import ANSWER, CHATTER, PRAISE, SHORT_ANSWER

_IN_TURN: tuple[tuple[Kind, str], ...] = (  # the first that fits the whole clause has it
    ("pause", rf"(?:no (?:, )?(?=(?:wait|hold on|hang on|give me)\b))?(?:{PAUSE})"),
    ("resume", RESUME),
    ("undo", UNDO),
    ("restart", RESTART),
    ("takeover", TAKEOVER),
    ("answer", ANSWER),
    ("praise", PRAISE),
    ("answer", SHORT_ANSWER),
    ("chatter", CHATTER),
)
_CONTROLS = tuple((kind, re.compile(pattern)) for kind, pattern in _IN_TURN)
_UNTIL = re.compile(r" (?:until|till) (?P<until>.+)$")
_WHILE = re.compile(r" (?:while|so(?: that)?|because|i (?:want|need|have|am|will|must)) .+$")
_TEXT_KINDS = ("answer", "chatter")


def parse_control(clause: str) -> Item | None:
    """The control that the whole clause means, if it is one."""
    meanwhile = _WHILE.search(clause)
    if meanwhile and (found := parse_control(clause[: meanwhile.start()])) and found.kind == "pause":
        return found
    until = _UNTIL.search(clause)
    if until:
        found = parse_control(clause[: until.start()])
        if found and found.kind in ("pause", "resume"):
            return msgspec.structs.replace(found, until=until["until"])
    for kind, pattern in _CONTROLS:
        if pattern.fullmatch(clause):
            return Item(kind=kind, text=clause if kind in _TEXT_KINDS else "")
    return None
