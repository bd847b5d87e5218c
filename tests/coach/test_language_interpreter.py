"""A language model in front of the rules: used when its answer holds, never waited for where a stop was said."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from coach.config import load_config
from coach.interpreter import Scene, interpret
from coach.interpreter.language.answers import read_answer, schema
from coach.interpreter.language.interpreter import make_interpret
from coach.understanding import InterpreterSettings
from robot_bridge.protocol.errors import ConfigError, UsageError


class StandIn(BaseHTTPRequestHandler):
    """Answers every chat completion with `content`, after `pause_s`; keeps what it was asked."""

    content, pause_s = "", 0.0
    asked: list[dict[str, Any]] = []  # noqa: RUF012 - shared on purpose

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append(body | {"key": self.headers.get("Authorization", "")})
        time.sleep(type(self).pause_s)
        answer = json.dumps({"choices": [{"message": {"content": type(self).content}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    StandIn.asked, StandIn.pause_s = [], 0.0
    http = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}/v1"
    http.shutdown()
    http.server_close()


def settings(address: str, **changes: Any) -> InterpreterSettings:
    return InterpreterSettings(kind="openai", model="small", address=address, **{"timeout_s": 5.0, **changes})


def test_model_answers_when_its_items_hold(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "secret")
    StandIn.content = '{"items": [{"kind": "task", "verb": "put", "object": {"name": "cup"}, "place": "sink"}]}'
    understand = make_interpret(settings(server, key_env="SOME_KEY"))
    found = understand("mettez la tasse dans l'évier", Scene(objects=("red cup", "blue cup")))
    assert found.items[0].place == "sink" and found.question == "the red cup or the blue one?"
    asked = StandIn.asked[0]
    assert asked["key"] == "Bearer secret" and asked["response_format"]["json_schema"]["schema"] == schema()
    assert "la tasse" in asked["messages"][1]["content"] and "red cup" in asked["messages"][0]["content"]


@pytest.mark.parametrize(
    "content",
    ["certainly!", "", '{"items": []}', '{"items": [{"kind": "dance"}]}', '{"items": [{"kind": "task", "verb": "rm"}]}',
     '{"items": [{"kind": "routine", "rrule": "FREQ=SECONDLY"}]}', '{"items": [{"kind": "nudge", "amount": 40.0}]}',
     '{"items": [{"kind": "task", "object": {"name": "cup\\u001b[2J"}}]}', '{"items": [{"kind": "task"}], "more": 1}'],
)  # fmt: skip
def test_rules_answer_and_it_is_told_once_when_the_model_says_what_cannot_be(server: str, content: str) -> None:
    StandIn.content, told = content, []
    understand = make_interpret(settings(server), told.append)
    for _ in range(2):
        assert understand("put the red cup in the sink", None) == interpret("put the red cup in the sink")
    assert len(told) == 1 and "I go by my rules" in told[0]


def test_stop_never_waits_when_the_model_is_slow(server: str) -> None:
    StandIn.pause_s, StandIn.content, told = 2.0, '{"items": [{"kind": "praise"}]}', []
    understand = make_interpret(settings(server, timeout_s=0.5), told.append)
    begin = time.monotonic()
    assert understand("pick up the cup", None).items[0].verb == "pick_up"
    assert time.monotonic() - begin < 1.5, "the rules answer in the model's place"
    begin = time.monotonic()
    assert understand("no, stop it!", None).items[0].kind == "stop"
    assert time.monotonic() - begin < 0.3
    assert len(told) == 1 and "did not answer" in told[0]


def test_rules_answer_when_nobody_is_at_the_address() -> None:
    told: list[str] = []
    understand = make_interpret(settings("http://127.0.0.1:9/v1"), told.append)
    assert understand("pick up the cup", None).items[0].verb == "pick_up" and "did not answer" in told[0]


def test_rules_answer_when_a_local_model_of_random_weights_babbles(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = {
        word: number for number, word in enumerate(["<eos>", "{", "}", "[", "]", '"', ":", "items", "kind", "task"])
    }
    words["<unk>"] = len(words)
    raw = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<eos>", unk_token="<unk>").save_pretrained(tmp_path)
    GPT2LMHeadModel(GPT2Config(vocab_size=len(words), n_embd=8, n_layer=1, n_head=1, n_positions=4096, bos_token_id=0,
                               eos_token_id=0)).save_pretrained(tmp_path)  # fmt: skip
    told: list[str] = []
    understand = make_interpret(
        InterpreterSettings(kind="transformers", model=str(tmp_path), timeout_s=20.0), told.append
    )
    assert understand("pick up the cup", None) == interpret("pick up the cup")
    assert "outside of the schema" in told[0] or "no JSON" in told[0]


def test_answer_is_taken_apart_when_words_stand_around_it() -> None:
    found = read_answer('Here you are: {"items": [{"kind": "nudge", "direction": "left", "amount": "little"}]} Bye!')
    assert found[0].direction == "left"
    with pytest.raises(UsageError, match="25 items"):
        read_answer(json.dumps({"items": [{"kind": "praise"}] * 25}))


@pytest.mark.parametrize(
    ("yaml", "part"),
    [("{kind: gpt}", "rules or transformers or openai"), ("{kind: openai, model: x}", "no address"),
     ("{kind: openai, model: x, address: 'file:///etc/passwd'}", "http://HOST"), ("{modle: x}", "did you mean 'model'"),
     ("{timeout_s: 0}", "0.5 to 120"), ("{kind: transformers}", "names no model"), ("rules", "keys and values"),
     ("{key_env: 'a b'}", "variable")],
)  # fmt: skip
def test_one_sentence_says_what_is_wrong_when_the_configuration_is(tmp_path: Path, yaml: str, part: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"interpreter: {yaml}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert part in str(caught.value)


def test_one_sentence_says_so_when_model_or_key_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no model in"):
        make_interpret(InterpreterSettings(kind="transformers", model=str(tmp_path)))
    with pytest.raises(ConfigError, match="NO_SUCH_KEY is empty"):
        make_interpret(settings("http://127.0.0.1:9/v1", key_env="NO_SUCH_KEY"))
