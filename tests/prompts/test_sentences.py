"""Every sentence that the code says exists, and every sentence can be said."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from prompts import load_prompts

ROOT = Path(__file__).parents[2]
PACKAGES = ("coach", "robot_bridge", "policy", "memory")
SENTENCES = load_prompts().sentences


def said_in(source: str) -> Iterator[tuple[int, str, set[str] | None]]:
    """Line, name and variables (None where they are passed as `**`) of each `say("…")` of `prompts`."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "prompts"
        for alias in node.names
        if alias.name == "say"
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func
        ours = isinstance(called, ast.Name) and called.id in names
        ours |= isinstance(called, ast.Attribute) and called.attr == "say" and "prompts" in ast.unparse(called.value)
        if ours:
            given = {keyword.arg for keyword in node.keywords}
            for value in ast.walk(node.args[0]):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield node.lineno, value.value, None if None in given else {str(name) for name in given}


def _problems(source: str, file: str) -> list[str]:
    problems = []
    for line, name, given in said_in(source):
        if name not in SENTENCES:
            problems.append(f"{file}:{line}: no sentence '{name}'")
        elif given is not None and given != set(SENTENCES[name].variables):
            problems.append(f"{file}:{line}: '{name}' needs {SENTENCES[name].variables}, is given {sorted(given)}")
    return problems


def test_every_sentence_exists_when_the_code_says_it():
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    assert len(files) > 20
    problems = [
        problem
        for file in files
        for problem in _problems(file.read_text("utf-8"), str(file.relative_to(ROOT)))
    ]  # fmt: skip
    assert not problems, "\n".join(problems)


def test_scan_finds_the_fault_when_a_sentence_is_misspelt():
    source = 'from prompts import say as tell\ntell("acepted", task=1)\ntell("accepted")\ntell("stopped")\nsay("x")'
    assert _problems(source, "a.py") == [
        "a.py:2: no sentence 'acepted'",
        "a.py:3: 'accepted' needs ('task',), is given []",
    ]
    assert len(_problems('import prompts\nprompts.say("a" if b else "done")', "a.py")) == 2


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_sentence_is_whole_when_filled(name: str):
    sentence = SENTENCES[name]
    said = sentence.fill({variable: f"<{variable}>" for variable in sentence.variables})
    assert all(f"<{variable}>" in said for variable in sentence.variables)
    assert "{" not in said and "}" not in said
    assert said[0].isupper() or said[0] == "<"
    assert said[-1] in '.?!"', "a sentence ends"
    assert len(said) < 320
    if name != "help":
        assert "\n" not in said
