"""The speech model's file: found, fetched over a real connection, gone on with, and refused when it is damaged."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.speech import models
from coach.speech.models import SpeechModelError, fetch_model, find_model

CONTENT = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    requests: list[str] = []  # noqa: RUF012 - shared by the instances that the server makes

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        Handler.requests.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        self.send_response(206 if start else 200)
        body = CONTENT[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if "broken" in self.path and not start else body)

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.requests.clear()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_model_is_fetched_with_progress_and_then_found(tmp_path: Path, server: str):
    shares: list[float] = []
    path = fetch_model("tiny.en", tmp_path / "models", f"{server}/{DIGEST}/tiny.en.pt", shares.append)
    assert path.read_bytes() == CONTENT
    assert shares[-1] == 1.0 and shares == sorted(shares)
    assert find_model("tiny.en", tmp_path / "models") == path


def test_what_came_before_the_line_broke_is_not_fetched_twice(tmp_path: Path, server: str):
    url = f"{server}/{DIGEST}/broken.pt"
    with pytest.raises(SpeechModelError, match="broke off"):
        fetch_model("tiny.en", tmp_path, url, lambda share: None)
    assert fetch_model("tiny.en", tmp_path, url, lambda share: None).read_bytes() == CONTENT
    assert Handler.requests == ["", f"bytes={len(CONTENT) // 2}-"]


def test_a_damaged_file_is_refused_and_removed(tmp_path: Path, server: str):
    with pytest.raises(SpeechModelError, match="damaged"):
        fetch_model("tiny.en", tmp_path, f"{server}/{'0' * 64}/tiny.en.pt", lambda share: None)
    assert not list(tmp_path.iterdir())


def test_one_sentence_names_file_and_place_when_there_is_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(models, "DEADLINE_S", 1.0)
    with pytest.raises(SpeechModelError) as told:
        fetch_model("base.en", tmp_path, "http://127.0.0.1:9/abc/base.en.pt", lambda share: None)
    assert f"put base.en.pt into {tmp_path}" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_is_taken_by_its_path(tmp_path: Path):
    path = tmp_path / "mine.pt"
    assert find_model(str(path), tmp_path) is None
    path.write_bytes(b"x")
    assert find_model(str(path), tmp_path) == path
