"""A part of the app: actions of one kind, mixed into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from coach.app.app import CoachApp


class AppPart:
    """Textual looks for the actions of its keys on the app itself, so that parts are mixed in."""

    @property
    def _app(self) -> CoachApp:
        return cast("CoachApp", self)
