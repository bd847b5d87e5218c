"""The pages that keys open over the screen, and close again: help, lessons, routines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from coach.app.app_part import AppPart
from robot_bridge.protocol.errors import CoachError


class PageActions(AppPart):
    """A part of the app, mixed into it."""

    def action_show_help(self) -> None:
        from coach.app.help_screen import HelpScreen

        self._toggle(HelpScreen, partial(HelpScreen, self._app.keys))

    def action_corrections(self) -> None:
        from coach.app.corrections_screen import CorrectionsScreen

        if self._app.system is None:
            self._app.notify("Still starting; try again in a moment.", severity="warning")
            return
        try:
            lessons = self._app.system.corrections()
        except CoachError as error:
            self._app.notify(str(error), title="the lessons cannot be read", severity="error")
            return
        self._toggle(CorrectionsScreen, partial(CorrectionsScreen, lessons))

    def action_routines(self) -> None:
        from coach.app.routines_screen import RoutinesScreen

        if self._app.system is None:
            self._app.notify("Still starting; try again in a moment.", severity="warning")
            return
        try:
            planned = self._app.system.routines()
        except CoachError as error:
            self._app.notify(str(error), title="the routines cannot be read", severity="error")
            return
        self._toggle(RoutinesScreen, partial(RoutinesScreen, planned))

    def _toggle(self, kind: type, make: Callable[[], Any]) -> None:
        if isinstance(self._app.screen, kind):
            self._app.pop_screen()
        elif len(self._app.screen_stack) == 1:
            self._app.push_screen(make())
