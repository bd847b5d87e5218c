"""Addresses: free for us to serve, served by us already, or in the way; and keys, where words leave this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.doctor.check import Check
from coach.processes.ports import in_use, serves
from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.security.access import read_clients
from robot_bridge.protocol.security.key_files import SECRET, read_pair

if TYPE_CHECKING:
    from coach.config import Config
    from coach.processes.ports import Kind


def check_policy(config: Config) -> Check:
    return _check_server("policy", config, "coach policy serve --bind tcp://0.0.0.0:5650")


def check_bridge(config: Config) -> Check:
    return _check_server("bridge", config, "coach bridge serve --bind tcp://0.0.0.0:5651")


def check_events(config: Config) -> Check:
    """The bridge publishes here, so its port is held exactly while the bridge runs."""
    address = config.events_address
    if not is_local(address):
        return Check("events", True, f"{address}, on another machine")
    if not _held(address):
        return Check("events", True, f"{address} is free")
    if serves(config, "bridge"):
        return Check("events", True, f"{address}, held by the running bridge")
    return Check("events", False, f"another program uses {address}", _free(address, "events_address"))


def check_keys(config: Config) -> Check:
    """Keys that are there are private; where words leave this machine they are there, and the servers' too."""
    addresses = (config.policy_address, config.bridge_address, config.events_address)
    covered = [a for a in addresses if config.encryption == "always" or not is_local(a)]
    if not covered and not (config.key_folder / SECRET).exists():
        return Check("keys", True, "not needed on loopback", needed=False)
    from coach.lines import check_lines

    try:
        own = read_pair(config.key_folder)
        clients = read_clients(config.key_folder)
        check_lines(config)
    except CoachError as error:
        return Check("keys", False, error.what, error.next_step or f"allowed: {error.allowed}", needed=bool(covered))
    detail = f"this home is {own.public}; {len(clients)} other keys listed"
    return Check("keys", True, detail + (f"; encrypted: {', '.join(covered)}" if covered else ""), needed=bool(covered))


def _check_server(kind: Kind, config: Config, start: str) -> Check:
    address: str = getattr(config, f"{kind}_address")
    if not is_local(address):
        ok = serves(config, kind)
        detail = f"{address} {'answers' if ok else 'does not answer'}"
        return Check(kind, ok, detail, "" if ok else f"on that machine: {start}")
    if not _held(address):
        return Check(kind, True, f"{address} is free; `coach run` starts it")
    if serves(config, kind):
        return Check(kind, True, f"{address} is served by robot-coach")
    return Check(kind, False, f"another program uses {address}", _free(address, f"{kind}_address"))


def _held(address: str) -> bool:
    return not address.startswith("inproc://") and in_use(address)


def _free(address: str, key: str) -> str:
    port = address.rpartition(":")[2]
    return f"find it with `ss -ltnp 'sport = :{port}'` and stop it, or set {key} in config.yaml"
