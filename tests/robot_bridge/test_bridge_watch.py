"""A whole bridge: what goes silent makes the arms hold, what comes back is said, and nothing wedges."""

import threading
import time

import numpy as np
import pytest
import zmq
from fake_arms import MemoryArms

from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.config import BridgeConfig
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError, ConfigError, UnreachableError, UsageError
from robot_bridge.protocol.messages import Error, HealthRequest, Intervention, Status
from robot_bridge.server import serve


@pytest.fixture
def rig(start_rig):
    return start_rig(coach_deadline_s=0.5, park_after_s=0.4)


def test_arms_hold_and_go_on_by_themselves_when_the_policy_dies_and_returns(rig, policy):
    rig.task()
    rig.until_moving()
    policy.kill()
    rig.until_event("policy_silent")
    rig.until_state("holding")
    status = rig.status()
    assert not status.policy_ok and ("has not answered" in status.detail or "broke" in status.detail)
    time.sleep(0.3)
    assert rig.codes().count("policy_silent") == 1
    policy.start()
    rig.until_event("policy_back")
    rig.until_state("running")
    rig.until_moving()
    assert rig.status().policy_ok


def test_arms_hold_when_the_policy_only_grows_slow(rig, policy):
    rig.task()
    rig.until_moving()
    policy.think_s = 0.6
    rig.until_event("policy_silent")
    policy.think_s = 0.0
    rig.until_event("policy_back")
    rig.until_moving()


def test_arms_hold_then_go_home_when_the_policy_stays_dead(rig, policy):
    rig.task()
    rig.until_moving()
    policy.kill()
    rig.until_event("parked")
    before = len(rig.arms.commands)
    home = rig.arms.embodiment.home
    rig.until(lambda: np.abs(rig.arms.commands[-1][1] - home).max() < 0.005)
    targets = np.array([target for _, target in rig.arms.commands[before:]])
    assert np.abs(np.diff(targets, axis=0)).max() <= 0.2 * 2.0 * 0.02 + 1e-6  # a fifth of 2 rad/s
    policy.start()


def test_arms_do_not_go_home_when_a_person_said_pause_or_stop(rig):
    rig.task()
    rig.until_moving()
    for word in ("pause", "stop"):
        rig.say(word)
        still_s = time.monotonic() + 0.02
        time.sleep(0.6)
        assert rig.arms.moved_since(still_s) == 0
    assert "parked" not in rig.codes()


def test_arms_hold_and_go_on_when_the_coach_falls_silent_and_returns_soon(rig):
    rig.task()
    rig.until_moving()
    rig.beating = False
    rig.until(lambda: rig.client.status() and "coach_silent" in rig.codes())  # watching is no sign of life
    held_s = time.monotonic() + 0.02
    time.sleep(0.1)
    assert rig.arms.moved_since(held_s) == 0
    rig.beating = True
    rig.until_event("coach_back")
    rig.until_moving()


def test_arms_wait_for_a_word_when_the_coach_returns_after_they_went_home(rig):
    rig.task()
    rig.until_moving()
    rig.beating = False
    rig.until_event("parked")
    rig.beating = True
    rig.until(lambda: "say resume" in rig.status().detail)
    assert rig.status().state == "holding"
    rig.say("resume")
    rig.until_moving()


def test_arms_are_in_fault_when_their_driver_is_late_by_two_ticks(rig):
    rig.task()
    rig.until_moving()
    rig.arms.slow_s = 0.1  # a simulator may take its time
    time.sleep(0.3)
    assert "fault" not in rig.codes()
    rig.arms.late_after_ticks = 2
    assert "their driver took" in rig.until_event("fault").text
    late_s = time.monotonic()
    rig.until_state("fault")
    time.sleep(0.15)
    assert rig.arms.moved_since(late_s) == 0
    rig.arms.slow_s, rig.arms.late_after_ticks = 0.0, 0
    rig.until_event("fault_cleared")
    rig.until_state("holding")
    rig.say("resume")
    rig.until_moving()


def test_arms_hold_and_are_tried_again_when_they_fail(rig):
    rig.task()
    rig.until_moving()
    rig.arms.broken = True
    assert "no cable" in rig.until_event("fault").text
    rig.until_state("fault")
    with pytest.raises(UsageError, match="the arms do not answer"):
        rig.say("resume")
    rig.arms.broken = False
    rig.until_event("fault_cleared")
    rig.until_state("holding")
    rig.say("resume")
    rig.until_moving()


def test_arms_wait_for_a_word_when_they_failed_while_stopped_and_answer_again(rig):
    rig.task()
    rig.until_moving()
    rig.say("stop")
    rig.arms.broken = True
    rig.until_event("fault")
    for word in ("resume", "task"):
        with pytest.raises(UsageError, match="the arms do not answer"):
            rig.say(word, instruction="put the red cup in the sink")
    rig.arms.broken = False
    rig.until_event("fault_cleared")
    healed_s = time.monotonic()
    time.sleep(0.2)
    assert rig.client.status().state == "stopped" and rig.arms.moved_since(healed_s) == 0
    rig.say("resume")
    rig.until_moving()


def test_arms_hold_when_the_cameras_fail(start_rig):
    rig = start_rig(observation_deadline_s=0.2)
    rig.task()
    rig.until_moving()
    rig.arms.blind = True
    rig.until_event("cameras_failed")
    rig.until_event("cameras_silent")
    rig.until_state("holding")
    rig.arms.blind = False
    rig.until_event("cameras_back")
    rig.until_moving()


def test_every_request_is_answered_when_it_is_garbage(rig):
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(rig.address)
    codec = Codec()
    rubbish = [[b""], [b"\xff" * 50], [b"x"] * 30, [b'{"type": 1}'], [b"\x91" * 5000],
               codec.encode(HealthRequest(request_id=4))]  # fmt: skip
    for parts in rubbish:
        socket.send_multipart(parts)
        assert socket.poll(2000), parts
        reply = codec.decode(socket.recv_multipart())
        assert isinstance(reply, Error) and reply.what
    socket.close()
    context.term()
    assert rig.client.status().state == "idle"


def test_both_are_served_when_two_coaches_connect(rig):
    other, ears = BridgeClient(rig.address), EventSubscriber(rig.events_address, kinds=["Status"])
    other.send(Intervention(id="o", kind="task", instruction="put the red cup in the sink", by="other"))
    rig.until_state("running")
    assert rig.client.status().task_id == "o"
    assert isinstance(ears.poll(2.0), Status)
    other.close()
    ears.close()


def test_one_sentence_is_raised_when_the_port_is_in_use(rig):
    stop = threading.Event()
    for taken in ({"address": rig.address}, {"events_address": rig.events_address}):
        free = {"address": "tcp://127.0.0.1:*", "events_address": "tcp://127.0.0.1:*"}
        with pytest.raises(CoachError, match="the port is in use") as raised:
            serve(BridgeConfig(**{**free, **taken}), MemoryArms(), stop)
        assert raised.value.next_step
    with pytest.raises(ConfigError):
        serve(BridgeConfig(address="tcp://203.0.113.7:5651"), MemoryArms(), stop)


def test_one_sentence_is_raised_when_the_arms_cannot_be_reached():
    config = BridgeConfig(address="tcp://127.0.0.1:*", events_address="tcp://127.0.0.1:*")
    with pytest.raises(CoachError, match="the arms cannot be reached: no cable"):
        serve(config, MemoryArms(broken=True), threading.Event())


def test_client_raises_and_works_again_when_the_bridge_is_gone_and_returns(start_rig):
    context = zmq.Context()
    probe = context.socket(zmq.ROUTER)
    probe.bind("tcp://127.0.0.1:*")
    address = probe.getsockopt_string(zmq.LAST_ENDPOINT)
    probe.close(linger=0)
    context.term()
    client = BridgeClient(address)
    began_s = time.monotonic()
    for _ in range(2):
        with pytest.raises(UnreachableError, match="did not answer"):
            client.status(deadline_s=0.2)
    assert time.monotonic() - began_s < 3.0  # it does not wait for ever
    rig = start_rig(address=address)
    assert client.status().state == "idle"
    client.close()
    rig.close()
    with pytest.raises(UnreachableError, match="closed"):
        client.status(deadline_s=0.2)


def test_scene_returns_when_the_bridge_was_killed(start_rig, tmp_path):
    kept = tmp_path / "scene"
    rig = start_rig(snapshot_path=kept, snapshot_period_s=0.1)
    rig.task()
    rig.until(lambda: abs(rig.arms.commands[-1][1][0]) > 0.1)
    rig.say("stop")
    rig.until_state("stopped")
    rig.until(lambda: kept.exists() and kept.read_bytes() == rig.arms.snapshot())
    where = rig.arms.commands[-1][1]
    rig.close()
    again = start_rig(snapshot_path=kept)
    np.testing.assert_allclose(again.arms.commands[0][1], where, atol=1e-6)
    assert again.status().state == "idle" and "everything is where it was" in again.status().detail
    again.close()
    kept.write_bytes(b"half a file")
    third = start_rig(snapshot_path=kept)
    assert "could not be read" in third.status().detail


@pytest.mark.parametrize("change", [{"think_period_s": 0}, {"coach_deadline_s": float("nan")}, {"park_speed": 2.0},
                                    {"act_ahead": -1.0}, {"help_after_failures": 0}])  # fmt: skip
def test_config_is_refused_when_a_limit_is_none(change):
    with pytest.raises(ConfigError):
        BridgeConfig(**change)
