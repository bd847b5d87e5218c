"""`coach transcribe`: speech to text with the configured model."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robot_bridge.protocol.errors import CoachError, UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.speech.engine import Engine
    from coach.speech.transcribe import Transcript
    from memory.store import Store

EXAMPLE = """coach transcribe words.wav
coach transcribe words.wav --model small.en --json
coach transcribe --lessons --model medium.en
coach transcribe --lessons --model medium.en --keep"""

LONG_S = 60.0
STEP = 0.1  # of the whole, between two lines where there is no terminal


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE.wav", help="a recording, WAV of any rate")
    parser.add_argument("--lessons", action="store_true",
                        help="instead, the kept sound of corrections: what was heard then, and what now")  # fmt: skip
    parser.add_argument("--keep", action="store_true", help="with --lessons: the new words take the place of the old")
    parser.add_argument("--model", help="embedded, base.en, … or a file (default: the configuration's)")
    parser.add_argument("--language", help="en, de, … or auto (default: the configuration's)")
    parser.epilog = f"{parser.epilog}\n\nIn --json, 'seconds' is the time that it took."


def run(args: argparse.Namespace, config: Config) -> int:
    if args.lessons == (args.file is not None) or (args.keep and not args.lessons):
        raise UsageError("coach transcribe takes one WAV file, or --lessons", "coach transcribe words.wav")
    if args.file is not None:
        from coach.speech.wav_file import WavFile

        found = WavFile.open(args.file)  # before a model is loaded
    if args.model:
        config = replace(config, speech=replace(config.speech, model=args.model))
    if args.language:
        config = replace(config, speech=replace(config.speech, language=args.language))
    engine = _engine(config, may_fall_back=not args.model)
    if args.lessons:
        return _lessons(args, config, engine)
    from coach.speech.transcribe import transcribe
    from coach.speech.vad import VoiceActivity

    progress = _Progress(found.seconds, slow=found.seconds > LONG_S)
    made = transcribe(found.blocks(), engine, VoiceActivity.load(), config.speech.language, progress=progress.reached)
    progress.done()
    _tell(made, args.json)
    return 0


def _tell(made: Transcript, as_json: bool) -> None:
    from coach.speech.transcribe import CLIPPED

    if made.clipped > CLIPPED:
        print(f"coach: {made.clipped:.0%} of the sound is at full scale; with less gain it is better understood",
              file=sys.stderr)  # fmt: skip
    if not made.text:
        print(f"coach: nobody speaks in these {made.length_s:.1f} seconds", file=sys.stderr)
    if as_json:
        segments = [{"start_s": s.start_s, "end_s": s.end_s, "text": s.text} for s in made.segments]
        told = {"text": made.text, "segments": segments, "model": made.model, "seconds": made.seconds}
        print(json.dumps(told, ensure_ascii=False))
    elif made.text:
        print(made.text)


def _lessons(args: argparse.Namespace, config: Config, engine: Engine) -> int:
    """Write down again what was kept. A model that hears nothing changes nothing."""
    from memory.store import Store

    with Store.open(config.memory_path) as store:
        rows = [_again(store, recording, engine, config, args.keep) for recording in store.recordings()]
    if args.json:
        print(json.dumps({"model": engine.model, "lessons": rows}, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['id']}  {row['was']}" + (f"\n{'':{len(row['id'])}}  {row['text']}" if row["differs"] else ""))
    if not rows:
        print("no sound of corrections is kept here", file=sys.stderr)
    return 0


def _again(store: Store, recording: Any, engine: Engine, config: Config, keep: bool) -> dict[str, Any]:
    import tempfile

    from coach.speech.filters import plain
    from coach.speech.reading import write_down
    from coach.speech.wav_file import read_wav

    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(recording.wav)
        file.flush()
        written = write_down(engine, read_wav(Path(file.name)), language=config.speech.language)
    lesson = store.correction(recording.correction_id)
    differs = bool(written.text) and plain(written.text) != plain(lesson.words)
    if keep and differs:
        store.edit_correction(lesson.id, {"words": written.text}, config.person, f"transcribed again by {engine.model}")
    return {"id": lesson.id, "was": lesson.words, "text": written.text, "differs": differs,
            "confidence": written.confidence}  # fmt: skip


def _engine(config: Config, may_fall_back: bool) -> Engine:
    """Raises: CoachError: the model was asked for by name, or there is none at all."""
    from coach.speech.engine import load_engine
    from coach.speech.models import EMBEDDED
    from coach.speech.writer import SPARE_NOTE

    settings, folder = config.speech, config.home / "models"
    progress = _Progress(1.0, f"fetching the speech model {settings.model}")
    try:
        engine = load_engine(settings.engine, settings.model, folder, settings.device, progress.reached)
    except CoachError as error:
        if not may_fall_back or settings.model == EMBEDDED:
            raise
        try:
            engine = load_engine("whisper", EMBEDDED, folder, "cpu", progress.reached)
        except CoachError:
            raise error from None
        print(f"coach: {SPARE_NOTE.format(error)}", file=sys.stderr)
    progress.done()
    return engine


class _Progress:
    """A bar on a terminal, plain lines elsewhere; nothing for what is done at once."""

    def __init__(self, whole: float, words: str = "writing down", slow: bool = True) -> None:
        self._slow = slow
        self._whole, self._words, self._told = whole, words, 0.0
        self._terminal, self._shown = sys.stderr.isatty(), False

    def reached(self, now: float) -> None:
        share = min(1.0, now / self._whole) if self._whole else 1.0
        if self._terminal:
            bar = "█" * round(30 * share)
            print(f"\r\x1b[K{self._words} {bar:30} {share:.0%}", end="", file=sys.stderr, flush=True)
            self._shown = True
        elif self._slow and share - self._told >= STEP:
            self._told = share
            print(f"{self._words}: {share:.0%}", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
