"""Which checkpoint this home serves: the configuration's until `coach promote` chooses another.

The choice lies in `served.json` in the home folder. It holds as long as the configuration names the checkpoint that it
named then; whoever edits `checkpoint` in config.yaml later has the last word.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from coach.config import SERVED_FILE as FILE
from robot_bridge.protocol.errors import ConfigError

EMBEDDED = "embedded"


@dataclass(frozen=True)
class Choice:
    """What `coach promote` chose.

    Args:
        served, previous: names of checkpoints or paths of folders; `embedded` for the packaged one.
        configured: what the configuration said then.
    """

    served: str
    previous: str = ""
    configured: str = ""


def read_choice(home: Path) -> Choice | None:
    """The choice made in this home; None if none was made.

    Raises:
        ConfigError: the file that holds it is damaged.
    """
    path = home / FILE
    try:
        choice = Choice(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}, which says what checkpoint is served, cannot be read: {error}",
                          next_step=f"remove it to serve the configuration's: rm '{path}'") from None  # fmt: skip
    return choice


def write_choice(home: Path, choice: Choice) -> None:
    """Keep a choice; a crash leaves the old one or the new one."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = home / f".{FILE}.partial"
    with partial.open("w", encoding="utf-8") as file:
        json.dump(asdict(choice), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, home / FILE)


def chosen(home: Path, configured: str) -> str:
    """The checkpoint to serve, where the configuration says `configured`. Raises as `read_choice` does."""
    choice = read_choice(home)
    return choice.served if choice is not None and choice.configured == configured else configured
