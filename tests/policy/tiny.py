"""A model small enough to make, train and save in a test."""

import json
from pathlib import Path

import numpy as np
import torch

from policy.checkpoint import Card, save_checkpoint
from policy.model.config import SmallConfig
from policy.model.normalizer import Normalizer
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.model.tokenizer import FILE, ThoughtTokenizer, build_tokenizer
from policy.training.still_texts import Wordings
from robot_bridge.protocol.messages import Context, Observation

SIZES = SmallConfig(layers=2, heads=2, head_dim=8, width=16, mlp=32, expert_width=16, expert_mlp=32, vision_width=16,
                    vision_layers=1, image_size=24, patch=12, horizon=4, denoising_steps=3)  # fmt: skip
WORDS = (
    "the",
    "red",
    "blue",
    "cup",
    "is",
    "on",
    "counter",
    "sink",
    "and",
    "goes",
    "in",
    "pick",
    "up",
    "put",
    "base",
    "left",
)
WORDINGS = Wordings(
    put=("put {object} {in_place}", "move {object} to {place}"),
    chores={"clear": ("clear the counter",), "wash": ("wash up",)},
    notes=("{things} go {in_place}",),
    belongs={"cup": "drying rack", "plate": "sink", "bowl": "sink", "sponge": "bin", "towel": "bin", "bottle": "bin"},
)
NORMALIZER = Normalizer(width=14, state_low=[-1.0] * 14, state_high=[1.0] * 14, action_scale=[[0.1] * 14] * 4)
CONTEXT = Context(instruction="put the red cup in the sink")
THOUGHT = (
    "reason: the red cup is on the counter\nsubtask: pick up the red cup\nhand: left\nwhere: base <loc0412><loc0632>"
)


def write_tokenizer(folder: Path) -> ThoughtTokenizer:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(build_tokenizer(WORDS).to_str())
    return ThoughtTokenizer(folder)


def write_checkpoint(folder: Path, seed: int = 0, sizes: SmallConfig = SIZES) -> Path:
    """A checkpoint of random weights."""
    tokenizer = write_tokenizer(folder.parent / "tokenizer")
    torch.manual_seed(seed)
    model = ThoughtfulPI0(sizes.to_pi0(len(tokenizer), tokenizer.image))
    card = Card(name="tiny", cameras=("base",), style="small", dt_s=0.1, normalizer=NORMALIZER, code_version="0")
    save_checkpoint(folder, model.config, model.state_dict(), folder.parent / "tokenizer" / FILE, card)
    return folder


def write_data(folder: Path, side: int = 24) -> None:
    """Made-up `stills` and `demos` with pictures of so many pixels a side: one good episode, one failed."""
    rng = np.random.default_rng(0)
    stills, demos = folder / "stills" / "stills-0", folder / "demos" / "demos-0"
    stills.mkdir(parents=True)
    np.save(stills / "images.npy", rng.integers(0, 256, (6, side, side, 3), dtype=np.uint8))
    cup = {"name": "red cup", "kind": "cup", "colour": "red", "dirty": False, "place": "counter", "x": 0.3, "y": 0.6}
    (stills / "labels.json").write_text(json.dumps([[cup, {**cup, "name": "blue cup", "x": 0.7}]] * 6))
    demos.mkdir(parents=True)
    frames = 20
    np.save(demos / "images.npy", rng.integers(0, 256, (frames, 3, side, side, 3), dtype=np.uint8))
    np.save(demos / "state.npy", rng.normal(size=(frames, 14)).astype(np.float32))
    np.save(demos / "action.npy", rng.normal(size=(frames, 14)).astype(np.float32))
    np.save(demos / "episode.npy", np.repeat([0, 1], frames // 2).astype(np.int32))
    np.save(demos / "thought_id.npy", np.zeros(frames, np.int32))
    np.save(demos / "instruction_id.npy", np.array([0] * 7 + [1] * 13, np.int32))
    texts = {"thoughts": [THOUGHT], "instructions": ["put the red cup in the sink", "put the red cup in the bin"],
             "episodes": [{"ok": True}, {"ok": False}], "cameras": ["base", "left_wrist", "right_wrist"]}  # fmt: skip
    (demos / "texts.json").write_text(json.dumps(texts))


def observation(sequence: int = 0, seed: int = 0) -> Observation:
    rng = np.random.default_rng(seed)
    state = np.zeros(38, np.float32)
    state[:14] = rng.uniform(-1, 1, 14)
    images = {"base": rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)}
    return Observation(sequence=sequence, time_s=float(sequence), state=state, images=images)
