"""Of two coaches one speaks and the other watches until it asks; what was held up on the way moves nothing."""

import time

import pytest
import zmq
from bridge_rig import Rig

from robot_bridge.client import BridgeClient
from robot_bridge.clocks import PeerClocks
from robot_bridge.floor import GONE_S, SILENT_S, Floor
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import FloorError, UsageError
from robot_bridge.protocol.messages import Heartbeat, Intervention, Status

TASK = {"kind": "task", "instruction": "put the red cup in the sink"}


@pytest.fixture
def rig(start_rig):
    return start_rig(coach_deadline_s=0.5)


@pytest.fixture
def ben(rig):
    line = BridgeClient(rig.address, coach="ben's tablet")
    yield line
    line.close()


def told(rig: Rig) -> list[str]:
    return [m.text for m in list(rig.heard) if getattr(m, "code", "") == "floor"]


def test_second_coach_watches_and_may_only_say_stop_until_it_asks(rig, ben):
    rig.until(lambda: rig.status().coach_name == "test")  # its first heartbeat has come
    rig.task()
    rig.until_moving()
    ben.heartbeat("ben")
    with pytest.raises(FloorError, match=r"test coaches the robot now, and this terminal watches; say 'let me coach'"):
        ben.send(Intervention(id="b1", by="ben", **TASK))
    assert isinstance(ben.status(), Status) and ben.status().coach_name == "test"
    assert ben.send(Intervention(id="b2", kind="stop", by="ben")).state == "stopped"
    rig.say("resume")
    ben.take_floor("ben")
    rig.until_event("floor")
    assert told(rig) == ["ben coaches the robot now; test watches and can still say stop"]
    assert ben.send(Intervention(id="b3", by="ben", **TASK)).state == "running"
    with pytest.raises(FloorError, match="ben coaches"):
        rig.say("pause")
    rig.client.take_floor("test")
    assert rig.say("pause")


def test_watching_coach_does_not_keep_the_arms_going_when_the_other_is_gone(rig, ben):
    rig.task()
    rig.until_moving()
    rig.beating = False
    rig.until(lambda: ben.heartbeat("ben") and "coach_silent" in rig.codes())


def test_floor_goes_to_who_speaks_after_a_silence_and_to_who_is_there_after_a_long_one(tmp_path):
    said: list[str] = []
    floor = Floor(lambda level, code, text: said.append(text), None, 0.0)
    assert floor.seen("a", "Anna", 1.0, 1.0) and not floor.seen("b", "Ben", 1.1, 1.1)
    with pytest.raises(FloorError):
        floor.require("b", "Ben", 1.0 + SILENT_S)
    floor.require("b", "Ben", 1.1 + SILENT_S)
    assert floor.coach == "b" and len(said) == 1
    assert not floor.seen("a", "Anna", 4.0, 4.0)
    assert floor.seen("a", "Anna", 4.0 + GONE_S, 4.0 + GONE_S)


def test_floor_is_kept_through_a_restart_of_the_bridge(tmp_path):
    path = tmp_path / "floor.json"
    Floor(lambda *_: None, path, 0.0).seen("a", "Anna", 1.0, 1.0)
    again = Floor(lambda *_: None, path, 0.0)
    assert not again.seen("b", "Ben", 1.0, 1.0) and again.seen("a", "Anna", 1.1, 1.1)
    path.write_text("half")
    assert Floor(lambda *_: None, path, 0.0).seen("b", "Ben", 1.0, 1.0)


def test_old_words_are_not_followed_when_they_come_late(rig):
    context = zmq.Context()
    line, codec = context.socket(zmq.DEALER), Codec()
    line.linger = 0
    line.connect(rig.address)

    def exchange(message):
        line.send_multipart(codec.encode(message))
        assert line.poll(2000)
        return codec.decode(line.recv_multipart())

    now_s = time.monotonic()
    late = exchange(Intervention(id="late", sent_s=now_s - 10, text="go on", **TASK))
    assert late.code == UsageError.code and "10.0 s on its way" in late.what
    assert "'go on' was 10 s on its way here" in rig.until_event("late_words").text
    assert rig.client.status().state == "idle"
    assert exchange(Intervention(id="s", kind="stop", sent_s=now_s - 10)).state == "stopped", "a stop is never too late"
    rig.say("resume")
    rig.task()
    rig.until_moving()
    rig.beating = False
    beat = Heartbeat(who="test", time_s=now_s)  # said before the silence: it proves nothing now
    rig.until(lambda: exchange(beat) and "coach_silent" in rig.codes())
    line.close()
    context.term()


def test_way_of_a_message_is_known_although_clocks_differ():
    clocks = PeerClocks(same_machine=False)
    assert clocks.sent_at("a", 1000.0, 5.0) == 5.0
    assert clocks.sent_at("a", 1001.0, 6.2) == pytest.approx(6.0, abs=0.01)
    assert clocks.sent_at("a", 1002.0, 17.0) == pytest.approx(7.0, abs=0.02), "ten seconds in the cable"
    assert clocks.sent_at("a", 1002.0, 30.0) == pytest.approx(7.0, abs=0.1), "the same words again"
    assert clocks.sent_at("a", 3.0, 40.0) == 40.0, "the machine was started again"
    assert clocks.sent_at("b", 0.0, 41.0) == 41.0 == clocks.sent_at("b", float("nan"), 41.0)
    assert PeerClocks(same_machine=True).sent_at("a", 3.0, 5.0) == 3.0
