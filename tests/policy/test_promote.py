"""Serving another checkpoint: with real folders, a real policy server, and the command line."""

import json
import shutil
import threading

import pytest
from tiny import write_checkpoint

from coach.__main__ import main
from coach.checkpoints.proofs import objection, record
from coach.config import load_config
from coach.processes.plan import server_specs
from policy.checkpoint import embedded_folder
from policy.fingerprint import MAY_BE_THERE, NEEDED, fingerprint
from policy.loading import load_policy
from policy.server import serve
from robot_bridge.protocol.errors import CheckpointError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three small checkpoints and a folder that is none."""
    folder = tmp_path_factory.mktemp("made")
    for seed, name in enumerate(("old", "new", "third")):
        write_checkpoint(folder / name, seed)
    return folder


@pytest.fixture
def home(made, tmp_path):
    """A home with these checkpoints; no server runs at its addresses."""
    shutil.copytree(made, tmp_path / "checkpoints")
    lines = ["checkpoint: old", *(f"{part}_address: tcp://127.0.0.1:{port}" for part, port in
                                  (("policy", 1), ("bridge", 2), ("events", 3)))]  # fmt: skip
    (tmp_path / "config.yaml").write_text("\n".join(lines))
    return tmp_path


@pytest.fixture
def server(home):
    """A policy server that serves `old`, its address written into the home's configuration."""
    stop, bound = threading.Event(), []
    ready = threading.Event()
    policy = load_policy(str(home / "checkpoints" / "old"), "cpu")
    thread = threading.Thread(
        target=serve, args=(policy, "tcp://127.0.0.1:*", stop),
        kwargs={"ready": lambda address: (bound.append(address), ready.set())},
    )  # fmt: skip
    thread.start()
    assert ready.wait(10)
    path = home / "config.yaml"
    path.write_text(path.read_text().replace("tcp://127.0.0.1:1\n", bound[0] + "\n"))
    yield home
    stop.set()
    thread.join(10)


COUNTS = {"better": (20, 2), "worse": (2, 20), "cannot tell": (6, 4)}


def prove(
    home, first: str, second: str, verdict: str, suite: str = "pick_place", episodes=200, seed=0, counts=()
) -> None:
    better, worse = counts or COUNTS[verdict]
    cell = {"checkpoint": second, "success": 0.9, "ci95": [0.8, 0.95]}
    answer = {**cell, "suite": suite, "grasp": "sticky", "seed": seed, "episodes": episodes,
              "against": {**cell, "checkpoint": first},
              "paired": {"better": better, "worse": worse, "verdict": verdict}}  # fmt: skip
    record(home, home / "checkpoints" / first, home / "checkpoints" / second, answer)


def coach(capsys, home, *argv) -> dict:
    assert main([*argv, "--json", "--home", str(home)]) == 0
    return json.loads(capsys.readouterr().out)


def test_running_server_takes_the_new_checkpoint_and_goes_back(server, capsys):
    prove(server, "old", "new", "better")
    assert coach(capsys, server, "promote", "new") == {"served": "new", "previous": "old", "running": True}
    told = coach(capsys, server, "checkpoints")
    assert (told["served"], told["previous"]) == ("new", "old") and told["running"].endswith("checkpoints/new")
    whole = {row["name"]: row["whole"] for row in told["checkpoints"]}
    assert "embedded" in whole and [whole[name] for name in ("old", "new", "third")] == [True] * 3
    assert not whole["tokenizer"]  # a folder of another kind
    assert coach(capsys, server, "rollback") == {"served": "old", "previous": "new", "running": True}
    assert coach(capsys, server, "checkpoints")["running"].endswith("checkpoints/old")
    assert coach(capsys, server, "rollback")["served"] == "new"


def test_nothing_changes_when_the_server_cannot_load_it(server, capsys):
    weights = server / "checkpoints" / "new" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert main(["promote", "new", "--force", "--home", str(server)]) == 1
    assert "cannot read the weights" in capsys.readouterr().err
    told = coach(capsys, server, "checkpoints")
    assert told["served"] == "old" and told["running"].endswith("old")


def test_choice_outlives_the_program_until_the_configuration_names_another(home, capsys):
    assert coach(capsys, home, "promote", "new", "--force") == {"served": "new", "previous": "old", "running": False}
    assert load_config(home=home).checkpoint == "new"
    [_, policy] = server_specs(load_config(home=home), None)
    assert "--checkpoint" not in policy.command  # a restart within the run finds what was promoted meanwhile
    (home / "config.yaml").write_text("checkpoint: third\n")
    assert load_config(home=home).checkpoint == "third"
    assert main(["rollback", "--home", str(home)]) == 2
    assert "nothing to go back to" in capsys.readouterr().err


BIG, SMALL = {"episodes": 2000, "seed": 0}, {"episodes": 4, "seed": 7, "counts": (0, 0)}
SUITES = [f"suite {number}" for number in range(10)]
CLOSE = {"counts": (9, 1)}  # p = 0.02


@pytest.mark.parametrize(
    ("proofs", "why"),
    [
        ([], "never measured against each other"),
        ([("cannot tell", "pick_place", {})], "not proved better (pick_place, sticky grasp: cannot tell, about "),
        ([("cannot tell", "pick_place", {"counts": (1, 1), "episodes": 2000})], "no difference of 3 points or more"),
        ([("better", "pick_place", {}), ("worse", "tidy", {})], "worse on tidy, sticky grasp"),
        ([("worse", "tidy", BIG), ("better", "home", {}), ("cannot tell", "tidy", SMALL)], "worse on tidy"),
        ([("worse", "tidy", BIG), ("better", "tidy", {"seed": 1})], "not proved better"),  # as often worse as better
        ([("worse", "tidy", BIG), ("better", "tidy", {"episodes": 300})], "worse on tidy"),  # the same layouts
        ([("cannot tell", "tidy", {}), ("better", "tidy", {"episodes": 300})], ""),
        ([("better", "tidy", {"counts": (5, 0), "seed": seed}) for seed in (1, 2)], ""),  # neither of them alone
        ([("worse", "tidy", {}), ("better", "tidy", {"counts": (60, 2), "seed": 1})], ""),
        ([("better", "pick_place", CLOSE)], ""),
        ([("better", "pick_place", CLOSE), *(("cannot tell", name, {}) for name in SUITES)],
         "better on pick_place, sticky grasp, which is likely chance where 11 suites were measured"),
        ([("better", "pick_place", {}), *(("cannot tell", name, {}) for name in SUITES)], ""),
    ],
)  # fmt: skip
def test_promotion_wants_a_proof(home, proofs, why):
    for verdict, suite, fields in proofs:
        prove(home, "old", "new", verdict, suite, **fields)
    (home / "evaluations.jsonl").open("a").write('{"cut short')
    assert why in objection(home, home / "checkpoints" / "old", home / "checkpoints" / "new")
    assert bool(why) == bool(objection(home, home / "checkpoints" / "old", home / "checkpoints" / "new"))


def test_next_proof_counts_when_the_last_line_was_cut_short(home):
    prove(home, "old", "new", "cannot tell")
    whole = (home / "evaluations.jsonl").read_bytes()
    (home / "evaluations.jsonl").write_bytes(whole + whole[:40])
    prove(home, "old", "new", "better")
    assert objection(home, home / "checkpoints" / "old", home / "checkpoints" / "new") == ""


def test_proof_is_void_when_the_weights_were_replaced(home, capsys):
    prove(home, "old", "new", "better")
    write_checkpoint(home / "checkpoints" / "new", seed=9)
    assert main(["promote", "new", "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert "'new' has not beaten 'old'" in said and "coach eval old new" in said and "--force" in said


def test_unfinished_checkpoint_is_marked_and_wants_force(home, capsys):
    card = home / "checkpoints" / "new" / "checkpoint.yaml"
    figures = "figures:\n  stages: {look: 100, lessons: 300}\n  stage: 1\n  step: 75"
    card.write_text(card.read_text().replace("figures: {}", figures))
    prove(home, "old", "new", "better")
    told = {row["name"]: row["unfinished"] for row in coach(capsys, home, "checkpoints")["checkpoints"]}
    assert told["new"] == "unfinished, step 175 of 400" and told["old"] == told["embedded"] == ""
    main(["checkpoints", "--home", str(home)])
    assert capsys.readouterr().out.count("unfinished") == 1
    assert main(["promote", "new", "--home", str(home)]) == 2
    assert "the training of 'new' is unfinished, step 175 of 400" in capsys.readouterr().err
    assert main(["promote", "new", "--force", "--home", str(home)]) == 0
    capsys.readouterr()
    card.write_text(card.read_text().replace("stage: 1", "stage: 2"))
    assert not any(row["unfinished"] for row in coach(capsys, home, "checkpoints")["checkpoints"])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["embedded", "nope"], "there is no checkpoint 'nope'"),
        (["embedded", "tokenizer"], "holds no whole checkpoint"),
        (["old", "--plot", "/nonexistent/p.svg"], "there is no folder /nonexistent"),
        (["old", "--plot", "p.doc"], "p.doc ends in none of the formats that can be drawn; allowed: .svg, .png, .pdf"),
        (["old", "--write", "/proc/x/p.json"], "the folder /proc/x cannot be made"),
        (["old", "--workers", "0"], "--workers 0; allowed: at least 1"),
    ],
)
def test_nothing_is_measured_when_a_part_of_it_cannot_be(home, capsys, monkeypatch, argv, says):
    monkeypatch.setattr("coach.evaluate.evaluation.evaluate", lambda *_: pytest.fail("it measures"))
    assert main(["eval", *argv, "--home", str(home)]) in (1, 2)
    assert says in capsys.readouterr().err


def test_unfinished_checkpoint_is_told_when_it_is_measured(home, capsys, monkeypatch):
    card = home / "checkpoints" / "new" / "checkpoint.yaml"
    figures = "figures: {stages: {lessons: 400}, stage: 0, step: 75}"
    card.write_text(card.read_text().replace("figures: {}", figures))
    assert main(["eval", "new", "--suite", "nothing", "--home", str(home)]) == 2
    assert "the training of 'new' is unfinished, step 75 of 400" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "status", "says"),
    [
        (["promote", "nothing", "--force"], 2, "there is no checkpoint 'nothing'"),
        (["promote", "old"], 2, "'old' is served already"),
        (["promote", "half", "--force"], 1, "holds no whole checkpoint"),
        (["rollback"], 2, "nothing to go back to"),
    ],
)
def test_one_sentence_is_printed_when_the_request_fits_nothing(home, capsys, argv, status, says):
    (home / "checkpoints" / "half").mkdir()
    assert main([*argv, "--home", str(home)]) == status
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1
    assert not (home / "served.json").exists()


def test_damaged_choice_is_told_with_its_mending(home, capsys):
    (home / "served.json").write_text("{")
    assert main(["checkpoints", "--home", str(home)]) == 2
    assert f"rm '{home / 'served.json'}'" in capsys.readouterr().err


def test_fingerprint_is_of_what_is_computed_with_and_not_of_the_folder(home):
    old, new = home / "checkpoints" / "old", home / "checkpoints" / "new"
    assert fingerprint(old) != fingerprint(new)
    (new / "model.safetensors").write_bytes((old / "model.safetensors").read_bytes())
    (new / "notes.txt").write_text("of no concern")
    assert fingerprint(old) == fingerprint(new)
    with pytest.raises(CheckpointError, match="no whole checkpoint"):
        fingerprint(home)


@pytest.mark.parametrize("name", [*NEEDED, *MAY_BE_THERE])
def test_proof_is_void_when_any_file_was_replaced_that_is_computed_with(home, name):
    prove(home, "old", "new", "better")
    old, new = home / "checkpoints" / "old", home / "checkpoints" / "new"
    assert objection(home, old, new) == ""
    (new / name).write_bytes(b"another")
    assert objection(home, old, new) == "the two, as they are now, were never measured against each other"


def test_every_file_of_a_checkpoint_is_in_its_fingerprint():
    kept = {path.name for path in embedded_folder().iterdir() if path.is_file()}
    assert kept == {*NEEDED, *MAY_BE_THERE}


def test_large_file_is_read_once_when_it_did_not_change(home, monkeypatch):
    folder = home / "checkpoints" / "old"
    first = fingerprint(folder)
    monkeypatch.setattr("hashlib.file_digest", None)
    assert fingerprint(folder) == first
