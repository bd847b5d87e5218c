"""Datasets are written and read back: by pyarrow and av as LeRobot's own loader does, and by Rerun."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from coach.__main__ import main
from coach.export.episodes import on_grid, rows_of
from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.embodiment import load_embodiment
from robot_bridge.protocol.messages import Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought

parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `export`")
av = pytest.importorskip("av", reason="needs the extra `export`")
FRAMES, WIDTH = 30, load_embodiment("kitchen").width
CAMERAS = ("base", "left_wrist", "right_wrist")


def picture(number: int) -> np.ndarray:
    return np.full((96, 96, 3), (8 * number, 40, 255 - 8 * number), np.uint8)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two episodes of three seconds; in the first a person says where the cup goes instead."""
    folder = tmp_path / "home"
    folder.mkdir()
    with Store.open(folder / "memory.db") as store:
        for task in range(2):
            episode = store.begin_episode(
                f"task-{task}", "put the red cup in the sink", "home", "first", "kitchen", "Ada"
            )
            for number in range(FRAMES):
                images = {camera: picture(number) for camera in CAMERAS}
                state = np.zeros(38, np.float32)
                state[0] = number / FRAMES
                time_s = 100 + number / 10 + 0.004 * (number % 3)
                seen = Observation(sequence=number, time_s=time_s, state=state, images=images)
                store.add_frame(episode, seen, wall_s=1000 + number / 10)
            store.flush()
            for at_s, subtask in ((99.9, "pick up the red cup"), (101.5, "put the red cup in the sink")):
                thought = Thought(reason="the red cup is on the counter and goes in the sink", subtask=subtask)
                store.add_thought(episode, ThoughtEvent(time_s=at_s, task_id=f"task-{task}", observation_sequence=0,
                                                        thought=thought))  # fmt: skip
            if task == 0:
                store.add_utterance("no, in the bin", "Ada", "person", episode, wall_s=1002.05)
                store.add_correction(CorrectionDraft(
                    id="lesson-1", words="no, in the bin", episode_id=episode, time_s=102.05, wall_s=1002.05,
                    observation_sequence=20, thought_was="reason: a\nsubtask: put the red cup in the sink",
                    thought_should="reason: the red cup goes in the bin\nsubtask: put the red cup in the bin\n",
                    instruction_was="put the red cup in the sink", instruction_now="put the red cup in the bin",
                ))  # fmt: skip
            store.end_episode(episode, "done")
    return folder


def coach(home: Path, *words: str) -> int:
    return main(["--home", str(home), *words])


def test_lerobot_dataset_holds_numbers_words_and_pictures_when_read_back(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    assert coach(home, "export", "lerobot", str(folder)) == 0
    info = json.loads((folder / "meta/info.json").read_text())
    assert (info["codebase_version"], info["total_episodes"], info["fps"]) == ("v3.0", 2, 10)
    table = parquet.read_table(folder / info["data_path"].format(chunk_index=0, file_index=0))
    assert set(table.column_names) == {name for name, told in info["features"].items() if told["dtype"] != "video"}
    assert table.num_rows == info["total_frames"] == 2 * FRAMES
    rows = table.slice(0, FRAMES).to_pylist()
    assert [row["timestamp"] for row in rows] == pytest.approx([step / 10 for step in range(FRAMES)])
    assert rows[4]["action"] == rows[5]["observation.state"] and len(rows[0]["action"]) == WIDTH
    changed = [row["frame_index"] for row in rows if row["intervention"]]
    assert changed == list(range(15, FRAMES)), "from where the mistake began"
    assert [row["frame_index"] for row in rows if row["condemned"]] == list(range(15, 21)), "up to the words"
    assert not any(row["condemned"] for row in table.slice(FRAMES).to_pylist())
    tasks = parquet.read_table(folder / "meta/tasks.parquet").to_pydict()
    names = dict(zip(tasks["task_index"], tasks["task"], strict=True))
    assert names[rows[25]["task_index"]] == "put the red cup in the bin", "the subtask as it should have been"
    subtasks = [row["content"] for row in rows[0]["language_persistent"] if row["style"] == "subtask"]
    assert (
        subtasks[-1] == "put the red cup in the bin"
        and rows[0]["language_persistent"] == rows[9]["language_persistent"]
    )
    said = [(row["frame_index"], event["content"]) for row in rows for event in row["language_events"]]
    assert said == [(20, "no, in the bin")]
    _check_files_behind_the_table(folder, info)


def _check_files_behind_the_table(folder: Path, info: dict) -> None:
    episodes = parquet.read_table(folder / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [(e["dataset_from_index"], e["dataset_to_index"], e["length"]) for e in episodes] == [
        (0, 30, 30),
        (30, 60, 30),
    ]
    key = "observation.images.base"
    assert episodes[1][f"videos/{key}/from_timestamp"] == pytest.approx(3.0)
    with av.open(str(folder / info["video_path"].format(video_key=key, chunk_index=0, file_index=0))) as video:
        shown = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
        assert len(shown) == 2 * FRAMES and float(video.streams.video[0].average_rate) == 10
    assert np.abs(shown[35].astype(int) - picture(5)).mean() < 6, "the right picture at the right time"
    stats = json.loads((folder / "meta/stats.json").read_text())
    assert {"min", "max", "mean", "std", "count", "q01", "q99"} <= set(stats["observation.state"])
    assert len(stats["action"]["q01"]) == WIDTH and np.shape(stats[key]["mean"]) == (3, 1, 1)
    assert stats["observation.state"]["max"][0] == pytest.approx(29 / 30)


@pytest.mark.parametrize(("change", "condemned"), [
    ({"outcome": "retracted"}, 0), ({"outcome": "failed"}, 6), ({"agreed": True}, 0),
])  # fmt: skip
def test_only_what_a_lesson_is_against_is_condemned(home: Path, change: dict, condemned: int) -> None:
    with Store.open(home / "memory.db") as store:
        if "outcome" in change:
            store.set_outcome("lesson-1", change["outcome"])
        else:  # the person said yes to what the robot was about to do
            was = store.correction("lesson-1").thought_was
            store.edit_correction("lesson-1", {"thought_should": was + "\n"}, "Ada")
        rows = rows_of(store, store.episode(1), load_embodiment("kitchen").width)
    assert sum(row.condemned for row in rows) == condemned


def test_frames_lie_on_a_grid_when_the_camera_was_late(home: Path) -> None:
    with Store.open(home / "memory.db") as store:
        rows = rows_of(store, store.episode(1), load_embodiment("kitchen").width)
    assert len(on_grid(rows, 0.1)) == FRAMES and on_grid(rows[::2], 0.1)[1] in rows[:3] and on_grid([], 0.1) == []


def test_what_is_left_out_is_counted_when_some_lessons_teach_no_thought(home: Path, tmp_path: Path, capsys) -> None:
    with Store.open(home / "memory.db") as store:
        store.add_correction(CorrectionDraft(id="faster", words="faster", kind="nudge"))
    assert coach(home, "export", "jsonl", str(tmp_path / "lessons.jsonl")) == 0
    assert "1 lessons (1 teach no thought, or were undone or taken back)" in capsys.readouterr().out


def test_lessons_are_lines_with_all_that_is_kept_when_exported(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "lessons.jsonl"
    assert coach(home, "export", "jsonl", str(file), "--pictures") == 0
    (line,) = [json.loads(text) for text in file.read_text().splitlines()]
    assert line["words"] == "no, in the bin" and line["rules"] == [] and line["id"]
    assert line["thought"].startswith("reason: the red cup goes in the bin") and line["frames"][0]["jpegs"]["base"]
    assert line["frames"][0]["time_s"] == pytest.approx(line["start_s"], abs=0.2)


def test_only_lessons_of_the_episodes_asked_for_are_exported(home: Path, tmp_path: Path, capsys) -> None:
    with Store.open(home / "memory.db") as store:
        for number in (1, 2):
            store.add_correction(CorrectionDraft(id=f"nudge-{number}", words="faster", kind="nudge", episode_id=number))
    file = tmp_path / "lessons.jsonl"
    assert coach(home, "export", "jsonl", str(file), "--episode", "1") == 0
    assert [json.loads(text)["episode_id"] for text in file.read_text().splitlines()] == [1]
    assert coach(home, "export", "jsonl", str(tmp_path / "none.jsonl"), "--episode", "2") == 0
    told = capsys.readouterr().out
    assert told.count("(1 teach no thought") == 2 and "0 lessons (" in told
    assert not (tmp_path / "none.jsonl").read_text()
    assert coach(home, "export", "jsonl", str(tmp_path / "both.jsonl"), "--episode", "1", "--episode", "2") == 0
    assert len((tmp_path / "both.jsonl").read_text().splitlines()) == 1


def test_usage_error_and_no_file_when_lessons_of_an_unknown_episode_are_exported(
    home: Path, tmp_path: Path, capsys
) -> None:
    file = tmp_path / "lessons.jsonl"
    assert coach(home, "export", "jsonl", str(file), "--episode", "1", "--episode", "77") == 2
    assert "there is no episode 77" in capsys.readouterr().err and not file.exists()


@pytest.mark.parametrize("form", ["lerobot", "rerun"])
def test_usage_error_when_pictures_are_asked_of_what_holds_them_anyway(
    home: Path, tmp_path: Path, capsys, form: str
) -> None:
    assert coach(home, "export", form, str(tmp_path / "out"), "--pictures") == 2
    assert f"--pictures says nothing to {form}" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_recording_is_read_back_when_written_for_rerun(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("rerun", reason="needs the extra `rerun`")
    file = tmp_path / "episode.rrd"
    assert coach(home, "export", "rerun", str(file), "--episode", "1") == 0
    assert file.stat().st_size > 20_000
    assert _entities(file) >= {"/camera/base", "/thought", "/said", "/intervention"}


def _entities(file: Path) -> set[str]:
    from rerun.chunk import RrdReader

    return {str(chunk.entity_path) for chunk in RrdReader(file).stream()}


def test_dataset_is_read_by_another_loader_when_exported(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("rerun", reason="needs the extra `rerun`")
    from rerun.experimental import LeRobotReader

    folder = tmp_path / "dataset"
    assert coach(home, "export", "lerobot", str(folder)) == 0
    reader = LeRobotReader(folder)
    assert reader.episodes() == [0, 1] and "3" in str(reader.version)
    found = {str(chunk.entity_path) for chunk in reader.stream(1)}
    assert any("action" in path for path in found) and any("images" in path for path in found), found


@pytest.mark.parametrize(
    ("words", "part"),
    [(("lerobot", "{full}"), "is not empty"), (("jsonl", "{full}/x.txt"), "not there yet"),
     (("rerun", "{new}", "--episode", "1", "--episode", "2"), "one episode"),
     (("rerun", "{new}", "--episode", "9"), "9")],
)  # fmt: skip
def test_one_sentence_says_why_when_it_cannot_be(home: Path, tmp_path: Path, capsys, words: tuple, part: str) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "x.txt").write_text("mine")
    assert coach(home, "export", *(word.format(full=full, new=tmp_path / "new") for word in words)) == 2
    assert part in capsys.readouterr().err and (full / "x.txt").read_text() == "mine"


def test_first_step_is_named_when_there_is_no_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert coach(tmp_path / "none", "export", "lerobot", str(tmp_path / "x")) == 2
    assert "coach run" in capsys.readouterr().err
