"""What was said aloud: spotted stops, doubtful words, the sound of a correction. Real sockets, a real store."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from bridge_stand_in import StandIn
from waiting import until

from coach.config import Config
from coach.session.offers import differences, make_offer, settle
from coach.session.replies import Reply
from coach.session.system import System
from coach.speech.audio import to_pcm
from coach.speech.heard import Heard
from coach.speech.settings import SpeechSettings
from memory.recordings import Recording
from memory.store import Store
from robot_bridge.protocol.thought import Where

POINT = Where("base", 0.25, 0.5)
SOUND = to_pcm(np.full(1600, 0.25, np.float32))


@dataclass
class Home:
    bridge: StandIn
    config: Config
    replies: list[Reply] = field(default_factory=list)
    system: System = field(init=False)

    def open(self) -> System:
        self.system = System.open(self.config, lambda message: None, self.replies.append)
        return self.system

    def hear(self, text: str, where: Where | None = None, **values: object) -> Reply:
        count = len(self.replies)
        self.system.submit_spoken(Heard(text, pcm=SOUND, model="base.en", **values), where)  # type: ignore[arg-type]
        until(lambda: len(self.replies) > count)
        return self.replies[count]

    def spot_stop_then_hear(self, text: str) -> Reply:
        self.system.spoken.stop()
        until(lambda: "stop" in self.bridge.kinds())
        return self.hear(text, stopped=True)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    bridge = StandIn()
    home = Home(bridge, Config(home=tmp_path, bridge_address=bridge.address, events_address=bridge.events_address))
    home.open()
    yield home
    home.system.close()
    bridge.close()


def test_a_spotted_stop_acts_before_there_are_words_and_is_confirmed_by_them(home: Home):
    home.bridge.work_on()
    reply = home.spot_stop_then_hear("Stop!")
    assert home.bridge.kinds() == ["stop"] and "stopped" in reply.said


def test_the_robot_apologises_and_offers_to_go_on_when_it_was_no_stop(home: Home):
    home.bridge.work_on()
    reply = home.spot_stop_then_hear("the shop is closed")
    assert "sorry" in reply.said and "the shop is closed" in reply.said
    home.hear("yes")
    assert home.bridge.kinds() == ["stop", "resume"]


def test_the_arms_hold_on_when_the_offer_is_refused(home: Home):
    home.bridge.work_on()
    home.spot_stop_then_hear("")
    assert "stopped" in home.hear("no").said
    assert home.bridge.kinds() == ["stop"]


def test_a_stop_that_was_not_spotted_still_overtakes_all_that_waits(home: Home):
    home.bridge.work_on()
    home.bridge.delay_s = 0.3
    for _ in range(3):
        home.system.submit("what are you doing?")
    start_s = time.perf_counter()
    home.system.submit_spoken(Heard("Stop.", confidence=0.1))
    until(lambda: "stop" in home.bridge.kinds())
    assert time.perf_counter() - start_s < 0.8


def test_doubtful_words_are_asked_about_with_what_was_heard(home: Home):
    reply = home.hear("put the red cup in the bin", confidence=0.4, alternatives=("put the red cup in the sink",))
    assert reply.said == 'I heard "put the red cup in the bin", but not clearly: "bin" or "sink"?'
    assert home.bridge.kinds() == []
    home.hear("the sink")
    assert home.bridge.interventions[0].instruction == "put the red cup in the sink"


def test_doubtful_words_are_done_when_every_reading_means_the_same(home: Home):
    home.hear("put the red cup in the sink", confidence=0.4, alternatives=("Put that red cup in the sink.",))
    assert home.bridge.kinds() == ["task"]


def test_very_doubtful_words_wait_for_a_yes(home: Home):
    home.bridge.work_on()
    assert "Is that right?" in home.hear("no, put it in the drying rack", confidence=0.1).said
    reply = home.hear("yes")
    assert home.bridge.kinds() == ["correction"]
    (kept,) = home.system._store.recordings(reply.correction_id)
    assert kept.heard == "no, put it in the drying rack"


def test_words_that_are_clear_count_and_close_the_offer(home: Home):
    home.hear("put the red cup in the bin", confidence=0.1)
    home.hear("put the red cup in the sink")
    assert home.bridge.interventions[0].instruction == "put the red cup in the sink"
    home.hear("yes")
    assert home.bridge.kinds() == ["task"]


@pytest.mark.parametrize("confidence", [0.9, 0.1])
def test_spoken_words_go_with_the_point_that_is_shown_meanwhile(home: Home, confidence: float):
    home.bridge.work_on()
    reply = home.hear("no, this one", POINT, confidence=confidence)
    if confidence < 0.5:
        assert "Is that right?" in reply.said and home.bridge.kinds() == []
        reply = home.hear("yes")
    assert home.bridge.kinds() == ["correction"] and home.bridge.interventions[0].where == POINT
    assert home.system._store.correction(reply.correction_id).where == POINT


def test_words_put_right_are_about_the_point_shown_with_the_misheard_ones(home: Home):
    home.bridge.work_on()
    home.hear("no, this bun", POINT)
    home.system.submit_instead("no, this one")
    until(lambda: len(home.replies) == 2)
    assert home.bridge.interventions[-1].where == POINT


def test_the_sound_of_a_correction_is_kept_with_it(home: Home):
    home.bridge.work_on()
    reply = home.hear("no, put it in the drying rack", confidence=0.9)
    (kept,) = home.system._store.recordings(reply.correction_id)
    assert kept.wav[:4] == b"RIFF" and kept.wav[44:] == SOUND
    assert (kept.heard, kept.model, kept.confidence) == ("no, put it in the drying rack", "base.en", 0.9)


def test_no_sound_is_kept_when_the_home_opted_out(home: Home):
    home.system.close()
    home.config = dataclasses.replace(home.config, speech=SpeechSettings(keep_audio=False))
    home.open()
    home.bridge.work_on()
    reply = home.hear("no, put it in the drying rack")
    assert reply.correction_id and not home.system._store.recordings()


def test_a_misheard_correction_is_taken_back_when_its_text_is_put_right(home: Home):
    home.bridge.work_on()
    first = home.hear("no, put it in the drying rack")
    home.system.submit_instead("no, put it in the bin")
    until(lambda: len(home.replies) == 2)
    second = home.replies[1]
    store = home.system._store
    assert store.correction(first.correction_id).outcome == "retracted"
    assert store.correction(second.correction_id).instruction_now == "put the red cup in the bin"
    assert [kept.heard for kept in store.recordings(second.correction_id)] == ["no, put it in the drying rack"]


def test_old_sound_is_forgotten_while_the_terminal_stays_open(home: Home):
    home.bridge.work_on()
    lesson = home.hear("no, put it in the drying rack").correction_id
    store = home.system._store
    long_ago_s = time.time() - 91 * 86400
    store.add_recording(Recording(correction_id=lesson, wall_s=long_ago_s, wav=b"RIFF", heard="no",
                                  model="", confidence=1.0))  # fmt: skip
    assert any(kept.wall_s == long_ago_s for kept in store.recordings(lesson))
    home.system._housekeeping.look()
    assert [kept.wall_s for kept in store.recordings(lesson) if kept.wall_s == long_ago_s] == []


def test_whisper_is_told_the_names_and_rules_of_this_home(home: Home):
    home.hear("mugs go on the top shelf")
    prompt = home.system.spoken.prompt()
    assert "drying rack" in prompt and "plate" in prompt and "top shelf" in prompt


def test_whisper_is_told_the_things_that_this_home_has_worked_with(home: Home):
    store = home.system._store
    store.begin_episode("task", "put the orange teapot in the pantry", "home", "", "kitchen", "Ada")
    prompt = home.system.spoken.prompt()
    assert prompt.startswith("orange teapot") and "in the pantry" in prompt and "red plate" not in prompt
    for number in range(12):
        store.begin_episode(f"task {number}", f"put the thing{number} in the place{number}", "h", "", "kitchen", "Ada")
        home.hear(f"mugs number {number} go on the top shelf with the very longest name that anybody ever gave a shelf")
    assert "thing11" in home.system.spoken.prompt() and len(home.system.spoken.prompt()) < 1200


def test_an_offer_is_forgotten_when_it_is_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Store.open(tmp_path / "memory.db") as store:
        make_offer(store, ["resume"], "no")
        now_s = time.time()
        monkeypatch.setattr(time, "time", lambda: now_s + 100)
        assert settle(store, "yes").words == "yes"


@pytest.mark.parametrize(
    ("readings", "parts"),
    [
        (["put it in the rack", "put it in the bin"], ("rack", "bin")),
        (["put the cup down", "but the cup down"], ("put", "but")),
        (["stop it", "stop it now"], ("stop it", "stop it now")),
        (["pick up the blue cup", "pick up the two cups"], ("blue cup", "two cups")),
    ],
)
def test_what_tells_two_readings_apart_is_named(readings, parts):
    assert differences(readings) == parts
