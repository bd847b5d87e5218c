"""What goes into the memory comes out again."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.errors import StoreError, UsageError
from robot_bridge.protocol.messages import ChunkEvent, Event, Intervention, ThoughtEvent
from robot_bridge.protocol.thought import Thought, Where


def test_episode_comes_back_when_the_file_is_opened_again(path: Path):
    with Store.open(path) as store:
        number = store.begin_episode("task-1", "put the red cup in the sink", "home", "first", "kitchen", "ann")
        store.end_episode(number, "done")
    with Store.open(path) as store:
        episode = store.episode(number)
    assert (episode.task_id, episode.instruction, episode.by) == ("task-1", "put the red cup in the sink", "ann")
    assert episode.outcome == "done" and episode.ended_s is not None and episode.ended_s >= episode.started_s


def test_first_end_stays_when_an_episode_ends_twice(store: Store, episode: int):
    store.end_episode(episode, "done")
    store.end_episode(episode, "failed")
    assert store.episode(episode).outcome == "done"


def test_open_episodes_are_closed_when_a_run_starts_after_a_crash(store: Store, episode: int):
    assert store.end_open_episodes() == 1
    assert store.episode(episode).outcome == "interrupted"
    assert store.end_open_episodes() == 0


def test_episodes_come_newest_first_when_listed(store: Store):
    numbers = [store.begin_episode(f"t{i}", "x", "h", "c", "kitchen", "ann") for i in range(3)]
    assert [episode.id for episode in store.episodes(limit=2)] == [numbers[2], numbers[1]]
    assert [episode.id for episode in store.episodes(limit=2, offset=2)] == [numbers[0]]


def test_usage_error_when_the_episode_does_not_exist(store: Store):
    with pytest.raises(UsageError, match="no episode 7"):
        store.episode(7)


def test_thought_comes_back_whole_when_stored(store: Store, episode: int):
    thought = Thought(reason="the red cup is on the counter", subtask="pick up the red cup", hand="left",
                      where=Where("base", 0.25, 0.75), confidence=0.5)  # fmt: skip
    event = ThoughtEvent(time_s=3.5, task_id="task-1", observation_sequence=12, thought=thought, cause="i1")
    store.add_thought(episode, event)
    (stored,) = store.thoughts(episode)
    assert stored.text == str(thought) and stored.subtask == "pick up the red cup"
    assert (stored.time_s, stored.observation_sequence, stored.cause, stored.confidence) == (3.5, 12, "i1", 0.5)


def test_actions_come_back_bit_by_bit_when_stored(store: Store, episode: int):
    actions = np.random.default_rng(0).normal(size=(10, 38)).astype(np.float32)
    event = ChunkEvent(time_s=1.0, task_id="task-1", observation_sequence=3, actions=actions, dt_s=0.1, dropped_rows=2)
    store.add_actions(episode, event)
    (stored,) = store.actions(episode)
    assert np.array_equal(stored.actions, actions) and (stored.dt_s, stored.dropped_rows) == (0.1, 2)


def test_conversation_ends_with_the_last_words_when_limited(store: Store, episode: int):
    for index in range(5):
        store.add_utterance(f"line {index}", "ann", "person" if index % 2 else "robot", episode, wall_s=float(index))
    assert [said.text for said in store.conversation(2)] == ["line 3", "line 4"]
    assert [said.role for said in store.conversation(2)] == ["person", "robot"]


def test_words_come_back_unchanged_when_they_are_odd(store: Store):
    text = 'no – "the café"; DROP TABLE corrections; \n 🫖 ' + "x" * 10_000
    store.add_utterance(text, "ann", "person")
    assert store.conversation()[-1].text == text


def test_words_are_kept_when_bytes_among_them_are_no_text(store: Store, episode: int):
    text = "no\udcff, the \ud800cup"
    store.add_utterance(text, "ann", "person")
    store.set_state("ui", {"draft": [text]})
    store.add_intervention(Intervention(id="i1", kind="task", text=text), episode)
    store.add_correction(CorrectionDraft(id="i1", words=text, episode_id=episode))
    store.complete_correction("i1", text)
    assert store.conversation()[-1].text == "no?, the ?cup"
    assert store.get_state("ui") == {"draft": ["no?, the ?cup"]}
    assert store.interventions(episode)[0].message["text"] == "no?, the ?cup"
    assert store.correction("i1").words == store.correction("i1").thought_final == "no?, the ?cup"


def test_store_error_when_neither_person_nor_robot_speaks(store: Store):
    with pytest.raises(StoreError, match="person, robot"):
        store.add_utterance("hello", "cat", "animal")  # type: ignore[arg-type]


def test_intervention_is_kept_once_when_sent_twice(store: Store, episode: int):
    intervention = Intervention(id="i1", kind="nudge", text="a little left", offset=(-0.02, 0.0, 0.0))
    store.add_intervention(intervention, episode)
    store.add_intervention(intervention, episode)
    (stored,) = store.interventions(episode)
    assert stored.kind == "nudge" and stored.message["offset"] == [-0.02, 0.0, 0.0]


def test_event_data_comes_back_when_stored(store: Store, episode: int):
    store.add_event(episode, Event(time_s=1.0, level="warning", code="clamped", text="slow", data={"joints": [1, 2]}))
    store.add_event(None, Event(time_s=2.0, level="info", code="policy_back", text="back"))
    assert store.events(episode)[0].data == {"joints": [1, 2]}
    assert [event.code for event in store.events()] == ["clamped", "policy_back"]


def test_state_survives_when_the_file_is_opened_again(path: Path):
    value = {"theme": "dark", "draft": "no, put", "scroll": [1, 2.5, None, True]}
    with Store.open(path) as store:
        store.set_state("ui", {"old": 1})
        store.set_state("ui", value)
    with Store.open(path) as store:
        assert store.get_state("ui") == value
        assert store.get_state("other", default=3) == 3


def test_records_are_plain_json_when_exported(store: Store, episode: int):
    store.add_utterance("hello", "ann", "person", episode)
    exported = [record.to_json() for record in (*store.episodes(), *store.conversation())]
    assert json.loads(json.dumps(exported))[1]["text"] == "hello"


def test_nothing_is_lost_when_many_threads_write_at_once(store: Store, episode: int):
    def talk(name: str) -> None:
        for index in range(25):
            store.add_utterance(f"{name}-{index}", name, "person", episode)
            store.conversation(3)

    threads = [threading.Thread(target=talk, args=(f"p{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({said.text for said in store.conversation(1000)}) == 150


def test_both_write_when_two_stores_have_one_file_open(path: Path):
    with Store.open(path) as one, Store.open(path) as two:
        one.add_utterance("from one", "ann", "person")
        two.add_utterance("from two", "ben", "person")
        assert [said.text for said in one.conversation()] == ["from one", "from two"]


def test_store_error_when_used_after_closing(path: Path):
    store = Store.open(path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.conversation()
    with pytest.raises(StoreError, match="closed"):
        store.set_state("ui", 1)
