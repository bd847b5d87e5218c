"""Rules that are over: `forget the rule about cups`, `that rule no longer holds`."""

from __future__ import annotations

import re

from coach.interpreter.items import Item

_ENDING = r"(?:forget(?: about)?|drop|cancel|delete|remove|end|scrap|ignore)"
_WHOSE = r"(?:the|that|this|my|our|your)"
_OVER = (
    r"(?:(?:no longer|does not|doesn't) (?:hold|appl(?:y|ie)|count|stand)s?(?: (?:any ?more|any longer|now))?|"
    r"(?:is|has) (?:over|gone|off|ended|no longer (?:valid|true|in force)))"
)
_LED_IN = r"(?:(?:no|please|robot|okay|so|,) ?)*"
_FORMS = tuple(
    re.compile(rf"{_LED_IN}{form}(?:[ ,]+please)?[.! ]*")
    for form in (
        rf"{_ENDING} {_WHOSE} (?:(?:last|old|new) )?rule",
        rf"{_WHOSE} (?:(?:last|old|new) )?rule {_OVER}",
        rf"{_ENDING} {_WHOSE} (?:(?:old|new) )?rules? (?:about|for|on|with) (?:the )?(?P<what>.+?)",
        rf"{_WHOSE} (?:(?:old|new) )?rules? (?:about|for|on|with) (?:the )?(?P<what>.+?) {_OVER}",
    )
)


def forgotten_rule(plain: str) -> str | None:
    """What the rule is about that is to hold no more; empty for `that rule`, None for any other words.

    >>> forgotten_rule("forget the rule about cups"), forgotten_rule("forget that rule"), forgotten_rule("forget it")
    ('cups', '', None)
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(plain))), None)
    return None if found is None else found.groupdict().get("what") or ""


def parse_forgetting(clause: str) -> Item | None:
    """The item that ends a rule."""
    about = forgotten_rule(clause)
    return None if about is None else Item(kind="forget", about=about, text=clause)
