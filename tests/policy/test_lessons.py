"""Fine-tuning on what people said: a share of each batch, words alone, and a sentence where there is nothing."""

import itertools
import json
import shutil

import msgspec
import numpy as np
import pytest
import yaml
from safetensors.torch import load_file
from tiny import SIZES, THOUGHT, observation, write_checkpoint, write_tokenizer

from coach.__main__ import command_parser, load_command, main
from memory.records import CorrectionDraft
from memory.store import Store
from policy.loading import load_policy
from policy.training.batches import text_batch
from policy.training.config import Stage, TrainConfig, load_train_config
from policy.training.episodes import Episodes
from policy.training.lessons import Lesson, mixed_in
from policy.training.losses import IGNORED
from policy.training.run import train
from robot_bridge.protocol.errors import ConfigError

STAGE = Stage(name="lessons", steps=30, batch=8, rate=0.01, frames=1.0, lessons=0.5, look=False)
CONFIG = TrainConfig(stages=(STAGE,), model=SIZES, save_every=30, log_every=5, warmup=1, average=0.5, point=0.0)
TAUGHT = THOUGHT.replace("red cup", "blue cup")
ASKED = "put the blue cup in the sink"


class Repeated:
    """One lesson again and again."""

    def __init__(self, thought: str = TAUGHT, camera: str = "base") -> None:
        seen = observation()
        self.lesson = Lesson({camera: seen.images["base"]}, seen.state, ASKED, thought)

    def __len__(self) -> int:
        return 1

    @property
    def digest(self) -> str:
        return self.lesson.thought

    def corrected(self, instruction, thought, dirty):
        return thought

    def draws(self, seed):
        return itertools.repeat(self.lesson)


def test_lessons_fill_their_share_of_a_batch_and_teach_no_action(data):
    base = Episodes(data.demos, 4, ("base",)).draw(np.random.default_rng(0), 5)
    mixed = mixed_in(base, Repeated().draws(0), 3, ["base"])
    assert mixed.pictures.shape == (8, 1, 24, 24, 3) and mixed.state.shape == (8, 14)
    assert mixed.thoughts[5:] == [TAUGHT] * 3 and mixed.instructions[5:] == [ASKED] * 3
    assert not mixed.usable[5:].any() and (mixed.usable[:5] == base.usable).all()


@pytest.mark.parametrize(("batch", "share", "taught"), [(64, 0.1, 6), (8, 0.1, 1), (8, 0.0, 0), (4, 0.5, 2)])
def test_share_of_lessons_is_a_whole_number_of_them(batch, share, taught):
    assert Stage(name="x", steps=1, batch=batch, lessons=share).taught == taught


def test_end_is_not_learnt_when_only_the_beginning_of_a_thought_is_known(tmp_path):
    from policy.model.prompting import Prompter
    from tiny import NORMALIZER  # isort: skip

    tokenizer = write_tokenizer(tmp_path)
    prompter = Prompter(tokenizer, NORMALIZER, ("base",), 24, "small")
    thoughts = ["reason: the red cup is on the counter\n", "reason: the red cup is on the counter"]
    batch = text_batch(prompter, np.zeros((2, 1, 24, 24, 3), np.uint8), None, ["put the cup"] * 2, thoughts, 2)
    known = [row[row != IGNORED].tolist() for row in batch.labels]
    assert known[0] == known[1][:-1] and known[1][-1] == tokenizer.eos


def test_words_are_learnt_and_the_action_expert_stands_still(data, tmp_path):
    start = write_checkpoint(tmp_path / "made" / "tiny")
    rows: list[dict] = []
    made = train(CONFIG, data, tmp_path / "run", "taught", start=start, report=rows.append, lessons=Repeated())
    before, after = load_file(start / "model.safetensors"), load_file(made / "model.safetensors")
    still = [name for name in before if (before[name] == after[name]).all()]
    moved = set(before) - set(still)
    thinks = ("model.vlm.language_model.", "pointer.")
    assert moved and all(name.startswith(thinks) for name in moved)
    assert any(not name.startswith("model.vlm") for name in still)
    assert rows[-1]["frames"] < 0.6 * rows[0]["frames"]
    card = yaml.safe_load((made / "checkpoint.yaml").read_text())
    assert card["seeds"]["lessons"] == 1 and card["name"] == "taught"


@pytest.mark.parametrize("put_right", [True, False])
def test_base_data_is_put_right_only_where_the_recipe_says_so(data, tmp_path, monkeypatch, put_right):
    start, asked = write_checkpoint(tmp_path / "made" / "tiny"), list[str]()
    monkeypatch.setattr(Repeated, "corrected", lambda self, words, thought, dirty: asked.append(words) or thought)
    stages = (msgspec.structs.replace(STAGE, steps=1, stills=1.0),)
    config = msgspec.structs.replace(CONFIG, stages=stages, put_right=put_right)
    train(config, data, tmp_path / "run", "x", start=start, report=lambda row: None, lessons=Repeated())
    assert bool(asked) is put_right


def test_config_error_when_no_lesson_fits_the_cameras(data, tmp_path):
    start = write_checkpoint(tmp_path / "made" / "tiny")
    with pytest.raises(ConfigError, match="no lesson has pictures of base of 24×24"):
        train(CONFIG, data, tmp_path / "run", "x", start=start, report=lambda row: None, lessons=Repeated(camera="top"))


def test_packaged_recipe_mixes_a_tenth_and_leaves_actions_alone():
    from importlib import resources

    recipe = load_train_config(resources.files("policy.training") / "corrections.yaml")
    [stage] = recipe.stages
    assert stage.lessons == 0.1 and stage.act == 0 and not stage.look


@pytest.fixture
def home(data, tmp_path):
    """A home with data, a checkpoint of its own and a memory of two lessons, one of them taken back."""
    write_checkpoint(tmp_path / "checkpoints" / "mine")
    (tmp_path / "data").mkdir()
    for part in ("stills", "demos"):
        (tmp_path / part).rename(tmp_path / "data" / part)
    recipe = msgspec.structs.replace(CONFIG, stages=(msgspec.structs.replace(STAGE, steps=2),))
    (tmp_path / "recipe.yaml").write_text(json.dumps(msgspec.to_builtins(recipe)))
    (tmp_path / "config.yaml").write_text("checkpoint: mine\n")
    with Store.open(tmp_path / "memory.db") as store:
        for number in range(2):
            store.add_correction(CorrectionDraft(
                id=f"c{number}", words="no, the blue one", thought_was=THOUGHT, thought_should=TAUGHT,
                thought_final=TAUGHT, instruction_now=ASKED, embodiment="kitchen", time_s=5.0 + 90 * number,
                observation_sequence=5 + 90 * number), [observation(5 + 90 * number)])  # fmt: skip
        store.retract_correction("c1", "ann")
    return tmp_path


def test_stored_lessons_become_a_checkpoint_when_trained_from(home, capsys):
    argv = ["train", "--from-corrections", "--recipe", str(home / "recipe.yaml"), "--home", str(home)]
    assert main(argv) == 0
    shown = capsys.readouterr()
    assert "1 lesson to learn from" in shown.err and "coach promote coached-1" in shown.out
    assert load_policy(str(home / "checkpoints" / "coached-1" / "checkpoint"), "cpu").parameters > 1000
    assert main(argv) == 0
    assert "coach promote coached-2" in capsys.readouterr().out


def taught_once_more(home):
    with Store.open(home / "memory.db") as store:
        store.add_correction(CorrectionDraft(
            id="new", words="no", thought_was=THOUGHT, thought_should=TAUGHT, thought_final=TAUGHT,
            instruction_now=ASKED, embodiment="kitchen", time_s=500.0, observation_sequence=500),
            [observation(500)])  # fmt: skip


def test_finished_run_is_named_so_and_not_told_as_trained_when_asked_for_again(home, capsys):
    argv = ["train", "--from-corrections", "--recipe", str(home / "recipe.yaml"), "--home", str(home), "--name", "x"]
    assert main(argv) == 0 and "trained: " in capsys.readouterr().out
    weights = home / "checkpoints" / "x" / "checkpoint" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert said.startswith("finished already: ") and "--name" in said and "coach promote x" in said
    assert weights.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("lesson", "with 1 lesson, not 2"),
        ("edit", "with 1 lesson that read otherwise"),
        ("start", "from other weights"),
        ("weights", "from other weights"),
        ("recipe", "with another recipe"),
    ],
)
def test_run_of_the_same_name_is_refused_when_it_would_begin_from_something_else(home, capsys, change, says):
    recipe = home / "recipe.yaml"
    argv = ["train", "--from-corrections", "--recipe", str(recipe), "--home", str(home), "--name", "x"]
    assert main(argv) == 0
    capsys.readouterr()
    if change == "lesson":
        taught_once_more(home)
    elif change == "edit":
        with Store.open(home / "memory.db") as store:
            store.edit_correction("c0", {"thought_final": TAUGHT.replace("blue", "red")}, "ann")
    elif change == "start":
        write_checkpoint(home / "checkpoints" / "other", seed=3)
        argv += ["--start", "other"]
    elif change == "weights":
        write_checkpoint(home / "checkpoints" / "mine", seed=3)
    else:
        recipe.write_text(recipe.read_text().replace('"rate": 0.01', '"rate": 0.02'))
    assert main(argv) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert says in said and "another --name" in said and "rm -r" in said


def test_unfinished_run_goes_on_or_gives_way_to_the_next_name(home, capsys):
    argv = ["train", "--from-corrections", "--recipe", str(home / "recipe.yaml"), "--home", str(home)]
    assert main([*argv, "--minutes", "0.00001"]) == 0
    assert "not finished" in capsys.readouterr().out
    began = json.loads((home / "checkpoints" / "coached-1" / "progress.json").read_text())
    assert began["stage"] == 0 and began["began"]["lesson_count"] == 1
    taught_once_more(home)
    assert main(argv) == 0
    assert "coach promote coached-2" in capsys.readouterr().out
    with Store.open(home / "memory.db") as store:
        store.retract_correction("new", "ann")
    assert main(argv) == 0
    assert "coach promote coached-1" in capsys.readouterr().out


@pytest.mark.parametrize("missing", ["stills", "demos"])
def test_whole_command_is_told_when_what_lessons_are_mixed_with_is_missing(home, capsys, missing):
    shutil.move(home / "data" / missing, home / "elsewhere")
    argv = ["train", "--from-corrections", "--recipe", str(home / "recipe.yaml"), "--home", str(home)]
    assert main(argv) == 2
    told = capsys.readouterr().err
    assert f"make some with: coach demos --episodes 120 --stills 3000 --out {home / 'data'}" in told
    with pytest.raises(SystemExit):
        command_parser("train", load_command("train")).parse_args(["--help"])
    assert "coach demos --episodes 120 --stills 3000" in " ".join(capsys.readouterr().out.split())


def test_one_sentence_when_there_is_nothing_to_learn_from(home, tmp_path, capsys):
    assert main(["train", "--from-corrections", "--home", str(tmp_path / "new")]) == 2
    assert "there are no corrections to train from" in capsys.readouterr().err
    with Store.open(home / "memory.db") as store:
        store.retract_correction("c0", "ann")
    assert main(["train", "--from-corrections", "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "none of the 2 corrections" in said and "coach say" in said
