"""A speech process of this terminal: fed and heard through pipes, started again when it dies, never waited for."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import msgspec

from coach.processes.child import BACKOFF_S, MAX_RESTARTS, WINDOW_S, interpreter
from coach.processes.logs import last_line, open_log
from coach.speech.messages import FromWorker, SpeechMessage, Trouble, receive_raw, send

log = logging.getLogger(__name__)

MAX_WAITING = 400  # messages; 13 s of sound
GRACE_S = 1.0
_decoder = msgspec.msgpack.Decoder(FromWorker)


class Worker:
    """Args:
    module: run with `python -m`; it talks as `serve_pipes` does.
    told: gets what the process says, in this worker's thread; must return at once.
    greeting: all that the process must know first, at every start.
    """

    def __init__(self, name: str, module: str, arguments: Sequence[str], log_file: Path,
                 told: Callable[[FromWorker], None],
                 greeting: Callable[[], Sequence[SpeechMessage]] = tuple) -> None:  # fmt: skip
        self.name = name
        self._command = (*interpreter(), "-m", module, *arguments)
        self._log_file, self._told, self._greeting = log_file, told, greeting
        self._queue: queue.Queue[SpeechMessage | None] = queue.Queue(MAX_WAITING)
        self._sending = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._deaths: deque[float] = deque()
        self.starts = 0
        self._thread = threading.Thread(target=self._run, name=f"{name}-reader", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def send(self, message: SpeechMessage) -> bool:
        """Hand a message over; returns at once. False: the process does not keep up, and this one is dropped."""
        with self._sending:
            return self._put(message)

    def close(self) -> None:
        """End the process; a second call does nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(timeout=GRACE_S)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                status = self._live()
            except OSError as error:
                status, reason = 1, str(error)
            else:
                reason = self._reason(status)
            if self._closed.is_set() or not self._again(reason):
                return

    def _live(self) -> int:
        """One life of the process; its exit status."""
        log_fd = open_log(self._log_file)
        try:
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log_fd,
                                       start_new_session=True)  # fmt: skip
        finally:
            os.close(log_fd)
        self._process = process
        self.starts += 1
        assert process.stdin is not None and process.stdout is not None
        self._greet()
        writer = threading.Thread(target=self._write, args=(process.stdin, self.starts), daemon=True)
        writer.start()
        self._read(process.stdout)
        try:
            status = process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        self._unblock(writer)
        process.stdout.close()
        return status

    def _put(self, message: SpeechMessage) -> bool:
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            return False
        return True

    def _greet(self) -> None:
        """What was sent before the start is of no use; what it was about is in the greeting, and nothing in between."""
        with self._sending:
            while not self._queue.empty():
                self._queue.get_nowait()
            for message in self._greeting():
                self._put(message)

    def _read(self, pipe: IO[bytes]) -> None:
        while (raw := receive_raw(pipe)) is not None:
            try:
                self._told(_decoder.decode(raw))
            except msgspec.MsgspecError as error:
                log.warning("%s said something that is no message: %s", self.name, error)

    def _write(self, pipe: IO[bytes], life: int) -> None:
        try:
            while (message := self._queue.get()) is not None and life == self.starts:
                send(pipe, message)
        except OSError:
            pass  # it has ended; the reader knows
        finally:
            with contextlib.suppress(OSError):
                pipe.close()

    def _unblock(self, writer: threading.Thread) -> None:
        while writer.is_alive():
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                self._queue.get_nowait()
            writer.join(timeout=0.05)

    def _reason(self, status: int) -> str:
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return last_line(self._log_file) or f"exit status {status}"

    def _again(self, reason: str) -> bool:
        """Wait before the next start; False where there is none."""
        now = time.monotonic()
        while self._deaths and now - self._deaths[0] > WINDOW_S:
            self._deaths.popleft()
        count = len(self._deaths)
        self._deaths.append(now)
        if count >= MAX_RESTARTS:
            self._told(Trouble(text=f"the {self.name} keeps ending ({reason}), so it is not started again; "
                                    f"see {self._log_file}"))  # fmt: skip
            return False
        log.warning("the %s ended (%s) and is started again", self.name, reason)
        if count:
            self._told(Trouble(text=f"the {self.name} ended ({reason}) and is started again"))
        return not self._closed.wait(BACKOFF_S[count])


def serve_pipes(take: Callable[[bytes], None], pipe: IO[bytes]) -> None:
    """The other side: hand every message to `take` until the terminal has gone."""
    while (raw := receive_raw(pipe)) is not None:
        take(raw)


def own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Standard input and output for messages alone: what a library prints goes to the log."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the terminal's to deal with
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout = sys.stderr
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")
