"""What a bridge can be told: addresses, periods, deadlines and limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from pathlib import Path

from robot_bridge.protocol.errors import ConfigError
from robot_bridge.protocol.security.curve import Security


@dataclass(frozen=True)
class BridgeConfig:
    """The settings of one bridge. A time that is not a positive, finite number is refused.

    Args:
        address: where coaches send requests (ROUTER); `tcp://*:PORT` for other machines.
        events_address: where the bridge publishes (PUB).
        policy_address: the policy server.
        policy_key: its public key, where it is not on this machine.
        jpeg_quality: of pictures sent to a policy over a line that is too slow for them as they are; 0: never.
        security: where the keys are; needed as soon as an address is not loopback.
        seed: the layout of a simulated scene.
        snapshot_path: where a simulated scene is kept, to go on after a crash; None keeps nothing.
        think_period_s: the model re-thinks at least this often while it works.
        act_ahead: the next chunk is asked for once this fraction of the current one remains.
        blend_s: the join between two chunks is smoothed over this time.
        real_time_chunks: a chunk is made to go on from the one that plays meanwhile (arXiv 2506.07339).
        fresh_s: a thought that took longer is acted on with a newer picture than the one it was about.
        think_deadline_s, act_deadline_s: silence of the policy after which the arms hold.
        retry_s: how often a silent policy is asked again, and how often an idle one is asked for its health.
        coach_deadline_s: without a sign of life from any coach for this long, running arms hold.
        park_after_s: arms that hold this long, and not because a person said so, go home.
        park_speed: fraction of the velocity limits used on the way home.
        task_limit_s: a task that runs longer than this asks for help.
        observation_deadline_s: an observation older than this is not acted on.
        dictated_s: a subtask dictated by a person stays in the thought's place for this long.
        help_after_failures: the robot asks for help after this many failed tries at the same thing.
        ask_below: it asks whether to, when the chance that its thought is right is smaller than this; 0 never asks.
        status_hz: how often the status is published.
        snapshot_period_s: how often a simulated scene is written down.
    """

    address: str = "tcp://127.0.0.1:5651"
    events_address: str = "tcp://127.0.0.1:5652"
    policy_address: str = "tcp://127.0.0.1:5650"
    policy_key: str = ""
    jpeg_quality: int = 90
    security: Security = field(default_factory=Security)
    seed: int = 1
    snapshot_path: Path | None = None
    think_period_s: float = 0.5
    act_ahead: float = 0.7
    blend_s: float = 0.1
    real_time_chunks: bool = False
    fresh_s: float = 0.2
    think_deadline_s: float = 3.0
    act_deadline_s: float = 3.0
    retry_s: float = 0.5
    coach_deadline_s: float = 2.0
    park_after_s: float = 10.0
    park_speed: float = 0.2
    task_limit_s: float = 60.0
    observation_deadline_s: float = 1.0
    dictated_s: float = 4.0
    help_after_failures: int = 3
    ask_below: float = 0.3
    status_hz: float = 5.0
    snapshot_period_s: float = 1.0

    def __post_init__(self) -> None:
        for known in fields(self):
            value = getattr(self, known.name)
            if known.type == "float" and not (0 < value < math.inf or (known.name == "ask_below" and value == 0)):
                raise ConfigError(f"{known.name} is {value}", "a number greater than 0")
        for name in ("act_ahead", "park_speed", "ask_below"):
            if getattr(self, name) > 1:
                raise ConfigError(f"{name} is {getattr(self, name)}", "a fraction between 0 and 1")
        if not 0 <= self.jpeg_quality <= 95:
            raise ConfigError(f"jpeg_quality is {self.jpeg_quality}", "0 (never) to 95")
        if self.help_after_failures < 1:
            raise ConfigError(f"help_after_failures is {self.help_after_failures}", "1 or more")
