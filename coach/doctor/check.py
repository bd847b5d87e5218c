"""What a check finds."""

from __future__ import annotations

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One finding.

    Args:
        detail: one sentence: what was found.
        mend: the command or step that mends it, empty where nothing is to be mended.
        needed: whether the robot cannot work without it.
    """

    name: str
    ok: bool
    detail: str
    mend: str = ""
    needed: bool = True

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "mend": self.mend}
