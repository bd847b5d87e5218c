"""Choose the microphone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from coach.speech.sound import Device


class MicrophoneScreen(ModalScreen[str | None]):
    """Gives the device's name, or None. Args: now: the one that is open."""

    BINDINGS = [Binding("q", "close", "close", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(self, devices: Sequence[Device], now: str) -> None:
        super().__init__()
        self._devices, self._now = list(devices), now

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "microphone"
            dialog.border_subtitle = "enter takes it, q closes"
            if not self._devices:
                yield Static("There is no microphone. Plug one in; typing works without.")
            yield OptionList(*(Option(self._line(device)) for device in self._devices), id="devices")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._devices[event.option_index].name)

    def action_close(self) -> None:
        self.dismiss(None)

    def _line(self, device: Device) -> str:
        notes = [f"{device.rate / 1000:g} kHz", *(["default"] if device.default else []),
                 *(["in use"] if device.name == self._now else [])]  # fmt: skip
        return f"{device.name}  ({', '.join(notes)})"
