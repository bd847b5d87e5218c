"""An episode as a Rerun recording (`.rrd`): pictures, joints, thoughts and words on one line of time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.export.episodes import Row
    from robot_bridge.protocol.embodiment import Embodiment


def write(file: Path | None, rows: list[Row], body: Embodiment, name: str) -> int:
    """Write a file, or, with None, open the viewer; returns the number of frames.

    Raises: CoachError: the extra `rerun` is not installed.
    """
    try:
        import rerun
    except ModuleNotFoundError:
        raise CoachError("this needs the package 'rerun-sdk', which is missing",
                         next_step="install it with `pip install 'robot-coach[rerun]'`") from None  # fmt: skip
    stream = rerun.RecordingStream("robot-coach", recording_id=name)
    if file is None:
        stream.spawn()
    else:
        stream.save(file)
    before = ""
    for row in rows:
        stream.set_time("episode", duration=row.timestamp_s)
        _log_frame(stream, rerun, row, body)
        if row.thought and row.thought != before:
            stream.log("thought", rerun.TextLog(row.thought, level="INFO"))
            before = row.thought
        for text in row.said:
            stream.log("said", rerun.TextLog(text, level="WARN" if row.correction is not None else "INFO"))
    stream.flush()
    stream.disconnect()
    return len(rows)


def _log_frame(stream: Any, rerun: Any, row: Row, body: Embodiment) -> None:
    for camera, jpeg in row.frame.jpegs.items():
        stream.log(f"camera/{camera}", rerun.EncodedImage(contents=jpeg, media_type="image/jpeg"))
    for joint, value, target in zip(body.joints, row.state, row.action, strict=False):
        stream.log(f"joint/{joint.name}/state", rerun.Scalars(float(value)))
        stream.log(f"joint/{joint.name}/action", rerun.Scalars(float(target)))
    stream.log("intervention", rerun.Scalars(float(row.intervention)))
