"""The screen in a browser, through textual-serve: a process of the UI for each page that is open.

What is said in a page moves the arms. So a page is let in by a key alone, which stands in the address that is printed,
and the line is not encrypted, so that it stays on this machine unless somebody says otherwise.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from robot_bridge.protocol.errors import CoachError, UsageError

if TYPE_CHECKING:
    from aiohttp.web import Application, Request, StreamResponse

    from coach.config import Config

COOKIE = "robot_coach_key"
Handler = Callable[["Request"], Awaitable["StreamResponse"]]


@dataclass(frozen=True)
class Place:
    """Where the page is served."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"


def place_of(address: str, for_others: bool) -> Place:
    """`127.0.0.1:8000`, `8000`, `[::1]:8000`.

    Args:
        for_others: other machines may reach it too.

    Raises:
        UsageError: it is no address, or one that other machines reach and `for_others` was not said.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise UsageError(f"--web {address}", "HOST:PORT or PORT, as in 127.0.0.1:8000")
    try:
        number = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise UsageError(f"--web {address}", "the number of an address of this machine, as in 127.0.0.1:8000") from None
    if number.is_unspecified:
        raise UsageError(f"--web {address}", "the one address by which the others know this machine")
    if not (number.is_loopback or for_others):
        tunnel = f"ssh -L {port}:127.0.0.1:{port} THIS-MACHINE"
        raise UsageError(f"other machines reach {host}, and the page is not encrypted: whoever listens moves the arms",
                         "an address of this machine alone, as 127.0.0.1:8000",
                         f"keep to that and use `{tunnel}` there, or add --web-for-others")  # fmt: skip
    return Place(host, int(port))


def check_installed() -> None:
    """Raises: CoachError: textual-serve is missing."""
    try:
        import textual_serve.server  # noqa: F401
    except ImportError:
        raise CoachError("the screen in a browser needs the package 'textual-serve', which is missing",
                         next_step="install it with `pip install 'robot-coach[web]'`") from None  # fmt: skip


def serve(config: Config, place: Place, config_file: str | None, flags: tuple[str, ...] = ()) -> int:
    """Serve the screen until Ctrl-C.

    Args:
        flags: further ones of `coach run` for each page's process.

    Raises:
        CoachError: the port is taken, or textual-serve is missing.
    """
    check_installed()
    from textual_serve.server import Server

    from coach.processes.plan import coach_command

    key = secrets.token_urlsafe(16)

    class Pages(Server):
        """Lets in whoever has the key, and says little."""

        def initialize_logging(self) -> None:
            """Ours is set up already."""

        async def on_startup(self, app: Application) -> None:
            print(f"the screen is at {place.url}/?key={key} (Ctrl-C ends it)", flush=True)

        async def _make_app(self) -> Application:
            app = await super()._make_app()
            app.middlewares.append(_guard(place, key))
            return app

    command = shlex.join(coach_command(["run", "--ui-only", *flags], config, config_file))
    try:
        Pages(command, place.host, place.port, title="robot-coach", public_url=place.url).serve()
    except OSError as error:
        raise CoachError(f"the screen cannot be served at {place.authority}: {error.strerror or error}",
                         next_step="name another port, as in: coach run --web 8001") from None  # fmt: skip
    return 0


def _guard(place: Place, key: str) -> Any:
    """Only pages of this address, and only with the key: first in the address, from then on in a cookie."""
    from aiohttp import web

    def fits(said: str | None) -> bool:
        return said is not None and hmac.compare_digest(said.encode(), key.encode())

    @web.middleware
    async def guard(request: Request, handler: Handler) -> StreamResponse:
        if request.host != place.authority or request.headers.get("Origin", place.url) != place.url:
            raise web.HTTPForbidden(text=f"open {place.url} with the key that coach has printed")
        if request.path == "/" and fits(request.query.get("key")):
            shown = web.HTTPFound("/")
            shown.set_cookie(COOKIE, key, httponly=True, samesite="Strict")
            raise shown
        if not fits(request.cookies.get(COOKIE)):
            raise web.HTTPForbidden(text="open the address that coach has printed: it holds the key")
        return await handler(request)

    return guard
