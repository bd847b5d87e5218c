"""Opening: what is wrong with a file is said in a sentence, and a file that is fine is brought up to date."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from memory import connection, opening
from memory.failures import store_error, translated
from memory.migrations import APPLICATION_ID, migrations
from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.errors import StoreError


def _filled(path: Path, corrections: int = 300) -> bytes:
    with Store.open(path) as store:
        for index in range(corrections):
            store.add_utterance(f"no, not there {index} " * 10, "ann", "person")
    return path.read_bytes()


def test_folder_is_made_when_missing(tmp_path: Path):
    with Store.open(tmp_path / "a" / "b" / "memory.db") as store:
        assert store.path.is_file()


def test_write_ahead_log_and_foreign_keys_are_on_when_opened(store: Store):
    with store._connection.reading() as db:
        assert db.journal_mode == "wal"
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_store_error_when_the_file_is_from_a_newer_version(path: Path):
    _filled(path, 1)
    raw = sqlite3.connect(path)
    raw.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('robot_coach', 'm999_x', '')")
    raw.commit()
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer robot-coach .*'m999_x'.*update robot-coach"):
        Store.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.97])
def test_store_error_when_the_file_is_cut(path: Path, share: float):
    whole = _filled(path)
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(StoreError, match=r"damaged .*\.damaged"):
        Store.open(path)
    assert len(path.read_bytes()) == int(len(whole) * share)


def test_store_error_when_pages_are_overwritten(path: Path):
    whole = bytearray(_filled(path))
    dice = random.Random(1)
    for start in range(4096, len(whole) - 4096, 8192):
        whole[start : start + 200] = dice.randbytes(200)
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="damaged"):
        Store.open(path)


def test_store_error_when_the_file_is_no_database(path: Path):
    path.parent.mkdir()
    path.write_text("home: kitchen\n" * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store.open(path)
    assert path.read_text().startswith("home: kitchen")


def test_store_error_when_the_database_is_another_programs(path: Path):
    path.parent.mkdir()
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE photos (id)")
    raw.commit()
    raw.close()
    with pytest.raises(StoreError, match="another program"):
        Store.open(path)


def test_store_error_when_the_path_is_a_folder(tmp_path: Path):
    with pytest.raises(StoreError, match="not a file"):
        Store.open(tmp_path)


def test_store_error_when_the_folder_is_a_file(tmp_path: Path):
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path / "home" / "memory.db")


def test_store_error_when_the_file_is_read_only(path: Path):
    _filled(path, 1)
    raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with pytest.raises(StoreError, match=r"cannot be written .*chmod"), translated(path):
        raw.execute("DELETE FROM utterances")
    raw.close()


def test_file_is_read_when_nothing_can_be_made_beside_it(path: Path):
    _filled(path, 3)
    path.with_name(path.name + "-shm").mkdir()  # as on a full disk: SQLite cannot make its own
    with pytest.raises(StoreError):
        Store.open(path)
    with Store.open_for_reading(path) as store:
        assert len(store.conversation()) == 3
        with pytest.raises(StoreError, match="cannot be written"):
            store.set_state("ui", 1)


def test_what_was_written_last_is_read_when_nothing_can_be_written(path: Path, tmp_path: Path):
    copy = tmp_path / "copy.db"
    with Store.open(path) as store:
        store.add_utterance("the blue one", "ann", "person")
        shutil.copy(path, copy)
        shutil.copy(path.with_name(path.name + "-wal"), copy.with_name("copy.db-wal"))
    copy.with_name("copy.db-shm").mkdir()
    with Store.open_for_reading(copy) as store:
        assert [said.text for said in store.conversation()] == ["the blue one"]


@pytest.mark.parametrize("log", [b"", b"x"])
def test_log_is_never_passed_over_when_the_file_can_only_be_read_without_it(path: Path, monkeypatch, log: bytes):
    _filled(path, 3)
    path.with_name(path.name + "-shm").mkdir()
    path.with_name(path.name + "-wal").write_bytes(log)
    monkeypatch.setattr(opening, "READ_ONLY", ("immutable=1",))
    if log:
        with pytest.raises(StoreError):
            Store.open_for_reading(path)
    else:
        with Store.open_for_reading(path) as store:
            assert len(store.conversation()) == 3


def test_store_error_when_what_is_to_be_read_is_damaged(path: Path):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="is damaged"):
        Store.open_for_reading(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to read-only files")
def test_store_error_when_the_permissions_forbid_writing(path: Path):
    _filled(path, 1)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(StoreError), Store.open(path) as store:
            store.set_state("ui", 1)
    finally:
        path.parent.chmod(0o755)


def test_store_error_when_another_program_holds_the_file(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "BUSY_S", 0.1)
    with Store.open(path) as store:
        raw = sqlite3.connect(path)
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="held by another program"):
            store.set_state("ui", 1)
        raw.rollback()
        raw.close()
        store.set_state("ui", 2)
        assert store.get_state("ui") == 2


def test_all_open_when_many_open_a_new_file_at_once(tmp_path: Path):
    failures: list[BaseException] = []

    def use(path: Path) -> None:
        try:
            with Store.open(path) as store:
                store.add_utterance("hello", "ann", "person")
        except BaseException as error:
            failures.append(error)

    for index in range(5):
        threads = [threading.Thread(target=use, args=(tmp_path / f"{index}.db",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with Store.open(tmp_path / f"{index}.db") as store:
            assert not failures and len(store.conversation()) == 4


def test_lessons_are_found_when_the_file_is_from_before_the_search(path: Path):
    path.parent.mkdir()
    old = Database(path)
    migrations.apply(old, stop_before="m003_search")
    names = [*CorrectionDraft.__struct_fields__[:-1], "window_start_s", "window_end_s"]
    values = {name: 0 for name in names} | {"id": "i1", "words": "the rack", "rules": "[]", "where": "null",
                                            "outcome": "open", "episode_id": None}  # fmt: skip
    old["corrections"].insert(values)
    old.close()
    with Store.open(path) as store, store._connection.reading() as db:
        assert [step.name for step in migrations.pending(db)] == []
        assert db.execute("SELECT count(*) FROM corrections_fts WHERE corrections_fts MATCH 'rack'").fetchone()[0] == 1


def test_steps_before_stay_when_a_step_fails(path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = Migrations("robot_coach")

    @broken()
    def m001_fine(db: Database) -> None:
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute("CREATE TABLE fine (id)")

    @broken()
    def m002_fails(db: Database) -> None:
        db.execute("CREATE TABLE half (id)")
        db.execute("INSERT INTO nowhere VALUES (1)")

    monkeypatch.setattr(opening, "migrations", broken)
    with pytest.raises(StoreError, match="nowhere"):
        Store.open(path)
    left = Database(path)
    assert "fine" in left.table_names() and "half" not in left.table_names()
    assert [step.name for step in broken.applied(left)] == ["m001_fine"]
    left.close()


def test_lessons_of_an_older_file_are_kept_and_may_be_left_when_it_is_opened(path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    old = Database(path)
    migrations.apply(old, stop_before=["m008_left"])
    words = ("thought_was", "thought_should", "thought_final", "instruction_was", "instruction_now", "by", "kind",
             "checkpoint", "home", "embodiment")  # fmt: skip
    times = {name: 0.0 for name in ("wall_s", "time_s", "label_start_s", "window_start_s", "window_end_s")}
    told = {"id": "one", "words": "no, the bin", "outcome": "open", "rules": "[]", "where": "null"}
    old["corrections"].insert({**dict.fromkeys(words, ""), **times, **told, "observation_sequence": 0})
    with pytest.raises(sqlite3.IntegrityError):
        old.execute("UPDATE corrections SET outcome = 'left'")
    old.close()
    with Store.open(path) as store:
        assert store.set_outcome("one", "left", reason="another task").outcome == "left"
        assert store.correction_changes("one")[0].reason == "another task"
        assert [found.id for found in store.search_corrections("bin")] == ["one"]
        store.check()
    raw = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute("UPDATE corrections SET outcome = 'whatever'")
    raw.close()


@pytest.mark.parametrize("name", ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"])
def test_disk_is_told_full_however_sqlite_meets_that(path: Path, name: str):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = name
    assert "is full" in str(store_error(path, error))
