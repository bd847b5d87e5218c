"""A server whose parent was killed serves on until the parent started anew is ready to take its place.

Loading the model takes longer than anybody should wait. So the server that is left behind ends only when its successor
asks it to, when the program that started its parent is gone too, or when no successor has come after a while.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import threading
from pathlib import Path

log = logging.getLogger(__name__)

LEFT_BEHIND_S = 60.0  # for a successor to load the model in
ENDING_S = 6.0  # for a server to end in that was asked to


class Orphans:
    """Args: path: a file that tells which process serves, for the next parent to find it. Linux alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def outlive(self, parent: int, starter: int) -> None:
        """By the server, before it serves: leave a mark for the next parent, and end when nobody needs it any more.

        Args:
            starter: the parent's parent.
        """
        self._mark(parent)
        try:
            watched = [os.pidfd_open(pid) for pid in (parent, starter)]
        except OSError:  # gone already
            os.kill(os.getpid(), signal.SIGTERM)
            return
        threading.Thread(target=_await_the_end, args=(watched,), name="orphan", daemon=True).start()

    def _mark(self, parent: int) -> None:
        server = os.getpid()
        with contextlib.suppress(OSError):  # a full disk: then a successor finds nobody, and the address taken
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps({"server": server, "parent": parent, "began": _began(server)}))
            new.replace(self._path)

    def succeed(self) -> None:
        """By a new parent that is ready to serve: end the server that the parent before it left behind, if any."""
        try:
            left = json.loads(self._path.read_text("utf-8"))
            server, parent, began = int(left["server"]), int(left["parent"]), str(left["began"])
            process = os.pidfd_open(server)
        except (OSError, ValueError, KeyError, TypeError):  # there was none, or it has ended
            return
        try:
            if _began(server) != began or _parent(server) == parent:
                return  # another process of that number, or another server of ours that is well looked after
            log.info("taking over from process %d", server)
            signal.pidfd_send_signal(process, signal.SIGTERM)
            if not _gone(process, ENDING_S):
                signal.pidfd_send_signal(process, signal.SIGKILL)
                _gone(process, ENDING_S)
        except ProcessLookupError:
            return
        finally:
            os.close(process)


def _await_the_end(watched: list[int]) -> None:
    parent, starter = watched
    select.select([parent], [], [])
    log.warning("the parent of this process is gone; serving on until the next one is ready")
    _gone(starter, LEFT_BEHIND_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _gone(process: int, timeout_s: float) -> bool:
    return bool(select.select([process], [], [], timeout_s)[0])


def _stat(pid: int) -> list[str]:
    """The fields of a process after its name, as in proc(5) from the third on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    except OSError:
        return []


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def _began(pid: int) -> str:
    """When a process began, so that another one of the same number is told from it."""
    fields = _stat(pid)
    return fields[19] if fields else ""
