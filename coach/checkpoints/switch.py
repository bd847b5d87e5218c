"""Serving another checkpoint: proved, loaded by the running policy server without a restart, and remembered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zmq

from coach.checkpoints.proofs import objection
from coach.checkpoints.served import EMBEDDED, Choice, read_choice, write_choice
from coach.lines import policy_keys
from coach.processes.plan import find_checkpoint
from policy.fingerprint import fingerprint
from robot_bridge.client import error_from
from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CheckpointError, ProtocolError, UnreachableError, UsageError
from robot_bridge.protocol.messages import Error, Health, HealthRequest, Message, ReloadReply, ReloadRequest
from robot_bridge.protocol.wire import connect

if TYPE_CHECKING:
    from coach.config import Config

HEALTH_S, RELOAD_S = 1.0, 120.0


@dataclass(frozen=True)
class Switched:
    """What is served now and was before; `running`: a policy server has taken it, else it holds from the next start."""

    served: str
    previous: str
    running: bool

    def to_json(self) -> dict[str, Any]:
        return {"served": self.served, "previous": self.previous, "running": self.running}


def promote(config: Config, name: str, force: bool = False) -> Switched:
    """Serve a checkpoint from now on, and remember the one before.

    Args:
        force: also one that has not beaten the served one.

    Raises:
        UsageError: it is served already, or has not beaten the served one.
        CheckpointError: it cannot be loaded; then nothing changes.
    """
    before = config.checkpoint or EMBEDDED
    new, old = folder_of(config, name), folder_of(config, before)
    if new.resolve() == old.resolve():
        raise UsageError(f"'{name}' is served already", next_step="see the others with: coach checkpoints")
    fingerprint(new)
    why_not = "" if force else objection(config.home, old, new)
    if why_not:
        proof = f"coach eval {before} {name} (with --suite home where it learned rules of this home)"
        mend = f"prove it with: {proof}, or serve it all the same with --force"
        raise UsageError(f"'{name}' has not beaten '{before}', which is served: {why_not}", next_step=mend)
    return _switch(config, name, before)


def rollback(config: Config) -> Switched:
    """Serve again what was served before the last switch; a second time undoes that.

    Raises:
        UsageError: nothing was promoted yet.
        CheckpointError: the previous one cannot be loaded any more; then nothing changes.
    """
    choice = in_force(config)
    if choice is None:
        raise UsageError("there is nothing to go back to: no checkpoint was promoted in this home, or config.yaml has "
                         "named another one since", next_step="see them with: coach checkpoints")  # fmt: skip
    fingerprint(folder_of(config, choice.previous))
    return _switch(config, choice.previous, choice.served)


def folder_of(config: Config, name: str) -> Path:
    """The folder of a checkpoint. Raises: ConfigError: there is none of that name."""
    found = find_checkpoint(config, name)
    if found:
        return Path(found)
    from importlib import resources

    return Path(str(resources.files("policy"))) / EMBEDDED


def in_force(config: Config) -> Choice | None:
    """The last choice, unless the configuration has named another checkpoint since."""
    choice = read_choice(config.home)
    return choice if choice is not None and choice.served == config.checkpoint else None


def running(config: Config) -> str | None:
    """What the policy server serves at this moment, as it names it; None where none answers."""
    try:
        health = _ask(config, HealthRequest(request_id=1), HEALTH_S)
    except UnreachableError:
        return None
    return health.checkpoint if isinstance(health, Health) else None


def _switch(config: Config, name: str, before: str) -> Switched:
    taken = running(config) is not None
    if taken:
        _reload(config, name)
    else:
        _check_loads(config, name)
    choice = in_force(config)
    configured = choice.configured if choice is not None else config.checkpoint
    write_choice(config.home, Choice(served=name, previous=before, configured=configured))
    return Switched(name, before, taken)


def _reload(config: Config, name: str) -> None:
    """A server on this machine is given the folder, one elsewhere the name, which it knows a folder of its own by."""
    wanted = name
    if is_local(config.policy_address):
        wanted = str(Path(find_checkpoint(config, name)).absolute()) if find_checkpoint(config, name) else ""
    reply = _ask(config, ReloadRequest(request_id=2, checkpoint=wanted), RELOAD_S)
    if not isinstance(reply, ReloadReply):
        raise ProtocolError(f"the policy server answered with a {type(reply).__name__}", "ReloadReply")


def _check_loads(config: Config, name: str) -> None:
    """No server is there to try it: a checkpoint that cannot be loaded must not be what the next start finds."""
    from policy.loading import load_policy  # here, not above: torch comes with it

    try:
        load_policy(find_checkpoint(config, name), "cpu")
    except CheckpointError as error:
        raise CheckpointError(f"'{name}' cannot be served: {error.what}", error.allowed, error.next_step) from None


def _ask(config: Config, message: Message, deadline_s: float) -> Message:
    """The policy server's reply.

    Raises:
        UnreachableError: none before the deadline.
        CoachError: it refused; its subclass is that of the Error's code.
    """
    context = zmq.Context()
    client = None
    try:
        client = connect(context, zmq.DEALER, config.policy_address, policy_keys(config))
        client.send_multipart(Codec().encode(message))
        if not client.poll(int(deadline_s * 1000)):
            what = f"the policy server at {config.policy_address} did not answer within {deadline_s:g} s"
            raise UnreachableError(what, next_step="see whether it runs: coach doctor")
        reply = Codec().decode(client.recv_multipart())
    finally:
        if client is not None:
            client.close()
        context.term()
    if isinstance(reply, Error):
        raise error_from(reply)
    return reply
