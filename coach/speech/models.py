"""The speech model's file: where it lies, and how it comes there."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from robot_bridge.protocol.errors import CoachError, ConfigError

EMBEDDED = "embedded"
EMBEDDED_NOTE = "The ears in the package hear synthetic English only; for people, set speech: {model: base.en}."
DEADLINE_S = 10.0  # for each answer of the network
PIECE = 1 << 18
_OFFLINE = ("name resolution", "name or service not known", "nodename nor servname", "unreachable")


class SpeechModelError(CoachError):
    """The speech model is not there and cannot be fetched, or is damaged."""


def is_file_name(name: str) -> bool:
    return name.endswith(".pt") or "/" in name or os.sep in name


def find_model(name: str, folder: Path) -> Path | None:
    """The file of a model, None where it is not on this machine. Args: folder: of this home."""
    if name == EMBEDDED:
        from coach.speech.ears.paths import TINY_WHISPER

        return TINY_WHISPER if TINY_WHISPER.exists() else None
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "whisper"  # openai-whisper's own
    places = [Path(name).expanduser()] if is_file_name(name) else [folder / f"{name}.pt", cache / f"{name}.pt"]
    return next((path for path in places if path.is_file()), None)


def fetch_model(name: str, folder: Path, url: str, progress: Callable[[float], None]) -> Path:
    """Download a model; what an earlier try left is gone on with. Args: progress: gets 0 to 1.

    Raises: SpeechModelError: no network, or what came is not the model.
    """
    target, part = folder / f"{name}.pt", folder / f"{name}.pt.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _download(url, part, progress)
        _verify(part, url, name)
        part.replace(target)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise SpeechModelError(
            f"the speech model '{name}' is not on this machine and cannot be fetched ({_words(reason)})",
            next_step=f"put {name}.pt into {folder}; it lies at {url}",
        ) from None
    except OSError as error:
        raise SpeechModelError(f"the speech model '{name}' cannot be stored in {folder}: {error.strerror}",
                               next_step="make room there") from None  # fmt: skip
    return target


def missing_file(name: str) -> ConfigError:
    return ConfigError(f"there is no speech model file {name}", next_step="mend 'model' under 'speech' in config.yaml")


def _download(url: str, part: Path, progress: Callable[[float], None]) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=DEADLINE_S)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # all of it is there already
            raise
        return
    with answer, part.open("ab" if answer.status == 206 else "wb") as file:
        have = have if answer.status == 206 else 0
        whole = have + int(answer.headers.get("Content-Length") or 0)
        while piece := answer.read(PIECE):
            file.write(piece)
            have += len(piece)
            progress(min(1.0, have / whole) if whole else 0.0)
    if whole and have < whole:
        raise ConnectionError("the connection broke off; what came is kept, try again")


def _verify(part: Path, url: str, name: str) -> None:
    """OpenAI's addresses name the file's SHA-256."""
    wanted = url.split("/")[-2]
    digest = hashlib.sha256()
    with part.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    if len(wanted) == 64 and digest.hexdigest() != wanted:
        part.unlink()
        raise SpeechModelError(f"what came as the speech model '{name}' is damaged", next_step="try again")


def _words(reason: object) -> str:
    words = getattr(reason, "strerror", None) or str(reason)
    return "no network" if any(part in words.lower() for part in _OFFLINE) else words
