"""The packaged prompt files, or a folder that rewords some of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from prompts.errors import PromptError, unknown
from prompts.rendering import ContextLike, Style, parse_styles
from prompts.sentences import Sentence, parse_sentences
from prompts.yaml_file import read_mapping

ROBOT, POLICY = "robot.yaml", "policy.yaml"


@dataclass(frozen=True)
class Prompts:
    """Every text, by name."""

    sentences: dict[str, Sentence]
    styles: dict[str, Style]

    def say(self, name: str, **variables: Any) -> str:
        """Raises `PromptError`: no such sentence, or a variable is missing or unknown."""
        if name not in self.sentences:
            raise unknown("sentence", name, self.sentences)
        return self.sentences[name].fill(variables)

    def render_context(self, context: ContextLike, style: str) -> str:
        """Raises `PromptError`: no such style."""
        if style not in self.styles:
            raise unknown("prompt style", style, self.styles)
        return self.styles[style].render(context)


@lru_cache(maxsize=8)
def load_prompts(path: str | Path | None = None) -> Prompts:
    """The packaged prompts; with a folder, reworded by its `robot.yaml` and `policy.yaml`. Read once.

    A sentence that is reworded must exist and use no variable that the packaged one lacks; styles may be added.

    Raises:
        PromptError: a file is missing or misspelt.
    """
    packaged = _packaged()
    if path is None:
        return packaged
    folder = Path(path)
    files = sorted(file for file in folder.glob("*.y*ml") if file.is_file())
    if not files:
        raise PromptError(f"there are no prompts in {folder}", f"a folder with {ROBOT} or {POLICY}")
    for file in files:
        if file.name not in (ROBOT, POLICY):
            raise unknown("prompt file", file.name, (ROBOT, POLICY), str(folder))
    sentences, styles = dict(packaged.sentences), dict(packaged.styles)
    if (folder / ROBOT).is_file():
        sentences |= _reworded(packaged, parse_sentences(read_mapping(folder / ROBOT), ROBOT))
    if (folder / POLICY).is_file():
        styles |= parse_styles(read_mapping(folder / POLICY), POLICY)
    return Prompts(sentences, styles)


def say(name: str, **variables: Any) -> str:
    """A sentence of the robot, as packaged.

    Raises:
        PromptError: no such sentence, or a variable is missing or unknown.
    """
    return load_prompts().say(name, **variables)


def render_context(context: ContextLike, style: str) -> str:
    """The text that a model of this style reads, as packaged: `small`, `small_dialogue` or `full`.

    Raises:
        PromptError: no such style.
    """
    return load_prompts().render_context(context, style)


@lru_cache(maxsize=1)
def _packaged() -> Prompts:
    folder = resources.files("prompts")
    return Prompts(
        parse_sentences(read_mapping(folder / ROBOT), ROBOT), parse_styles(read_mapping(folder / POLICY), POLICY)
    )


def _reworded(packaged: Prompts, new: dict[str, Sentence]) -> dict[str, Sentence]:
    """New texts with the packaged variables, so that what `say` demands stays the same."""
    for name, sentence in new.items():
        if name not in packaged.sentences:
            raise unknown("sentence", name, packaged.sentences, ROBOT)
        for variable in sentence.variables:
            if variable not in packaged.sentences[name].variables:
                raise unknown(f"variable of '{name}'", variable, packaged.sentences[name].variables, ROBOT)
    return {name: Sentence(name, new[name].text, packaged.sentences[name].variables) for name in new}
