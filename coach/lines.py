"""Lines from this home to its bridge and its policy server, encrypted where they leave the machine."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.protocol.security.curve import ClientKeys, Security, client_keys

if TYPE_CHECKING:
    from coach.config import Config


def security(config: Config) -> Security:
    """How the sockets of this home are protected."""
    return Security(config.key_folder, config.encryption == "always")


def bridge_client(config: Config) -> BridgeClient:
    """Raises: ConfigError: the bridge is on another machine and a key is missing."""
    keys = client_keys(security(config), config.bridge_address, config.bridge_key, "bridge_address")
    return BridgeClient(config.bridge_address, keys, coach_id(config))


def own_name(config: Config) -> str:
    """What the bridge calls this coach: its key on an encrypted line, else a name for the home.

    Raises:
        ConfigError: the line must be encrypted and a key is missing.
    """
    keys = client_keys(security(config), config.bridge_address, config.bridge_key, "bridge_address")
    return keys.own.public if keys is not None else coach_id(config)


def coach_id(config: Config) -> str:
    """Names this home among the coaches of a robot: the same for its terminal and for every `coach say`."""
    home = f"{socket.gethostname()}:{config.home.resolve()}"
    return hashlib.blake2b(home.encode(), digest_size=6).hexdigest()


def event_subscriber(config: Config, kinds: Iterable[str] = ()) -> EventSubscriber:
    """Raises: ConfigError: the bridge is on another machine and a key is missing."""
    keys = client_keys(security(config), config.events_address, config.bridge_key, "events_address")
    return EventSubscriber(config.events_address, kinds, keys)


def policy_keys(config: Config) -> ClientKeys | None:
    """For a line to the policy server. Raises: ConfigError: it is on another machine and a key is missing."""
    return client_keys(security(config), config.policy_address, config.policy_key, "policy_address")


def check_lines(config: Config) -> None:
    """Raises: ConfigError: one of the lines needs a key that is missing or cannot be used."""
    client_keys(security(config), config.bridge_address, config.bridge_key, "bridge_address")
    client_keys(security(config), config.events_address, config.bridge_key, "events_address")
    policy_keys(config)
