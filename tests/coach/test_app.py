"""The real app, driven by Textual's pilot."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_support import ScriptedSystem, config_in, lesson, observation, running_status, tokens
from textual.events import Key
from textual.geometry import Size
from textual.pilot import Pilot

from coach.app.app import CoachApp
from coach.app.cameras import Cameras, best_fit
from coach.app.conversation import Conversation
from coach.app.corrections_screen import CorrectionDetails, CorrectionsScreen
from coach.app.help_screen import HelpScreen
from coach.app.key_hints import HintList
from coach.app.keymap import resolve_keys
from coach.app.pictures import load_renderable, speaks_graphics_protocol
from coach.app.say_line import SayLine
from coach.app.status_line import StatusLine
from coach.app.subtask_list import SubtaskList
from coach.app.thought_panel import ThoughtPanel
from coach.processes.notices import Restart
from coach.session.replies import Reply
from memory.store import Store
from robot_bridge.protocol.errors import ConfigError, StoreError
from robot_bridge.protocol.messages import Event, ThoughtEvent
from robot_bridge.protocol.thought import Thought


class Bench:
    """The app with its scripted system."""

    def __init__(self, home: Path, **changes: Any) -> None:
        self.systems: list[ScriptedSystem] = []
        self.app = CoachApp(config_in(home, **changes), self._connect)
        self.pilot: Pilot[None]

    def _connect(self, *arguments: Any) -> Any:
        self.systems.append(ScriptedSystem(*arguments))
        return self.systems[-1]

    @property
    def system(self) -> ScriptedSystem:
        return self.systems[-1]

    def find(self, kind: type) -> Any:
        return self.app.main.query_one(kind)

    async def until(self, true: Callable[[], bool], deadline_s: float = 4.0) -> None:
        end = time.monotonic() + deadline_s
        while not true():
            assert time.monotonic() < end, "it did not happen in time"
            await self.pilot.pause(0.02)

    async def type(self, text: str) -> None:
        self.find(SayLine).value = text
        await self.pilot.press("enter")


@asynccontextmanager
async def opened(home: Path, size: tuple[int, int] = (120, 40), **changes: Any) -> AsyncIterator[Bench]:
    bench = Bench(home, **changes)
    async with bench.app.run_test(size=size, notifications=True) as bench.pilot:
        await bench.until(lambda: bench.app.system is not None)
        yield bench


async def test_a_task_is_shown_at_once_and_answered_when_typed(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        await bench.pilot.press(*"put the red cup in the sink", "enter")
        assert bench.find(Conversation).lines[0] == ("person", "put the red cup in the sink")
        await bench.until(lambda: len(bench.find(Conversation).lines) == 2)
        assert bench.system.heard == ["put the red cup in the sink"]
        assert bench.find(Conversation).lines[1] == ("robot", "I heard: put the red cup in the sink")
        await bench.pilot.pause(0.6)  # the memory is read again: nothing appears twice
        assert len(bench.find(Conversation).lines) == 2


@pytest.mark.parametrize("key", ["escape", "ctrl+x"])
async def test_the_stop_key_stops_within_milliseconds_when_any_part_has_the_focus(tmp_path: Path, key: str) -> None:
    async with opened(tmp_path) as bench:
        bench.system.deliver(running_status())
        for count, before in enumerate([(), ("tab",), ("f1",), ("f3",), ("ctrl+p",), tuple("half a line")], start=1):
            await bench.pilot.press(*before)
            pressed = time.perf_counter()
            await bench.pilot.press(key)
            assert len(bench.system.stops) == count, before
            assert bench.system.stops[-1] - pressed < 0.1
            assert bench.app.screen is bench.app.main


async def test_the_stop_button_stops_when_it_is_clicked(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        await bench.pilot.click("StopButton")
        assert len(bench.system.stops) == 1


async def test_a_correction_replaces_the_thought_when_it_is_said_while_the_robot_works(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.system.deliver(running_status())
        thought = bench.find(ThoughtPanel)
        await bench.until(lambda: "goes in the sink" in thought.text)
        forced = "reason: the red cup is on the counter and goes in the drying rack\n"
        bench.system.say("Thank you.", forced=forced)
        await bench.until(lambda: thought.text == forced)
        for token in tokens("subtask: pick up the red cup", request_id=9):
            bench.system.deliver(token)
        await bench.until(lambda: "subtask: pick up the red cup" in thought.text)
        assert thought.text.startswith(forced) and thought.has_class("-taught")
        settled = Thought(
            reason="the red cup is on the counter and goes in the drying rack", subtask="pick up the red cup"
        )
        bench.system.deliver(ThoughtEvent(time_s=1, task_id="t1", observation_sequence=1, thought=settled, cause="c1"))
        await bench.until(lambda: thought.text == str(settled))
        assert thought.border_subtitle == "as you taught it"


async def test_a_thought_appears_token_by_token_when_the_model_writes(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        pieces = tokens("reason: the red cup is on the counter\nsubtask: pick up the red cup")
        for piece in pieces[:4]:
            bench.system.deliver(piece)
        await bench.until(lambda: bench.find(ThoughtPanel).text == "reason: the red cup ")
        bench.system.deliver(tokens("reason: a new one", request_id=2)[0])
        await bench.until(lambda: bench.find(ThoughtPanel).text == "reason: ")


async def test_status_and_subtasks_follow_the_bridge_when_it_publishes(tmp_path: Path) -> None:
    async with opened(tmp_path, size=(200, 60)) as bench:
        status = bench.find(StatusLine)
        assert "waking up" in status.text
        bench.system.deliver(running_status(done=("pick up the towel",)))
        await bench.until(lambda: "running" in status.text)
        for part in ("policy ok", "50 Hz", "310 ms think", "92 ms act", "181 tokens/s", "kitchen", "embedded"):
            assert part in status.text
        subtasks = bench.find(SubtaskList)
        assert (subtasks.done, subtasks.now) == (("pick up the towel",), "pick up the red cup")
        assert subtasks.next == ("put the red cup in the sink",)
        bench.system.deliver(running_status(state="stopped", policy_ok=False))
        await bench.until(lambda: "STOPPED" in status.text and "policy silent" in status.text)


async def test_pictures_are_drawn_when_an_observation_comes(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.system.deliver(running_status())
        await bench.until(lambda: bench.app._can_draw)
        bench.system.deliver(observation())
        cameras = bench.find(Cameras)
        await bench.until(lambda: cameras.base.has_picture and all(w.has_picture for w in cameras.wrists))


@pytest.mark.parametrize(("size", "seen"), [((60, 18), ["third"]), ((120, 40), ["first", "second", "third"])])
async def test_newest_notification_alone_is_shown_when_the_terminal_is_small(
    tmp_path: Path, size: tuple[int, int], seen: list[str]
) -> None:
    async with opened(tmp_path, size=size) as bench:
        for text in ("first", "second", "third"):
            bench.app.notify(text, timeout=60)
        await bench.until(lambda: len(bench.app.screen.query("Toast")) == 3)
        await bench.pilot.pause()
        shown = [holder.display for holder in bench.app.screen.query("ToastHolder")]
        assert shown == [text in seen for text in ("first", "second", "third")]


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (60, 14), (80, 24), (120, 40), (200, 60)])
async def test_one_can_talk_and_stop_when_the_terminal_has_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size=size) as bench:
        bench.system.deliver(running_status())
        bench.system.deliver(observation())
        await bench.type("pick up the towel")
        await bench.until(lambda: bench.system.heard == ["pick up the towel"])
        line = bench.find(SayLine)
        assert line.region.height >= 1 and line.region.bottom <= size[1] and line.region.width >= min(20, size[0])
        assert bench.find(Cameras).display == (size[0] >= 80)
        await bench.pilot.press("escape")
        assert bench.system.stops


async def test_the_newest_line_stays_in_view_when_the_terminal_changes_its_size(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        for number in range(20):
            bench.system.store.add_utterance(f"what was said as number {number}", "robot", "robot")
        conversation = bench.find(Conversation)
        await bench.until(lambda: len(conversation.lines) == 20)
        for width, height in ((60, 18), (30, 6), (40, 12), (200, 60), (100, 30)):
            await bench.pilot.resize_terminal(width, height)
            await bench.until(lambda: bench.app.main.size == (width, height))  # noqa: B023 - awaited in this turn
            await bench.until(lambda: conversation.scroll_offset.y == conversation.max_scroll_y)


def test_wrists_are_left_out_first_when_there_is_little_room() -> None:
    assert best_fit(Size(90, 57)) == (72, True)
    assert best_fit(Size(36, 21)) == (36, False)
    assert best_fit(Size(10, 21)) == (0, False)


async def test_the_conversation_and_its_history_come_back_when_the_screen_was_killed(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        await bench.type("put the red cup in the sink")
        await bench.until(lambda: len(bench.find(Conversation).lines) == 2)
        await bench.pilot.press("f4")
        assert not bench.app.current_theme.dark
        lines = bench.find(Conversation).lines
    async with opened(tmp_path) as bench:
        await bench.until(lambda: bench.find(Conversation).lines == lines)
        assert not bench.app.current_theme.dark
        await bench.pilot.press("up")
        assert bench.find(SayLine).value == "put the red cup in the sink"
    assert bench.system.closed


async def test_up_and_down_walk_the_history_when_a_line_is_half_written(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        for text in ("first", "second", "second"):
            await bench.type(text)
        await bench.pilot.press(*"half", "up")
        line = bench.find(SayLine)
        assert line.value == "second"
        await bench.pilot.press("up", "up")
        assert line.value == "first"
        await bench.pilot.press("down", "down")
        assert line.value == "half"


async def test_every_answer_is_shown_when_the_disk_keeps_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.system.say("I stand still.")
        await bench.until(lambda: len(bench.find(Conversation).lines) == 1)
        for _ in range(3):
            bench.system.answered(Reply("I stand still."))
        await bench.until(lambda: len(bench.find(Conversation).lines) == 4)
        for _ in range(3):
            bench.system.answered(Reply("The disk is full.", announced=True))
        await bench.pilot.pause(0.2)
        assert [text for _, text in bench.find(Conversation).lines[4:]] == ["The disk is full."]


async def test_answer_is_shown_once_when_the_disk_keeps_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        for count in (1, 2):
            bench.system.say("I stand still.")
            await bench.until(lambda: len(bench.find(Conversation).lines) == count)  # noqa: B023
        await bench.pilot.pause(0.2)
        assert len(bench.find(Conversation).lines) == 2


async def test_program_is_left_for_good_when_a_person_quits(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        system = bench.system
        await bench.pilot.press("ctrl+q")
        await bench.pilot.pause(0.1)
    assert system.closed and system.left


async def test_lines_stay_apart_when_they_are_typed_faster_than_the_screen_follows(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        line = bench.find(SayLine)
        for key in [*"higher", "enter", *"slower", "enter"]:  # all there before the first is dealt with
            line._forward_event(Key(key, key if len(key) == 1 else None))
        await bench.until(lambda: len(bench.system.heard) == 2)
        assert bench.system.heard == ["higher", "slower"] and line.value == ""


@pytest.mark.parametrize("width", [60, 80, 120, 220])
async def test_help_and_quit_are_hinted_at_when_the_terminal_is_narrow(tmp_path: Path, width: int) -> None:
    async with opened(tmp_path, size=(width, 30)) as bench:
        hints = bench.find(HintList)
        await bench.pilot.pause()
        assert {"help", "palette", "quit"} <= hints.shown.keys() and ("routines" in hints.shown) == (width >= 120)
        assert hints.render().cell_length <= hints.content_size.width
        bench.system.deliver(running_status(state="holding"))
        await bench.until(lambda: hints.paused)
        assert ("f2", "resume") in hints.shown.values() or width == 60
        bench.system.deliver(running_status(state="takeover"))
        await bench.until(lambda: hints.taken_over and not hints.paused)
        assert ("f7", "hand back") in hints.shown.values() or width == 60


async def test_the_line_suggests_what_fits_the_moment(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        line = bench.find(SayLine)
        assert line.placeholder == "put the red cup in the sink"
        bench.system.deliver(running_status())
        await bench.until(lambda: line.placeholder == "no, put it in the drying rack")
        bench.system.deliver(running_status(state="stopped"))
        await bench.until(lambda: line.placeholder == "go on")
        doubt = Thought(reason="there is a red cup and a blue cup in sight", subtask="ask which cup")
        bench.system.deliver(running_status(state="holding", thought=doubt))
        await bench.until(lambda: line.placeholder == "the red one")


async def test_what_one_can_do_is_told_when_nobody_has_said_anything_yet(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        await bench.until(lambda: len(bench.app.main.query("#welcome")) == 1)
        await bench.type("hello")
        await bench.until(lambda: not bench.app.main.query("#welcome"))
    async with opened(tmp_path) as bench:  # somebody has
        await bench.until(lambda: len(bench.find(Conversation).lines) == 2)
        assert not bench.app.main.query("#welcome")


async def test_what_was_done_stays_on_the_list_when_a_task_has_ended(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        steps = ("pick up the red cup", "put the red cup in the sink")
        bench.system.deliver(running_status(done=steps[:1]))
        bench.system.deliver(Event(time_s=1, level="info", code="task_done", text="done", data={"subtasks": steps}))
        bench.system.deliver(running_status(state="idle", instruction="", task_id="", thought=None))
        listed = bench.find(SubtaskList)
        await bench.until(lambda: listed.done == steps and not listed.now)
        assert not bench.app._notifications  # the conversation tells it
        bench.system.deliver(Event(time_s=2, level="info", code="reset", text="set up anew"))
        bench.system.deliver(running_status(state="idle", instruction="", task_id="", thought=None))
        await bench.until(lambda: listed.done == () and not bench.find(ThoughtPanel).text)


async def test_no_warning_is_shown_when_the_policy_is_only_loading(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        loading = Event(time_s=1, level="warning", code="policy_silent", text="the policy is still loading")
        bench.system.deliver(running_status(state="idle", instruction="", task_id="", thought=None, policy_ok=False,
                                            checkpoint=""))  # fmt: skip
        bench.system.deliver(loading)
        await bench.until(lambda: "policy loading" in bench.find(StatusLine).text)
        assert not bench.app._notifications
        await bench.pilot.press("f1")  # here the conversation is hidden
        bench.system.deliver(running_status(policy_ok=False))
        bench.system.deliver(loading)
        await bench.until(lambda: len(bench.app._notifications) == 1)


async def test_words_wait_for_the_connection_when_they_come_early(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    ready = asyncio.Event()

    def slow(*arguments: Any) -> Any:
        while not ready.is_set():
            time.sleep(0.01)
        return bench._connect(*arguments)

    bench.app._connect_system = slow
    async with bench.app.run_test() as bench.pilot:
        await bench.type("put the red cup in the sink")
        await bench.pilot.press("escape", "f2", "f3", "f5")  # each says that nothing is connected, none fails
        ready.set()
        await bench.until(lambda: bool(bench.systems) and bench.system.heard == ["put the red cup in the sink"])


async def test_the_reason_is_on_the_screen_when_the_memory_cannot_be_opened(tmp_path: Path) -> None:
    def broken(*_: Any) -> Any:
        raise StoreError("the memory file was written by a newer robot-coach")

    app = CoachApp(config_in(tmp_path), broken)
    async with app.run_test() as pilot:
        for _ in range(100):
            await pilot.pause(0.02)
            if app.main.query_one(Conversation).lines:
                break
        assert "newer robot-coach" in app.main.query_one(Conversation).lines[0][1]
        assert "newer robot-coach" in app.main.query_one(StatusLine).text


async def test_faults_restarts_and_silence_are_told_when_they_happen(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.system.deliver(running_status())
        bench.system.deliver(Event(time_s=1, level="fault", code="fault", text="the left arm does not answer"))
        bench.system.notices.append(Restart(1.0, "policy", "killed by SIGKILL", 1, text="the policy was started again"))
        told = bench.app._notifications
        await bench.until(
            lambda: {n.message for n in told} >= {"the left arm does not answer", "the policy was started again"}
        )
        await bench.until(lambda: "silent" in bench.find(StatusLine).text)
        bench.system.deliver(running_status())
        await bench.until(lambda: "running" in bench.find(StatusLine).text)


async def test_the_bridge_is_not_called_silent_when_the_screen_itself_was_held_up(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.system.deliver(running_status())
        await bench.until(lambda: bench.app.main.status is not None)
        time.sleep(1.8)  # nothing of the screen runs meanwhile
        bench.app.main.check_silence()
        assert bench.app.main.status is not None
        bench.app.main.check_silence()  # nothing has come all the same
        assert bench.app.main.status is None


async def test_the_lessons_are_listed_with_details_when_asked_for(tmp_path: Path) -> None:
    with Store.open(config_in(tmp_path).memory_path) as store:
        store.add_correction(lesson(1, "no, put it in the drying rack"))
        store.add_correction(lesson(2, "no, the blue one", "open"))
    async with opened(tmp_path) as bench:
        await bench.pilot.press("f3")
        assert isinstance(bench.app.screen, CorrectionsScreen)
        details = bench.app.screen.query_one(CorrectionDetails)
        assert details.correction is not None and details.correction.words == "no, the blue one"
        await bench.pilot.press("down")
        assert details.correction.words == "no, put it in the drying rack"
        await bench.pilot.press("f3")
        assert bench.app.screen is bench.app.main


async def test_keys_and_palette_do_their_work_when_pressed(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.system.deliver(running_status())
        await bench.until(lambda: bench.app.main.status is not None)
        await bench.pilot.press("f2", "f5", "f1")
        assert bench.system.acts == ["pause", "reset"]
        assert isinstance(bench.app.screen, HelpScreen)
        await bench.pilot.press("q", "ctrl+p", *"what are")
        await bench.pilot.pause(0.5)
        await bench.pilot.press("enter")
        await bench.until(lambda: bench.system.heard == ["what are you doing, and why?"])
        bench.system.deliver(running_status(state="holding"))
        await bench.until(lambda: bench.app.main.status is not None and bench.app.main.status.state == "holding")
        await bench.pilot.press("f2")
        assert bench.system.acts[-1] == "resume"


async def test_a_configured_key_works_and_the_default_does_not_when_it_was_moved(tmp_path: Path) -> None:
    async with opened(tmp_path, keys={"pause": "f12"}) as bench:
        await bench.pilot.press("f2")
        assert bench.system.acts == []
        await bench.pilot.press("f12")
        assert bench.system.acts == ["pause"]


@pytest.mark.parametrize(
    ("keys", "part"),
    [({"pause": "f1"}, "'help' and 'pause'"), ({"stopp": "f12"}, "did you mean 'stop'"), ({"stop": "s"}, "typing"),
     ({"stop": "enter"}, "typing"), ({"help": "f1,f2"}, "one key"), ({"stop": " "}, "one key")],
)  # fmt: skip
def test_keys_are_refused_in_one_sentence_when_they_conflict(keys: dict[str, str], part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        resolve_keys(keys)


def test_pixels_are_chosen_only_when_the_terminal_is_known_to_show_them() -> None:
    assert speaks_graphics_protocol({"TERM": "xterm-kitty"})
    assert not speaks_graphics_protocol({"TERM": "xterm-kitty", "TMUX": "/tmp/x"})
    assert not speaks_graphics_protocol({"TERM": "xterm-256color"})
    assert load_renderable({"TERM": "xterm-256color"}) is None
    pixels = load_renderable({"TERM": "xterm-kitty"})
    assert pixels is not None and pixels.__module__ == "textual_image.renderable.tgp"


def test_nothing_heavy_is_loaded_when_the_app_and_the_session_are_imported() -> None:
    code = """
import sys, coach.app.app
heavy = ["torch", "mujoco", "whisper", "transformers"]
print([m for m in heavy + ["PIL", "sqlite_utils", "zmq", "numpy"] if m in sys.modules])
import coach.session.system
print([m for m in heavy if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n[]\n"


async def test_the_stop_key_still_works_when_the_memory_fails_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Any:
        raise StoreError("the disk is gone")

    async with opened(tmp_path) as bench:
        monkeypatch.setattr(bench.system, "conversation", failing)
        monkeypatch.setattr(bench.system, "corrections", failing)
        await bench.pilot.pause(0.7)
        await bench.pilot.press("f3")
        assert any("the disk is gone" in told.message for told in bench.app._notifications)
        await bench.pilot.press("escape")
        assert len(bench.system.stops) == 1
