"""The command palette's own commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

if TYPE_CHECKING:
    from coach.app.app import CoachApp

WHAT_AND_WHY = "what are you doing, and why?"


class CoachCommands(Provider):
    """Everything that has a key, and a few things to say."""

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        app = cast("CoachApp", self.app)
        yield "Stop", "hold the arms at once", app.action_stop
        yield "Pause or resume", "hold still, and go on again", app.action_pause_or_resume
        yield "Resume", "go on after a stop or a pause", lambda: app.say("resume")
        yield "What are you doing, and why?", "ask for the thought in words", lambda: app.say(WHAT_AND_WHY)
        yield "Coach the robot from here", "ask for the floor; the others watch", lambda: app.say("let me coach")
        yield "Undo", "take the last step back", lambda: app.say("undo")
        yield "Take over or hand back", "move the arms yourself", app.action_takeover
        yield "New kitchen layout", "the simulator deals new places", app.action_reset
        yield "Talk", "speak; once more when you are done", app.action_talk
        yield "Listen hands free", "just speak", lambda: app.listen("hands_free")
        yield "Listen for the wake word", "speak to the robot by its name", lambda: app.listen("wake_word")
        yield "Listen no more", "the microphone is shut", lambda: app.listen("off")
        yield "Microphone", "choose the one to hear with", app.action_microphone
        yield "Lessons", "the corrections that are stored", app.action_corrections
        yield "Routines", "what the robot does by itself, and when", app.action_routines
        yield "Light or dark", "switch the theme", app.action_switch_theme
        yield "Help", "keys, and what one can say", app.action_show_help
        yield "Quit", "leave; nothing is lost", lambda: app.call_later(app.action_quit)

    async def discover(self) -> Hits:
        for name, help_text, run in self._commands():
            yield DiscoveryHit(name, run, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help_text, run in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=help_text)
