"""Addresses: free for us to serve, served by us already, or in the way; and keys, where words leave this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.doctor.check import Check
from coach.processes.ports import in_use, is_local, serves

if TYPE_CHECKING:
    from coach.config import Config
    from coach.processes.ports import Kind


def check_policy(config: Config) -> Check:
    return _check_server("policy", config.policy_address, "coach policy serve --bind tcp://0.0.0.0:5650")


def check_bridge(config: Config) -> Check:
    return _check_server("bridge", config.bridge_address, "coach bridge serve --bind tcp://0.0.0.0:5651")


def check_events(config: Config) -> Check:
    """The bridge publishes here, so its port is held exactly while the bridge runs."""
    address = config.events_address
    if not is_local(address):
        return Check("events", True, f"{address}, on another machine")
    if not _held(address):
        return Check("events", True, f"{address} is free")
    if serves(config.bridge_address, "bridge"):
        return Check("events", True, f"{address}, held by the running bridge")
    return Check("events", False, f"another program uses {address}", _free(address, "events_address"))


def check_keys(config: Config) -> Check:
    """On loopback nothing can listen in; elsewhere what is said travels in the clear."""
    addresses = (config.policy_address, config.bridge_address, config.events_address)
    open_ones = [a for a in addresses if not is_local(a)]
    if not open_ones:
        return Check("keys", True, "not needed on loopback", needed=False)
    host = open_ones[0].removeprefix("tcp://").rpartition(":")[0]
    port = open_ones[0].rpartition(":")[2]
    return Check("keys", False, f"{', '.join(open_ones)} travel unencrypted",
                 f"on a network you do not trust: ssh -L {port}:127.0.0.1:{port} {host}", needed=False)  # fmt: skip


def _check_server(kind: Kind, address: str, start: str) -> Check:
    if not is_local(address):
        ok = serves(address, kind)
        detail = f"{address} {'answers' if ok else 'does not answer'}"
        return Check(kind, ok, detail, "" if ok else f"on that machine: {start}")
    if not _held(address):
        return Check(kind, True, f"{address} is free; `coach run` starts it")
    if serves(address, kind):
        return Check(kind, True, f"{address} is served by robot-coach")
    return Check(kind, False, f"another program uses {address}", _free(address, f"{kind}_address"))


def _held(address: str) -> bool:
    return not address.startswith("inproc://") and in_use(address)


def _free(address: str, key: str) -> str:
    port = address.rpartition(":")[2]
    return f"find it with `ss -ltnp 'sport = :{port}'` and stop it, or set {key} in config.yaml"
