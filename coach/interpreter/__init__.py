"""From words to meaning: `interpret` by rules, `resolve` against what the robot sees."""

from coach.interpreter.items import Interpretation, Interpreter, Item, Object, Scene
from coach.interpreter.resolve import Resolution, in_known_words, resolve, resolve_all
from coach.interpreter.rules import RuleInterpreter

__all__ = [
    "Interpretation",
    "Interpreter",
    "Item",
    "Object",
    "Resolution",
    "RuleInterpreter",
    "Scene",
    "in_known_words",
    "interpret",
    "resolve",
    "resolve_all",
]  # fmt: skip


def interpret(text: str, scene: Scene | None = None) -> Interpretation:
    """What an utterance means, by the rules.

    Raises:
        UsageError: the text is longer than an utterance can be.
    """
    return RuleInterpreter().interpret(text, scene)
