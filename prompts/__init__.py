"""Texts that a model reads or the robot says, as YAML."""

from prompts.errors import PromptError
from prompts.loader import Prompts, load_prompts, render_context, say

__all__ = ["PromptError", "Prompts", "load_prompts", "render_context", "say"]
