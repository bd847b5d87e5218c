"""Where the two trained files lie in the package."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

TINY_WHISPER: Path = _HERE / "tiny.pt"
"""For `whisper.load_model(str(TINY_WHISPER))`; hears synthetic English, not people."""

SPOTTER: Path = _HERE / "stop.safetensors"
"""For `StopSpotter.load()`."""
