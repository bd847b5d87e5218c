"""The writing process: whisper, warm, one piece of sound at a time."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from coach.speech.audio import from_pcm
from coach.speech.engine import Engine, load_engine
from coach.speech.messages import Fetching, Ready, SpeechMessage, Trouble, Write, send
from coach.speech.models import EMBEDDED, EMBEDDED_NOTE
from coach.speech.reading import write_down
from coach.speech.worker import own_pipes, serve_pipes
from robot_bridge.protocol.errors import CoachError

SPARE_NOTE = "{}. Until then I listen with the ears in the package, which hear synthetic English only."
STEP = 0.01  # of a download, between two messages about it
MOST_THREADS = 4
POLITE = 5  # the arms and the listening come first
_decoder = msgspec.msgpack.Decoder(Write)


def load_or_embedded(engine: str, name: str, folder: Path, device: str,
                     tell: Callable[[SpeechMessage], None]) -> Engine | None:  # fmt: skip
    """The configured model; where it is not to be had, the ears in the package, and it is said so."""
    told = -1.0

    def progress(done: float) -> None:
        nonlocal told
        if done - told >= STEP or done == 1.0:
            told = done
            tell(Fetching(model=name, done=done))

    try:
        loaded = load_engine(engine, name, folder, device, progress)
    except CoachError as error:
        if name == EMBEDDED:
            tell(Trouble(text=str(error)))
            return None
        try:
            spare = load_engine("whisper", EMBEDDED, folder, "cpu", progress)
        except CoachError:
            tell(Trouble(text=str(error)))
            return None
        tell(Ready(model=EMBEDDED, device=spare.device, note=SPARE_NOTE.format(error)))
        return spare
    tell(Ready(model=loaded.model, device=loaded.device, note=EMBEDDED_NOTE if name == EMBEDDED else ""))
    return loaded


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    for name in ("engine", "model", "folder", "device"):
        parser.add_argument(name)
    args = parser.parse_args(arguments)
    incoming, outgoing = own_pipes()
    if hasattr(os, "nice"):
        os.nice(POLITE)
    import torch

    torch.set_num_threads(min(MOST_THREADS, max(1, (os.cpu_count() or 1) // 2)))  # the arms need the others
    engine = load_or_embedded(args.engine, args.model, Path(args.folder), args.device, lambda m: send(outgoing, m))

    def take(raw: bytes) -> None:
        send(outgoing, answer(engine, _decoder.decode(raw)))

    with contextlib.suppress(BrokenPipeError):  # the terminal has gone
        serve_pipes(take, incoming)
    return 0


def answer(engine: Engine | None, asked: Write) -> SpeechMessage:
    if engine is None:
        return Trouble(request=asked.request, text="there is no speech model, so I cannot write down what you say")
    try:
        return write_down(engine, from_pcm(asked.pcm), request=asked.request, language=asked.language,
                          prompt=asked.prompt, alternatives=asked.alternatives)  # fmt: skip
    except CoachError as error:
        return Trouble(request=asked.request, text=str(error))
    except Exception as error:  # one piece of sound must not end the hearing
        return Trouble(request=asked.request, text=f"what you said could not be written down ({error})"[:300])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
