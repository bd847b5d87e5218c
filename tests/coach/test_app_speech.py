"""The screen of the hearing: what is heard, undone and put right, and what is said where nothing can be heard."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_support import ScriptedSystem, config_in
from textual.widgets import OptionList

from coach.app.app import CoachApp
from coach.app.conversation import Conversation
from coach.app.messages import Pointed
from coach.app.microphone_screen import MicrophoneScreen
from coach.app.say_line import SayLine
from coach.app.speech_actions import SpokenTo
from coach.app.speech_bar import SpeechBar, meter
from coach.session.replies import Reply
from coach.speech.heard import Heard
from coach.speech.settings import SpeechSettings
from coach.speech.sound import Device, SoundError, SoundSystem
from coach.speech.speech import Glance
from robot_bridge.protocol.thought import Where

GLANCE = Glance("hands_free", True, "Desk", -30.0, False, False, "", "base.en", None)


class ScriptedSpeech:
    """The interface of `coach.speech.speech.Speech`."""

    def __init__(self) -> None:
        self.glance = GLANCE
        self.calls: list[Any] = []

    def say(self, text: str) -> None:
        self.calls.append(("say", text))

    def hush(self) -> None:
        self.calls.append("hush")

    def talk(self) -> None:
        self.calls.append("talk")

    def listen(self, mode: str) -> None:
        self.calls.append(mode)

    def next_mode(self) -> str:
        return "hands_free"

    def devices(self) -> list[Device]:
        return [Device(0, "Desk", 44100.0, 1, True), Device(1, "Headset", 16000.0, 1, False)]

    def choose(self, name: str) -> None:
        self.calls.append(("choose", name))

    def close(self) -> None:
        self.calls.append("close")


class Bench:
    def __init__(self, home: Path, **changes: Any) -> None:
        self.systems: list[ScriptedSystem] = []
        self.app = CoachApp(config_in(home, **changes), self._connect)
        self.pilot: Any = None

    def _connect(self, *arguments: Any) -> Any:
        self.systems.append(ScriptedSystem(*arguments))
        return self.systems[-1]

    @property
    def bar(self) -> SpeechBar:
        return self.app.main.query_one(SpeechBar)

    @property
    def said(self) -> str:
        return self.bar.render().plain  # type: ignore[union-attr]

    async def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + 5.0
        while not true():
            assert time.monotonic() < end, "it did not happen in time"
            await asyncio.sleep(0.02)

    async def hear(self, text: str) -> None:
        self.app.post_message(SpokenTo(Heard(text)))
        await self.until(lambda: self.bar.heard == text)

    async def answered(self, text: str) -> None:
        """The scripted system has heard this, and its answer is on the screen."""
        await self.until(lambda: ("robot", f"I heard: {text}") in self.app.main.query_one(Conversation).lines)


@asynccontextmanager
async def opened(home: Path, scripted: ScriptedSpeech | None, **changes: Any) -> AsyncIterator[Bench]:
    bench = Bench(home, **changes)
    async with bench.app.run_test(size=(120, 40), notifications=True) as bench.pilot:
        await bench.until(lambda: bench.app.speech is not None)
        if scripted is not None:
            bench.app.speech = scripted  # type: ignore[assignment]
            await bench.until(lambda: bench.bar.glance is scripted.glance)
        yield bench


async def test_the_line_shows_mode_loudness_and_the_words_so_far(tmp_path: Path) -> None:
    speech = ScriptedSpeech()
    async with opened(tmp_path, speech) as bench:
        assert bench.bar.display and "hands free" in bench.said and "▮" in bench.said
        speech.glance = dataclasses.replace(GLANCE, speaking=True, partial="put the red")
        await bench.until(lambda: "put the red" in bench.said)
        speech.glance = dataclasses.replace(GLANCE, fetching=0.43)
        await bench.until(lambda: "43%" in bench.said)
        speech.glance = dataclasses.replace(GLANCE, mode="off", on=False)
        await bench.until(lambda: not bench.bar.display)


async def test_what_was_heard_is_shown_and_undone_with_one_key(tmp_path: Path) -> None:
    async with opened(tmp_path, ScriptedSpeech()) as bench:
        await bench.hear("no, put it in the bin")
        assert '"no, put it in the bin"  ^z undo  ^t edit' in bench.said
        assert ("person", "no, put it in the bin") in bench.app.main.query_one(Conversation).lines
        await bench.pilot.press("ctrl+z")
        await bench.answered("undo")
        assert not bench.bar.heard


async def test_what_was_misheard_is_put_right_on_the_line(tmp_path: Path) -> None:
    async with opened(tmp_path, ScriptedSpeech()) as bench:
        await bench.hear("no, put it in the pin")
        await bench.pilot.press("ctrl+t")
        line = bench.app.main.query_one(SayLine)
        assert line.value == "no, put it in the pin"
        line.value = "no, put it in the bin"
        await bench.pilot.press("enter")
        await bench.until(lambda: bench.systems[0].instead == ["no, put it in the bin"])
        await bench.pilot.press(*"hello", "enter")  # a line like any other again
        await bench.answered("hello")


async def test_a_click_on_the_picture_goes_with_what_is_said_aloud(tmp_path: Path) -> None:
    async with opened(tmp_path, None) as bench:
        bench.app.post_message(Pointed("base", 0.25, 0.5))
        await bench.until(lambda: bench.app.point_shown() is not None)
        said = bench.app.speech._person.said  # type: ignore[union-attr]
        await asyncio.to_thread(said, Heard("", stopped=True))  # a noise takes no point
        await asyncio.to_thread(said, Heard("pick up this one"))
        await bench.answered("pick up this one")
        assert bench.systems[0].pointed == [None, Where("base", 0.25, 0.5)]
        await bench.until(lambda: bench.app.main.query_one(SayLine).border_title == "say")
        await asyncio.to_thread(said, Heard("go on"))
        await bench.answered("go on")
        assert bench.systems[0].pointed[-1] is None


async def test_the_robot_answers_aloud_and_falls_silent_for_a_stop(tmp_path: Path) -> None:
    speech = ScriptedSpeech()
    async with opened(tmp_path, speech) as bench:
        bench.systems[0].answered(Reply("All right."))
        await bench.until(lambda: ("say", "All right.") in speech.calls)
        speech.calls.clear()
        await bench.pilot.press("escape")
        assert speech.calls == ["hush"] and len(bench.systems[0].stops) == 1
    assert speech.calls[-1] == "close"


async def test_keys_talk_and_change_how_it_listens(tmp_path: Path) -> None:
    speech = ScriptedSpeech()
    async with opened(tmp_path, speech) as bench:
        await bench.pilot.press("f8", "f9")
        await bench.until(lambda: {"talk", "hands_free"} <= {call for call in speech.calls if isinstance(call, str)})


async def test_another_microphone_is_chosen_from_the_list(tmp_path: Path) -> None:
    speech = ScriptedSpeech()
    async with opened(tmp_path, speech) as bench:
        bench.app.action_microphone()
        await bench.until(lambda: isinstance(bench.app.screen, MicrophoneScreen))
        await bench.until(lambda: len(bench.app.screen.query(OptionList)) == 1)
        options = bench.app.screen.query_one(OptionList)
        assert "Desk  (44.1 kHz, default, in use)" in str(options.get_option_at_index(0).prompt)
        options.focus()
        await bench.pilot.press("down", "enter")
        await bench.until(lambda: ("choose", "Headset") in speech.calls)
        assert bench.systems[0].recall("microphone") == "Headset"


async def test_one_sentence_is_told_and_typing_works_when_there_is_no_portaudio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def library(self: SoundSystem) -> Any:
        raise SoundError("the PortAudio library is missing, so nothing can be heard", next_step="typing works without")

    monkeypatch.setattr(SoundSystem, "library", property(library))
    async with opened(tmp_path, None) as bench:
        await bench.pilot.press("f8")
        await bench.until(lambda: any("PortAudio library is missing" in n.message for n in bench.app._notifications))
        await bench.pilot.press(*"hello", "enter")
        await bench.answered("hello")


async def test_nothing_is_opened_before_somebody_asks_for_it(tmp_path: Path) -> None:
    async with opened(tmp_path, None, speech=SpeechSettings(mode="push_to_talk")) as bench:
        await asyncio.sleep(0.3)
        assert bench.app.speech is not None and not bench.app.speech.glance.on
        assert not bench.bar.display


def test_the_meter_is_red_where_it_clips() -> None:
    colours = {"error": "red", "warning": "yellow", "success": "green"}
    assert meter(-100.0, colours).plain == "▯" * 8
    assert meter(0.0, colours).spans[0].style == "red"
    assert 0 < meter(-35.0, colours).plain.count("▮") < 8
