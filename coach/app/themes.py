"""The two themes. A colour means the same thing everywhere.

success   goes well: running, done          warning   waits for a person: holding, asking
error     stop, fault                       accent    a person taught it: corrections, takeover
primary   the robot's own voice             secondary the person's voice
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="coach-dark", dark=True,
    primary="#7aa2f7", secondary="#7dcfff", accent="#bb9af7", foreground="#c8d0f0",
    background="#14161f", surface="#1a1d29", panel="#232738",
    success="#9ece6a", warning="#e0af68", error="#f7567c",
    variables={"border": "#343a55", "border-blurred": "#343a55", "input-selection-background": "#7aa2f7 35%"},
)  # fmt: skip
LIGHT = Theme(
    name="coach-light", dark=False,
    primary="#2e5fd0", secondary="#0b7285", accent="#7a3ec8", foreground="#20242f",
    background="#f4f5f9", surface="#ffffff", panel="#e6e9f2",
    success="#2f7d32", warning="#9a6200", error="#c4193f",
    variables={"border": "#c3c9da", "border-blurred": "#c3c9da", "input-selection-background": "#2e5fd0 25%"},
)  # fmt: skip
THEMES = {"dark": DARK, "light": LIGHT}
