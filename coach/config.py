"""The configuration of one home: a small YAML file, checked strictly.

Where a value comes from, strongest first: a flag, the environment (`ROBOT_COACH_HOME`), the file, the default. The file
is the one named by `--config`, else `config.yaml` in the home folder if there is one.
"""

from __future__ import annotations

import difflib
import os
import re
import typing
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from coach.speech.settings import SpeechSettings, read_speech
from coach.understanding import InterpreterSettings, read_interpreter
from robot_bridge.protocol.errors import ConfigError

HOME_VARIABLE = "ROBOT_COACH_HOME"
SERVED_FILE = "served.json"  # what `coach promote` chose; see coach/checkpoints/served.py
_ADDRESS = re.compile(r"tcp://(\[[0-9a-fA-F:]+\]|[\w.*-]+):\d{1,5}|ipc://.+|inproc://.+")
_KINDS = {"str": "a text", "int": "a whole number", "bool": "true or false", "Path": "a folder"}


def default_home() -> Path:
    """The home folder when none is named: `ROBOT_COACH_HOME`, else the platform's place for user data."""
    named = os.environ.get(HOME_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs  # here, not above: half of the commands never ask

    return Path(platformdirs.user_data_dir("robot-coach", appauthor=False))


@dataclass(frozen=True)
class Config:
    """What a home can configure; every field is a key of `config.yaml`.

    Args:
        person: the name of whoever sits at this terminal.
        arms: `kitchen` is the simulator.
        embodiment: a packaged body or the path of a body file.
        seed: the kitchen's layout; the default has a red cup in it, and was not trained on.
        grasp: `sticky` welds an object once both pads touch it, `contact` relies on friction.
        encryption: `auto` encrypts what leaves this machine, `always` loopback too; there is no third.
        jpeg_quality: of pictures that go to a policy over a line too slow for them as they are, 1 to 95; 0: never.
        chunks: `real_time`: each chunk of actions goes on from the one that plays while it is made; `blended`: only the
            join is smoothed.
        ask_below_percent: the robot asks whether to, when the chance that its thought is right is smaller; 0: never.
        policy_key, bridge_key: public keys of those servers, where they are on other machines.
        checkpoint: a folder or a name under `checkpoints/`; empty is the one in the package. `coach promote` goes
            before it.
        record: keep episodes in the memory.
        memory_limit_gb: beyond it the oldest pictures go; those of lessons never do.
        keys: action name → key, over the UI's own bindings.
        gamepad, pedal: `auto` reads those that are there, `off` none, else the path of one, as /dev/input/event5.
        controls: button or stick of theirs → what it does, over the defaults of coach/takeover/controls.py.
        speech: hearing and speaking; see `coach/speech/settings.py`.
        interpreter: who understands; see `coach.understanding.py`.
        holidays: country of the public holidays, such as DE or US-CA; empty: none are known.
    """

    home: Path = field(default_factory=default_home)
    person: str = "person"
    arms: str = "kitchen"
    embodiment: str = "kitchen"
    seed: int = 10_000_035
    grasp: Literal["sticky", "contact"] = "sticky"
    policy_address: str = "tcp://127.0.0.1:5650"
    bridge_address: str = "tcp://127.0.0.1:5651"
    events_address: str = "tcp://127.0.0.1:5652"
    encryption: Literal["auto", "always"] = "auto"
    jpeg_quality: int = 90
    chunks: Literal["real_time", "blended"] = "real_time"
    ask_below_percent: int = 30
    policy_key: str = ""
    bridge_key: str = ""
    checkpoint: str = ""
    theme: Literal["dark", "light"] = "dark"
    record: bool = True
    memory_limit_gb: int = 20
    keys: dict[str, str] = field(default_factory=dict)
    gamepad: str = "auto"
    pedal: str = "auto"
    controls: dict[str, str] = field(default_factory=dict)
    speech: SpeechSettings = field(default_factory=SpeechSettings)
    interpreter: InterpreterSettings = field(default_factory=InterpreterSettings)
    holidays: str = ""

    @property
    def memory_path(self) -> Path:
        return self.home / "memory.db"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def checkpoints(self) -> Path:
        return self.home / "checkpoints"

    @property
    def key_folder(self) -> Path:
        return self.home / "keys"

    def prepare_home(self) -> None:
        """Make the home folder and those in it, readable by this user alone.

        Raises:
            ConfigError: the folder cannot be made or written.
        """
        try:
            for folder in (self.home, self.logs, self.checkpoints):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the home folder {self.home} cannot be made: {error.strerror}",
                              next_step=f"name another one with --home or {HOME_VARIABLE}") from None  # fmt: skip
        if not os.access(self.home, os.W_OK):
            raise ConfigError(f"the home folder {self.home} cannot be written",
                              next_step=f"name another one with --home or {HOME_VARIABLE}")  # fmt: skip


def load_config(file: str | Path | None = None, home: str | Path | None = None) -> Config:
    """The configuration from a file and a home folder, both optional. Makes nothing on disk.

    Raises:
        ConfigError: the named file is missing or not YAML, a key is unknown, a value does not fit.
    """
    if home is not None and not str(home).strip():
        raise ConfigError("--home got an empty name", "the path of a folder")
    folder = Path(home).expanduser().absolute() if home is not None else None
    if file is not None:
        values = _read(Path(file).expanduser())
    else:
        path = (folder or default_home()) / "config.yaml"
        values = _read(path) if path.exists() else {}
    if folder is not None:
        values["home"] = folder
    elif os.environ.get(HOME_VARIABLE, "").strip():
        values["home"] = default_home()
    config = Config(**values)
    served = config.home / SERVED_FILE
    return replace(config, checkpoint=_promoted(served, config.checkpoint)) if served.exists() else config


def _promoted(file: Path, configured: str) -> str:
    """The checkpoint that `coach promote` chose over the configured one."""
    from coach.checkpoints.served import chosen

    return chosen(file.parent, configured)


def _read(path: Path) -> dict[str, Any]:
    import yaml  # here, not above: most runs have no file

    try:
        loaded = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"the configuration file {path} cannot be read: {error.strerror}",
                          next_step="name another one with --config, or leave it out") from None  # fmt: skip
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path} is not YAML: {reason}", "lines like 'seed: 3'") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path} holds a {type(loaded).__name__}, not keys and values", "lines like 'seed: 3'")
    return {key: _checked(key, value, path) for key, value in loaded.items()}


def _checked(key: Any, value: Any, path: Path) -> Any:
    known = [f.name for f in fields(Config)]
    if key not in known:
        near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else "remove the line"
        raise ConfigError(f"{path} has an unknown key '{key}'", ", ".join(known), hint)
    if key == "home":
        if not isinstance(value, str) or not value.strip():
            raise _unfit(key, value, path, _KINDS["Path"])
        return Path(value).expanduser().absolute()
    wanted = typing.get_type_hints(Config)[key]
    if wanted is SpeechSettings:
        return read_speech(value, path)
    if wanted is InterpreterSettings:
        return read_interpreter(value, path)
    if typing.get_origin(wanted) is Literal:
        choices = typing.get_args(wanted)
        if value not in choices:
            raise _unfit(key, value, path, " or ".join(choices))
    elif typing.get_origin(wanted) is dict:
        if not isinstance(value, dict) or not all(isinstance(x, str) for pair in value.items() for x in pair):
            raise _unfit(key, value, path, "texts by name, such as {stop: f12}")
    elif type(value) is not wanted:  # not isinstance: true is no whole number
        raise _unfit(key, value, path, _KINDS[wanted.__name__])
    if key == "memory_limit_gb" and not 1 <= value <= 100_000:
        raise _unfit(key, value, path, "1 to 100000")
    if key.endswith("_address") and not _ADDRESS.fullmatch(value):
        raise _unfit(key, value, path, "tcp://HOST:PORT")
    if key.endswith("_key") and value:
        from robot_bridge.protocol.security.key_files import check_key

        check_key(value, f"{path}: '{key}'")
    return value


def _unfit(key: str, value: Any, path: Path, allowed: str) -> ConfigError:
    return ConfigError(f"{path}: '{key}' is {value!r}", allowed)
