"""An interpreter that asks a language model and takes the rules' answer wherever that fails.

A stop is the rules' alone: it never waits for a model, and no model can unsay it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING

from coach.interpreter.items import Interpretation, Item, Scene
from coach.interpreter.language.answers import read_answer, schema
from coach.interpreter.language.backends import Address, Backend, LocalModel
from coach.interpreter.resolve import ask, ask_back
from coach.interpreter.rules import RuleInterpreter
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.understanding import InterpreterSettings

log = logging.getLogger(__name__)
AGAIN_S = 600.0  # an outage is told once in so long


class LanguageModelInterpreter:
    """
    Args:
        tell: gets one sentence when the model fails, so that a person knows who understands them.
    """

    def __init__(self, backend: Backend, timeout_s: float, tell: Callable[[str], None] = log.warning) -> None:
        self._backend, self._timeout_s, self._tell = backend, timeout_s, tell
        self._rules = RuleInterpreter()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="language-model")
        self._running: Future[str] | None = None
        self._told_s = -AGAIN_S

    def interpret(self, text: str, scene: Scene | None = None) -> Interpretation:
        """Raises: UsageError: the text is longer than an utterance can be."""
        by_rules = self._rules.interpret(text, scene)
        if not text.strip() or any(item.kind == "stop" for item in by_rules.items):
            return by_rules
        try:
            items = read_answer(self._ask(text, scene))
        except Exception as error:  # whatever a model or its library does, the person is understood by the rules
            self._failed(error)
            return by_rules
        if any(item.kind == "unknown" for item in items):
            return Interpretation(items=items, question=ask("ask_again"))
        return Interpretation(items=items, question=ask_back(items, scene))

    def _ask(self, text: str, scene: Scene | None) -> str:
        if self._running is not None and not self._running.done():
            raise CoachError("the language model is still busy with what was said before")
        deadline_s = time.monotonic() + self._timeout_s
        self._running = self._pool.submit(self._backend.complete, messages(text, scene), deadline_s)
        try:
            return self._running.result(self._timeout_s)
        except FutureTimeout:
            raise CoachError(f"the language model did not answer within {self._timeout_s:g} s") from None

    def _failed(self, error: Exception) -> None:
        what = error.what if isinstance(error, CoachError) else f"the language model failed ({type(error).__name__})"
        log.warning("%s; the rules answer", what)
        if time.monotonic() - self._told_s >= AGAIN_S:
            self._told_s = time.monotonic()
            self._tell(f"{what[:1].upper()}{what[1:]}; I go by my rules.")


def messages(text: str, scene: Scene | None) -> list[dict[str, str]]:
    """What the model is asked. The person's words stand apart from the instructions, as a quotation."""
    import json

    import msgspec

    examples = ("put the red cup in the sink", "no, the drying rack", "laundry on Tuesdays at 9")
    shown = "\n".join(f"{said} → {_as_answer(RuleInterpreter().interpret(said).items)}" for said in examples)
    seen = json.dumps(msgspec.to_builtins(scene)) if scene is not None else "nothing is known of it"
    system = (
        'You turn what a person says to a household robot into JSON: {"items": [...]}, one item for each thing meant, '
        "in spoken order. Fill in only what was said. Names are lower case singular English. Recurrence is RFC 5545 in "
        f"`rrule` without a prefix, `time` is HH:MM. The schema: {json.dumps(schema())}\n{shown}\nThe scene: {seen}"
    )  # fmt: skip
    return [{"role": "system", "content": system}, {"role": "user", "content": f"The person says: {json.dumps(text)}"}]


def _as_answer(items: tuple[Item, ...]) -> str:
    import msgspec

    return msgspec.json.encode({"items": items}).decode()


def make_interpret(
    settings: InterpreterSettings, tell: Callable[[str], None] = log.warning
) -> Callable[[str, Scene | None], Interpretation]:
    """The function that understands, as the configuration wants it.

    Raises: ConfigError: the model or its key is not there.
    """
    if settings.kind == "rules":
        return RuleInterpreter().interpret
    backend: Backend = Address(settings) if settings.kind == "openai" else LocalModel(settings)
    return LanguageModelInterpreter(backend, settings.timeout_s, tell).interpret
