import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def data(tmp_path):
    """Made-up stills and demonstrations: one good episode, one failed."""
    from tiny import THOUGHT, WORDINGS

    from policy.training.run import Data

    rng = np.random.default_rng(0)
    stills, demos = tmp_path / "stills" / "stills-0", tmp_path / "demos" / "demos-0"
    stills.mkdir(parents=True)
    np.save(stills / "images.npy", rng.integers(0, 256, (6, 24, 24, 3), dtype=np.uint8))
    cup = {"name": "red cup", "kind": "cup", "colour": "red", "dirty": False, "place": "counter", "x": 0.3, "y": 0.6}
    (stills / "labels.json").write_text(json.dumps([[cup, {**cup, "name": "blue cup", "x": 0.7}]] * 6))
    demos.mkdir(parents=True)
    frames = 20
    np.save(demos / "images.npy", rng.integers(0, 256, (frames, 3, 24, 24, 3), dtype=np.uint8))
    np.save(demos / "state.npy", rng.normal(size=(frames, 14)).astype(np.float32))
    np.save(demos / "action.npy", rng.normal(size=(frames, 14)).astype(np.float32))
    np.save(demos / "episode.npy", np.repeat([0, 1], frames // 2).astype(np.int32))
    np.save(demos / "thought_id.npy", np.zeros(frames, np.int32))
    np.save(demos / "instruction_id.npy", np.array([0] * 7 + [1] * 13, np.int32))
    texts = {"thoughts": [THOUGHT], "instructions": ["put the red cup in the sink", "put the red cup in the bin"],
             "episodes": [{"ok": True}, {"ok": False}], "cameras": ["base", "left_wrist", "right_wrist"]}  # fmt: skip
    (demos / "texts.json").write_text(json.dumps(texts))
    return Data(tmp_path / "stills", tmp_path / "demos", WORDINGS)
