"""Where the words come from: a chat model of `transformers` on this machine, or an address of OpenAI's kind."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from coach.interpreter.language.answers import MAX_ANSWER, schema
from robot_bridge.protocol.errors import CoachError, ConfigError

if TYPE_CHECKING:
    from coach.understanding import InterpreterSettings

MAX_TOKENS = 600
Messages = list[dict[str, str]]


class Backend(Protocol):
    """Completes a conversation."""

    def complete(self, messages: Messages, deadline_s: float) -> str:
        """
        Args:
            deadline_s: `time.monotonic()` at which nobody waits any more.

        Raises:
            CoachError: there is no answer.
        """
        ...


class Address:
    """Chat completions over HTTP. The key comes from the environment and is sent to this address alone."""

    def __init__(self, settings: InterpreterSettings) -> None:
        self._url = f"{settings.address.rstrip('/')}/chat/completions"
        self._model, self._key = settings.model, os.environ.get(settings.key_env, "") if settings.key_env else ""
        if settings.key_env and not self._key:
            raise ConfigError(f"the environment variable {settings.key_env} is empty", "the key for the language model")

    def complete(self, messages: Messages, deadline_s: float) -> str:
        wanted = {"type": "json_schema", "json_schema": {"name": "items", "schema": schema()}}
        body = {"model": self._model, "messages": messages, "temperature": 0, "max_tokens": MAX_TOKENS,
                "response_format": wanted}  # fmt: skip
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        request = urllib.request.Request(self._url, json.dumps(body).encode(), headers)
        try:
            with _OPENER.open(request, timeout=max(0.1, deadline_s - time.monotonic())) as reply:
                answer = json.loads(reply.read(20 * MAX_ANSWER))
            text = answer["choices"][0]["message"]["content"]
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise CoachError(f"the language model at {self._url} did not answer ({type(error).__name__})") from None
        if not isinstance(text, str):
            raise CoachError(f"the language model at {self._url} answered without words")
        return text


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What a person says goes to the configured address and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


class LocalModel:
    """A chat model of `transformers` from a folder; loaded when first asked."""

    def __init__(self, settings: InterpreterSettings) -> None:
        self._folder = Path(settings.model).expanduser()
        if not (self._folder / "config.json").is_file():
            raise ConfigError(f"there is no model in {self._folder}", "a folder with config.json and weights")
        self._loaded: tuple[Any, Any] | None = None

    def complete(self, messages: Messages, deadline_s: float) -> str:
        import torch

        tokenizer, model = self._load()
        text = self._prompt(tokenizer, messages)
        inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        with torch.inference_mode():
            written = model.generate(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
                                     max_new_tokens=MAX_TOKENS, do_sample=False, use_cache=True,
                                     max_time=max(0.1, deadline_s - time.monotonic()),
                                     pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id)  # fmt: skip
        fresh = written[0, inputs["input_ids"].shape[1] :]
        return _BEGINNING + str(tokenizer.decode(fresh, skip_special_tokens=True))

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from transformers import AutoModelForCausalLM, AutoTokenizer

            try:
                tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
                model = AutoModelForCausalLM.from_pretrained(self._folder, local_files_only=True)
            except (OSError, ValueError, RuntimeError, KeyError) as error:
                reason = " ".join(str(error).split())[:120]
                raise CoachError(f"the language model in {self._folder} cannot be loaded ({reason})") from None
            self._loaded = tokenizer, model.eval()
        return self._loaded

    @staticmethod
    def _prompt(tokenizer: Any, messages: Messages) -> str:
        """In the model's own template where it has one; the answer is begun for it, so that it stays JSON."""
        if getattr(tokenizer, "chat_template", None):
            text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        else:
            text = "\n\n".join(message["content"] for message in messages) + "\n\n"
        return str(text) + _BEGINNING


_BEGINNING = '{"items": ['
