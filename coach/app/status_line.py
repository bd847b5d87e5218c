"""One line on how everything is: arms, policy, rates, latency, checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

if TYPE_CHECKING:
    from robot_bridge.protocol.messages import Status

STATE_COLOURS = {
    "idle": "primary", "running": "success", "holding": "warning", "takeover": "accent", "stopped": "error",
    "fault": "error",
}  # fmt: skip
STATE_WORDS = {"holding": "holding still", "takeover": "in your hands", "stopped": "STOPPED", "fault": "FAULT"}
SEPARATOR = "  "
WAKING = "the arms are still waking up…"


class StatusLine(Widget):
    """The most important first; what does not fit is left out from the right."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._status: Status | None = None
        self._waking = WAKING
        self.coach = ""  # what the bridge calls us; empty as long as nobody knows

    @property
    def text(self) -> str:
        """What it says, without colours."""
        return self._line(200).plain

    def waking(self, what: str) -> None:
        """The bridge is not there; `what` is a few words why."""
        self._status, self._waking = None, what
        self.refresh()

    def show(self, status: Status) -> None:
        self._status = status
        self.refresh()

    def render(self) -> RenderResult:
        return self._line(self.size.width)

    def _line(self, width: int) -> Text:
        colours = self.app.theme_variables
        if self._status is None:
            return Text.assemble((" ◌ ", colours["warning"]), (self._waking, "italic"))
        line = Text(no_wrap=True, overflow="ellipsis")
        for part in self._parts(self._status, colours):
            if line.cell_len + part.cell_len + len(SEPARATOR) > width:
                break
            line = line + (Text(SEPARATOR) if line else Text(" ")) + part
        return line

    def _parts(self, status: Status, colours: dict[str, str]) -> list[Text]:
        colour = colours[STATE_COLOURS[status.state]]
        rates = status.rates
        silent = ("policy silent", colours["error"]) if status.checkpoint else ("policy loading", colours["warning"])
        policy = ("policy ok", colours["success"]) if status.policy_ok else silent
        parts = [
            Text.assemble(("● ", colour), (STATE_WORDS.get(status.state, status.state), f"bold {colour}")),
            self._who_coaches(status, colours),
            Text.assemble(policy),
            _measure(rates.control_hz, "Hz", ".0f"),
            _measure(rates.think_ms, "ms think", ".0f"),
            _measure(rates.act_ms, "ms act", ".0f"),
            _measure(rates.tokens_per_s, "tokens/s", ".0f"),
            Text(status.arms, style="dim") if status.arms else Text(),
            Text(status.checkpoint, style="dim") if status.checkpoint else Text(),
        ]
        return [part for part in parts if part]

    def _who_coaches(self, status: Status, colours: dict[str, str]) -> Text:
        if not self.coach or not status.coach or status.coach == self.coach:
            return Text()
        return Text(f"{status.coach_name} coaches, you watch", colours["warning"])


def _measure(value: float, unit: str, form: str) -> Text:
    return Text.assemble((format(value, form), "bold"), (f" {unit}", "dim")) if value > 0 else Text()
