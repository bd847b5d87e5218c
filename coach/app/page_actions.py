"""The pages that keys open over the screen, and close again: help, lessons, routines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from coach.app.app_part import AppPart
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.session.system import System


class PageActions(AppPart):
    """A part of the app, mixed into it."""

    def action_show_help(self) -> None:
        from coach.app.help_screen import HelpScreen

        self._toggle(HelpScreen, partial(HelpScreen, self._app.keys))

    def action_corrections(self) -> None:
        from coach.app.corrections_screen import CorrectionsScreen

        self._toggle_list(CorrectionsScreen, lambda system: system.corrections(), "lessons")

    def action_routines(self) -> None:
        from coach.app.routines_screen import RoutinesScreen

        self._toggle_list(RoutinesScreen, lambda system: system.routines(), "routines")

    def _toggle_list(self, kind: type, read: Callable[[System], Any], what: str) -> None:
        """A page of what the memory holds."""
        system = self._started_system()
        if system is None:
            return
        try:
            rows = read(system)
        except CoachError as error:
            self._app.notify(str(error), title=f"the {what} cannot be read", severity="error")
            return
        self._toggle(kind, partial(kind, rows))

    def _toggle(self, kind: type, make: Callable[[], Any]) -> None:
        if isinstance(self._app.screen, kind):
            self._app.pop_screen()
        elif len(self._app.screen_stack) == 1:
            self._app.push_screen(make())
