"""What the app's keys do to the arms: stop, pause, take over, move by hand, a new kitchen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.app.app_part import AppPart
from coach.app.takeover_pad import TakeoverPad

if TYPE_CHECKING:
    from robot_bridge.protocol.messages import InterventionKind


class ArmActions(AppPart):
    """A part of the app, mixed into it."""

    def action_stop(self) -> None:
        """Never behind anything else: the session's stop has its own thread and socket."""
        if self._app.system is None:
            self._app.notify("Still starting, so nothing moves yet.", severity="warning")
            return
        self._app.system.stop()
        self._app.hush()
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()

    def action_pause_or_resume(self) -> None:
        state = self._app.main.status.state if self._app.main.status else ""
        self._act("resume" if state in ("holding", "stopped", "takeover") else "pause")

    def action_takeover(self) -> None:
        """The person moves the arms, or gives them back."""
        taken_over = self._app.main.status is not None and self._app.main.status.state == "takeover"
        self._act("release" if taken_over else "takeover")

    def action_hand_back(self) -> None:
        self._act("release")

    def action_jog(self, way: str) -> None:
        if self._app.system is not None:
            self._app.system.operator.press(way)

    def action_other_hand(self) -> None:
        if self._app.system is not None:
            self._app.system.operator.switch_hand()
            self.show_pad()

    def action_shift(self, gears: int) -> None:
        if self._app.system is not None:
            self._app.system.operator.shift(gears)
            self.show_pad()

    def show_pad(self) -> None:
        """What the keys move, and how fast; a gamepad may have changed it."""
        if self._app.system is not None:
            operator = self._app.system.operator
            for pad in self._app.main.query(TakeoverPad):  # none while the screen closes
                pad.show(operator.hand, operator.speed, self._app.system.devices)

    def action_reset(self) -> None:
        self._act("reset")

    def _act(self, kind: InterventionKind) -> None:
        system = self._started_system()
        if system is not None:
            system.act(kind)
