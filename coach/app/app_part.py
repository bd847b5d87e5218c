"""A part of the app: actions of one kind, mixed into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from coach.app.app import CoachApp
    from coach.session.system import System


class AppPart:
    """Textual looks for the actions of its keys on the app itself, so that parts are mixed in."""

    @property
    def _app(self) -> CoachApp:
        return cast("CoachApp", self)

    def _started_system(self) -> System | None:
        """The system; None while it starts, which the person is told."""
        if self._app.system is None:
            self._tell_starting()
        return self._app.system

    def _tell_starting(self) -> None:
        self._app.notify("Still starting; try again in a moment.", severity="warning")
