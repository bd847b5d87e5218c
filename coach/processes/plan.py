"""Which processes a configuration needs on this machine, and their command lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coach.config import load_config
from coach.processes.child import Spec, interpreter
from coach.processes.ports import in_use, must_start, taken
from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.errors import ConfigError

if TYPE_CHECKING:
    from coach.config import Config

EMBEDDED = "embedded"
HEAD_START_S = 0.3  # the UI paints before the others take the processor


def ui_spec(config: Config, headless: bool, config_file: str | None, flags: Sequence[str] = ()) -> Spec:
    """The process that shares the terminal."""
    arguments = ["run", "--ui-only", *(["--headless"] if headless else []), *flags]
    return Spec("ui", coach_command(arguments, config, config_file))


def server_specs(config: Config, config_file: str | None, delay_s: float = HEAD_START_S) -> list[Spec]:
    """Bridge and policy, as far as they belong on this machine; what runs already is only watched.

    Raises:
        CoachError: another program holds a port.
        ConfigError: there is no such checkpoint.
    """
    start_policy = must_start(config, "policy")
    start_bridge = must_start(config, "bridge")
    if start_bridge and in_use(config.events_address):
        raise taken(config.events_address, "events_address")
    checkpoint = find_checkpoint(config, config.checkpoint) if is_local(config.policy_address) else ""
    bridge = ["bridge", "serve", "--bind", config.bridge_address, "--events", config.events_address,
              "--policy", config.policy_address, "--seed", str(config.seed)]  # fmt: skip
    policy = ["policy", "serve", "--bind", config.policy_address]
    if config.checkpoint != load_config(config_file, config.home).checkpoint:
        policy += ["--checkpoint", checkpoint]  # else left open: started again, it serves what was promoted meanwhile
    specs = []
    for name, arguments, address, start in (
        ("bridge", bridge, config.bridge_address, start_bridge),
        ("policy", policy, config.policy_address, start_policy),
    ):
        if is_local(address):
            specs.append(Spec(name, coach_command(arguments, config, config_file), config.logs / f"{name}.log", delay_s,
                              address="" if start else address))  # fmt: skip
    return specs


def find_checkpoint(config: Config, name: str) -> str:
    """The folder of a checkpoint: one of the home's `checkpoints/` by name, else a folder; empty for the packaged one.

    Raises:
        ConfigError: there is none of that name; said before torch is loaded.
    """
    if name in ("", EMBEDDED):
        return ""
    for folder in (config.checkpoints / name, Path(name).expanduser()):
        if folder.is_dir():
            result = folder / "checkpoint"  # of a training run
            return str(result if result.is_dir() else folder)
    kept = sorted(path.name for path in config.checkpoints.glob("*/") if not path.name.startswith("."))
    raise ConfigError(f"there is no checkpoint '{name[:200]}'", ", ".join([EMBEDDED, *kept, "the path of a folder"]),
                      "make one with coach train, or leave --checkpoint out")  # fmt: skip


def snapshot_path(home: Path, arms: str, seed: int) -> Path:
    """Where a bridge keeps its simulated scene, so that it goes on after a crash."""
    return home / "run" / f"{arms}-{seed}.snapshot"


def forget_snapshots(home: Path) -> None:
    """A new start is a new scene; only a crash within a run goes on where it was."""
    for path in (home / "run").glob("*.snapshot"):
        path.unlink(missing_ok=True)


def coach_command(arguments: Sequence[str], config: Config, config_file: str | None) -> tuple[str, ...]:
    """The same program again, on the same home."""
    common = ["--home", str(config.home), *(["--config", config_file] if config_file else [])]
    return (*interpreter(), "-m", "coach", *arguments, *common)
