"""Prompt files: strict about names, gaps and variables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from prompts import PromptError, load_prompts, say
from prompts.errors import unknown


def _folder(tmp_path: Path, robot: str = "", policy: str = "") -> Path:
    if robot:
        (tmp_path / "robot.yaml").write_text(robot, "utf-8")
    if policy:
        (tmp_path / "policy.yaml").write_text(policy, "utf-8")
    return tmp_path


def test_gap_is_filled_when_the_variable_is_given():
    assert say("accepted", task="put the red cup in the sink") == "All right, I will put the red cup in the sink."


def test_braces_stay_when_a_person_typed_them():
    assert "{task.__class__} {0} %s" in say("unknown_words", text="{task.__class__} {0} %s")


def test_quote_is_short_and_on_one_line_when_ten_thousand_characters_were_said():
    said = say("unknown_words", text="la la\n" * 2000)
    assert len(said) < 400 and "\n" not in said and "…" in said


def test_error_names_the_nearest_when_the_sentence_does_not_exist():
    with pytest.raises(PromptError, match=r"unknown sentence 'acepted'.*did you mean 'accepted'\?"):
        say("acepted", task="x")


def test_error_names_every_variable_that_is_missing():
    with pytest.raises(PromptError, match="'unknown_object' needs object, objects"):
        say("unknown_object")


def test_error_names_the_variable_when_there_is_one_too_many():
    with pytest.raises(PromptError, match=r"'tasks'; allowed: task; did you mean 'task'\?"):
        say("accepted", task="x", tasks="y")


def test_error_has_the_fields_of_the_other_errors():
    error = unknown("sentence", "don", ["done", "help"])
    assert (error.what, error.allowed, error.next_step) == (
        "unknown sentence 'don'", "done, help", "did you mean 'done'?")  # fmt: skip
    assert str(error) == "unknown sentence 'don'; allowed: done, help; did you mean 'done'?"


def test_sentence_is_reworded_when_a_folder_says_so(tmp_path: Path):
    prompts = load_prompts(_folder(tmp_path, "accepted: {text: 'Mach ich: {task}.', variables: [task]}\nhelp: Hilfe"))
    assert prompts.say("accepted", task="x") == "Mach ich: x."
    assert prompts.say("help") == "Hilfe"
    assert prompts.say("stopped") == say("stopped")


def test_sentence_takes_the_same_variables_when_reworded_without_them(tmp_path: Path):
    prompts = load_prompts(_folder(tmp_path, "accepted: Mach ich."))
    assert prompts.say("accepted", task="x") == "Mach ich."


@pytest.mark.parametrize(
    ("robot", "message"),
    [
        ("acepted: hello", r"robot.yaml: unknown sentence 'acepted'.*did you mean 'accepted'"),
        ("accepted: {txt: hello}", r"unknown key of 'accepted' 'txt'.*did you mean 'text'"),
        ("accepted: {text: 'I {task}.'}", r"'accepted' uses task; .*declare it under variables"),
        ("accepted: {text: 'I go.', variables: [task]}", "'accepted' declares task and does not use it"),
        ("accepted: {text: '{tsk}', variables: [tsk]}", r"unknown variable of 'accepted' 'tsk'.*did you mean 'task'"),
        ("accepted: {text: '{task.x}', variables: [task]}", "is not a plain name"),
        ("accepted: {text: '{task!r:>9}', variables: [task]}", "is not a plain name"),
        ("accepted: {text: '{}', variables: []}", "is not a plain name"),
        ("accepted: {text: 'I { go', variables: []}", "for a gap"),
        ("accepted: {text: hello, variables: task}", "a list of names"),
        ("accepted: 3", "a text, or a mapping"),
        ("accepted: ''", "has no text"),
        ("help: a\nhelp: b", "'help' comes twice"),
        ("no: hello", "put quotes around"),
        ("[help]", "not a list of named texts"),
        ("help: [", "is not a YAML file"),
        ("? [a]\n: b", "is not a"),
        ("help: !!python/object/apply:os.getcwd []", "is not a YAML file"),
    ],
)
def test_error_says_what_is_wrong_when_a_sentence_file_is(tmp_path: Path, robot: str, message: str):
    with pytest.raises(PromptError, match=message):
        load_prompts(_folder(tmp_path, robot))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            "mine: {instruction: 'do {text}', lne_characters: 3}",
            r"key of style 'mine' 'lne_characters'.*'line_characters'",
        ),
        ("mine: {instruction: 'do it'}", r"one line with the gap \{text\}"),
        ("mine: {instruction: 'do {words}'}", r"one line with the gap \{text\}"),
        ("mine: {normalise: true}", "instruction of style 'mine'"),
        ("mine: {instruction: '{text}', normalise: 1}", "normalise of style 'mine' is 1; allowed: bool"),
        ("mine: {instruction: '{text}', done_limit: -1}", "not negative"),
        ("mine: hello", "a mapping with"),
    ],
)
def test_error_says_what_is_wrong_when_a_style_file_is(tmp_path: Path, policy: str, message: str):
    with pytest.raises(PromptError, match=message):
        load_prompts(_folder(tmp_path, policy=policy))


def test_error_when_the_folder_has_no_prompts(tmp_path: Path):
    with pytest.raises(PromptError, match=r"robot\.yaml or policy\.yaml"):
        load_prompts(tmp_path)


def test_error_names_the_nearest_when_a_file_is_misnamed(tmp_path: Path):
    (tmp_path / "robots.yaml").write_text("help: a")
    with pytest.raises(PromptError, match=r"did you mean 'robot\.yaml'"):
        load_prompts(tmp_path)


def test_error_when_a_file_is_not_text(tmp_path: Path):
    (tmp_path / "robot.yaml").write_bytes(b"help: \xff\xfe")
    with pytest.raises(PromptError, match="cannot be read"):
        load_prompts(tmp_path)


def test_files_are_read_once_when_loaded_twice():
    assert load_prompts() is load_prompts()


def test_no_file_is_read_when_only_imported():
    code = (
        "import sys, pathlib; opened = []\n"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None)\n"
        "import prompts\n"
        "assert not [f for f in opened if f.endswith('.yaml')], opened\n"
        "assert not {'torch', 'textual', 'robot_bridge'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
