"""Episodes as a LeRobot dataset, version 3.0: parquet for numbers and words, mp4 for pictures.

    meta/info.json, meta/stats.json, meta/tasks.parquet, meta/episodes/chunk-000/file-000.parquet
    data/chunk-000/file-000.parquet            one row a frame
    videos/{camera}/chunk-000/file-000.mp4     all episodes one behind the other

`task` is the subtask in force, as it should have been where a person put it right. `intervention` marks the frames that
a person changed. `condemned` marks those that a correction was against, from where the mistake began to the words: a
trainer of actions drops them. `language_persistent` holds the subtasks of an episode, each with the time from which it
holds; `language_events` what a person said, at its frame.

Source: huggingface/lerobot, src/lerobot/datasets/{language,dataset_writer,dataset_metadata}.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coach.export.episodes import Row, on_grid
from coach.export.stats import Running
from robot_bridge.protocol.errors import CoachError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from robot_bridge.protocol.embodiment import Embodiment

VERSION = "v3.0"
FPS = 10
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
_SCALARS = {"timestamp": "float32", "frame_index": "int64", "episode_index": "int64", "index": "int64",
            "task_index": "int64"}  # fmt: skip

_FLAGS = ("intervention", "condemned")


@dataclass
class _Dataset:
    """What is gathered while the episodes go by."""

    columns: dict[str, list[Any]] = field(default_factory=dict)
    episodes: list[dict[str, Any]] = field(default_factory=list)
    tasks: dict[str, int] = field(default_factory=dict)
    stats: dict[str, Running] = field(default_factory=dict)


def write(folder: Path, episodes: Iterable[list[Row]], body: Embodiment, progress: Callable[[str], None]) -> int:
    """Write a dataset into a new folder; returns the number of its frames.

    Raises:
        UsageError: the folder is there already, or no episode has frames.
        CoachError: a package of the extra `export` is missing.
    """
    arrow, video = _packages()
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", "a folder that is not there yet")
    dataset = _Dataset()
    cameras = [f"observation.images.{camera.name}" for camera in body.cameras]
    writers: dict[str, Any] = {}
    try:
        for number, rows in enumerate(on_grid(rows, 1 / FPS) for rows in episodes if rows):
            for key in cameras:
                if key not in writers:
                    file = VIDEO.format(video_key=key, chunk_index=0, file_index=0)
                    writers[key] = video(folder / file, rows, key)
            _add(dataset, rows, number, writers)
            progress(f"episode {number + 1}")
    finally:
        for writer in writers.values():
            writer.close()
    if not dataset.episodes:
        raise UsageError("there is nothing to export: no episode has frames", next_step="record some with: coach run")
    _write_files(folder, dataset, body, {key: writer.shape for key, writer in writers.items()}, arrow)
    return len(dataset.columns["index"])


def _add(dataset: _Dataset, rows: list[Row], number: int, writers: dict[str, Any]) -> None:
    first = len(dataset.columns.get("index", ()))
    persistent = _persistent(rows)
    starts = {key: writer.seconds for key, writer in writers.items()}
    seen: set[int] = set()
    for step, row in enumerate(rows):
        task = dataset.tasks.setdefault(row.subtask or row.instruction, len(dataset.tasks))
        values: dict[str, Any] = {
            "observation.state": row.state, "action": row.action, "timestamp": np.float32(step / FPS),
            "frame_index": step, "episode_index": number, "index": first + step, "task_index": task,
            "intervention": row.intervention, "condemned": row.condemned, "language_persistent": persistent,
            "language_events": _events(row) if id(row) not in seen else [],
        }  # fmt: skip
        seen.add(id(row))
        for name, value in values.items():
            dataset.columns.setdefault(name, []).append(value)
            if not name.startswith("language"):
                dataset.stats.setdefault(name, Running()).add(np.atleast_1d(np.asarray(value, np.float64)))
        pictures = row.frame.observation().images
        for key, writer in writers.items():
            picture = pictures.get(key.rpartition(".")[2])
            writer.add(picture)
            if picture is not None:
                dataset.stats.setdefault(key, Running()).add_picture(picture)
    episode = {
        "episode_index": number, "tasks": sorted({row.subtask or row.instruction for row in rows}), "length": len(rows),
        "dataset_from_index": first, "dataset_to_index": first + len(rows), "data/chunk_index": 0, "data/file_index": 0,
        "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0,
    }  # fmt: skip
    for key, writer in writers.items():
        episode |= {f"videos/{key}/chunk_index": 0, f"videos/{key}/file_index": 0}
        episode |= {f"videos/{key}/from_timestamp": starts[key], f"videos/{key}/to_timestamp": writer.seconds}
    dataset.episodes.append(episode)


def _persistent(rows: list[Row]) -> list[dict[str, Any]]:
    """The instruction and each subtask, with the time from which it holds; the same list on every frame."""
    found = [_said("user", rows[0].instruction, "task_aug") | {"timestamp": 0.0}]
    before = ""
    for step, row in enumerate(rows):
        if row.subtask and row.subtask != before:
            found.append(_said("assistant", row.subtask, "subtask") | {"timestamp": step / FPS})
            before = row.subtask
    return found


def _events(row: Row) -> list[dict[str, Any]]:
    return [_said("user", text, "interjection") for text in row.said]


def _said(role: str, content: str, style: str) -> dict[str, Any]:
    return {"role": role, "content": content, "style": style, "camera": None, "tool_calls": None}


def _write_files(folder: Path, dataset: _Dataset, body: Embodiment, shapes: dict[str, tuple[int, int]],
                 arrow: Any) -> None:  # fmt: skip
    import pyarrow.parquet as parquet

    (folder / DATA.format(chunk_index=0, file_index=0)).parent.mkdir(parents=True)
    (folder / EPISODES).parent.mkdir(parents=True)
    schema = _schema(arrow, len(body.joints))
    table = arrow.table({name: dataset.columns[name] for name in schema.names}, schema=schema)
    parquet.write_table(table, folder / DATA.format(chunk_index=0, file_index=0))
    parquet.write_table(arrow.Table.from_pylist(dataset.episodes), folder / EPISODES)
    parquet.write_table(_tasks(arrow, dataset.tasks), folder / "meta/tasks.parquet")
    stats = {name: running.told() for name, running in dataset.stats.items()}
    (folder / "meta/stats.json").write_text(json.dumps(stats, indent=1), "utf-8")
    (folder / "meta/info.json").write_text(json.dumps(_info(dataset, body, shapes), indent=1), "utf-8")


def _schema(arrow: Any, width: int) -> pa.Schema:
    told = [("role", arrow.string(), False), ("content", arrow.string(), True), ("style", arrow.string(), True)]
    rest = [("camera", arrow.string(), True), ("tool_calls", arrow.list_(arrow.string()), True)]
    when = [("timestamp", arrow.float32(), False)]

    def rows(fields: list[tuple[str, Any, bool]]) -> Any:
        return arrow.list_(arrow.struct([arrow.field(name, kind, nullable=empty) for name, kind, empty in fields]))

    numbers = [
        ("observation.state", arrow.list_(arrow.float32(), width)),
        ("action", arrow.list_(arrow.float32(), width)),
    ]
    scalars = [(name, getattr(arrow, kind)()) for name, kind in _SCALARS.items()]
    words = [("language_persistent", rows([*told, *when, *rest])), ("language_events", rows([*told, *rest]))]
    return arrow.schema([*numbers, *scalars, *((name, arrow.bool_()) for name in _FLAGS), *words])


def _tasks(arrow: Any, tasks: dict[str, int]) -> Any:
    """As pandas would have written it: the sentence is the index of the table."""
    table = arrow.table({"task_index": list(tasks.values()), "task": list(tasks)})
    columns = [{"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
                "metadata": None},
               {"name": "task", "field_name": "task", "pandas_type": "unicode", "numpy_type": "object",
                "metadata": None}]  # fmt: skip
    pandas = {"index_columns": ["task"], "column_indexes": [], "columns": columns, "pandas_version": "2.2.0",
              "creator": {"library": "pyarrow", "version": arrow.__version__}}  # fmt: skip
    return table.replace_schema_metadata({b"pandas": json.dumps(pandas).encode()})


def _info(dataset: _Dataset, body: Embodiment, shapes: dict[str, tuple[int, int]]) -> dict[str, Any]:
    names = [joint.name for joint in body.joints]
    vector = {"dtype": "float32", "shape": [len(names)], "names": names}
    features: dict[str, Any] = {"observation.state": vector, "action": vector}
    for key, (height, width) in shapes.items():
        told = {"video.height": height, "video.width": width, "video.codec": "h264", "video.pix_fmt": "yuv420p",
                "video.is_depth_map": False, "video.fps": FPS, "video.channels": 3, "has_audio": False}  # fmt: skip
        features[key] = {"dtype": "video", "shape": [height, width, 3], "names": ["height", "width", "channels"],
                         "info": told}  # fmt: skip
    features |= {name: {"dtype": kind, "shape": [1], "names": None} for name, kind in _SCALARS.items()}
    features |= {name: {"dtype": "bool", "shape": [1], "names": None} for name in _FLAGS}
    features |= {
        f"language_{name}": {"dtype": "language", "shape": [1], "names": None} for name in ("persistent", "events")
    }
    return {
        "codebase_version": VERSION, "robot_type": body.name, "total_episodes": len(dataset.episodes),
        "total_frames": len(dataset.columns["index"]), "total_tasks": len(dataset.tasks), "chunks_size": 1000,
        "data_files_size_in_mb": 100, "video_files_size_in_mb": 200, "fps": FPS,
        "splits": {"train": f"0:{len(dataset.episodes)}"}, "data_path": DATA, "video_path": VIDEO, "features": features,
    }  # fmt: skip


def _packages() -> tuple[Any, Any]:
    try:
        import pyarrow

        from coach.export.video import VideoFile
    except ModuleNotFoundError as error:
        raise CoachError(f"this export needs the package '{error.name}', which is missing",
                         next_step="install it with `pip install 'robot-coach[export]'`") from None  # fmt: skip
    return pyarrow, VideoFile
