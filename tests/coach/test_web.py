"""The screen in a browser: who is let in, and that what is painted arrives; without a browser."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import until

from coach.__main__ import main
from coach.app.web import place_of

aiohttp = pytest.importorskip("aiohttp", reason="needs the extra `web`")
pytest.importorskip("textual_serve", reason="needs the extra `web`")


@pytest.mark.parametrize(("argv", "says"), [
    (["--web", "192.168.1.5:8000"], "other machines reach 192.168.1.5, and the page is not encrypted"),
    (["--web", "0.0.0.0:8000", "--web-for-others"], "by which the others know this machine"),
    (["--web", "kitchen:8000"], "127.0.0.1:8000"),
    (["--web", "127.0.0.1:99999"], "HOST:PORT"),
    (["--web", "--headless"], "one of the two"),
    (["--web-for-others"], "goes with --web"),
])  # fmt: skip
def test_usage_error_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str],
                                            says: str) -> None:  # fmt: skip
    assert main(["run", *argv, "--home", str(tmp_path / "home")]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1 and not (tmp_path / "home").exists()


@pytest.mark.parametrize(("address", "authority"), [
    ("8001", "127.0.0.1:8001"), ("localhost:80", "localhost:80"), ("[::1]:8000", "[::1]:8000"),
])  # fmt: skip
def test_page_stays_on_this_machine_when_nothing_else_is_said(address: str, authority: str) -> None:
    assert place_of(address, for_others=False).authority == authority
    assert place_of("192.168.1.5:8000", for_others=True).url == "http://192.168.1.5:8000"


def test_one_sentence_when_the_package_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                  capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert main(["run", "--web", "--home", str(tmp_path)]) == 1
    assert "pip install 'robot-coach[web]'" in capsys.readouterr().err


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def page(tmp_path: Path, unused_tcp_port: int) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The real program; its address, and the one with the key."""
    argv = [sys.executable, "-m", "coach", "run", "--ui-only", "--web", str(unused_tcp_port), "--home", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "TEXTUAL_DRIVER"}
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"(http://127.0.0.1:\d+)/\?key=\S+", line)
    assert found, line
    until(lambda: listens(unused_tcp_port))
    yield process, found[1], found[0]
    if process.poll() is None:
        process.kill()
    process.wait(10)


async def painted(session: aiohttp.ClientSession, url: str) -> bytes:
    """What a page gets until the screen is there."""
    seen = b""
    async with session.ws_connect(f"{url}/ws?width=100&height=30") as socket:
        async with asyncio.timeout(30):
            while b"waking up" not in seen:
                message = await socket.receive()
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
                seen += message.data if isinstance(message.data, bytes) else message.data.encode()
    return seen


async def visit(url: str, opened: str) -> None:
    async with aiohttp.ClientSession() as stranger:
        for path in ("/", "/?key=guessed", "/ws", "/static/js/textual.js"):
            async with stranger.get(url + path) as reply:
                assert reply.status == 403, path
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of numbers are kept
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(opened) as reply:
            assert reply.status == 200 and "key=" not in str(reply.url)
            assert f"ws://{url.removeprefix('http://')}/ws" in await reply.text()
        for foreign in ({"Origin": "http://evil.example"}, {"Host": "evil.example:80"}):
            async with session.get(f"{url}/ws", headers=foreign) as reply:
                assert reply.status == 403, foreign
        assert b"waking up" in await painted(session, url)


async def test_screen_arrives_with_the_key_and_strangers_are_kept_out(
    page: tuple[subprocess.Popen[str], str, str],
) -> None:
    process, url, opened = page
    await visit(url, opened)
    process.send_signal(signal.SIGINT)
    until(lambda: process.poll() is not None)
    assert process.returncode == 0


def test_one_sentence_when_the_port_is_taken(page: tuple[subprocess.Popen[str], str, str], tmp_path: Path,
                                             capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    port = page[1].rpartition(":")[2]
    argv = [sys.executable, "-m", "coach", "run", "--ui-only", "--web", port, "--home", str(tmp_path / "other")]
    assert subprocess.run(argv, timeout=60, check=False).returncode == 1
    assert f"the screen cannot be served at 127.0.0.1:{port}" in capfd.readouterr().err
