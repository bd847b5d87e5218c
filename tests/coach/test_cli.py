import importlib
import json
import shlex
import subprocess
import sys
import time

import pytest

from coach.__main__ import COMMANDS, command_parser, load_command, main

HERE = sorted(COMMANDS)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ROBOT_COACH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_help_lists_every_command_with_its_example(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f"  {name} " in shown and command.help in shown and f"$ {command.example}" in shown


@pytest.mark.parametrize("name", HERE)
def test_help_of_a_command_shows_example_and_common_flags(name, capsys):
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "example" in shown and f"coach {name}" in shown.partition("example")[2]
    assert "--config" in shown and "--home" in shown
    assert ("--json" in shown) or not COMMANDS[name].json


@pytest.mark.parametrize("name", HERE)
def test_every_example_parses(name):
    module = load_command(name)
    lines = [line for line in module.EXAMPLE.splitlines() if line.strip().startswith("coach ")]
    assert lines, "EXAMPLE holds lines that a person can paste"
    for line in [*lines, COMMANDS[name].example]:
        words = shlex.split(line.partition(" < ")[0].partition(" | ")[0].partition(" > ")[0], comments=True)
        program, command, *rest = words
        assert (program, command) == ("coach", name)
        if "--help" in rest:
            continue
        command_parser(name, module).parse_args(rest)


@pytest.mark.parametrize("name", HERE)
def test_command_modules_follow_the_contract(name):
    module = importlib.import_module(COMMANDS[name].module)
    assert isinstance(module.EXAMPLE, str) and callable(module.configure) and callable(module.run)
    assert (module.__doc__ or "").startswith(f"`coach {name}")


def test_help_is_quick_when_nothing_else_runs():
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "coach", "--help"], capture_output=True, check=False, timeout=30)
        times.append(time.perf_counter() - start)
        assert done.returncode == 0
    assert min(times) < 0.5  # 0.05 s alone; the margin is for busy machines


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["interpet", "stop"], "did you mean 'coach interpret'?"),
        (["xyzzy"], "see coach --help"),
        (["interpret", "stop", "--home"], "--home needs a value"),
        (["interpret", "stop", "--config", "/nowhere/c.yaml"], "/nowhere/c.yaml cannot be read"),
        (["interpret", "a" * 10_000], "10000 characters; allowed: at most 2000"),
        (["demos", "--out", "/proc/x"], "the folder /proc/x cannot be made"),
        (["train", "--minutes", "0"], "coach: --minutes 0; allowed: more than 0"),
        (["train", "--name", "a/b"], "coach: --name 'a/b'; allowed: letters, digits, - and _"),
        (["train", "--name", "embedded"], "--name embedded is the checkpoint of the installation"),
    ],
)
def test_one_sentence_and_status_2_when_usage_is_wrong(argv, says, capsys):
    assert main(argv) == 2
    told = capsys.readouterr()
    assert told.out == "" and says in told.err and told.err.count("\n") == 1


def test_status_is_2_when_argparse_refuses(capsys):
    assert main(["interpret"]) == 2
    assert "TEXT" in capsys.readouterr().err


def test_misspelt_key_is_explained_when_any_command_runs(tmp_path, capsys):
    (tmp_path / "c.yaml").write_text("sead: 3")
    assert main(["interpret", "stop", "--config", str(tmp_path / "c.yaml")]) == 2
    assert "did you mean 'seed'?" in capsys.readouterr().err


def test_common_flags_are_found_when_they_stand_before_the_command(tmp_path, capsys):
    assert main(["--home", str(tmp_path / "h"), "corrections", "list", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_words_that_look_like_flags_are_kept_behind_two_dashes(capsys):
    assert main(["interpret", "--json", "--", "--home"]) == 0
    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert item["text"] == "--home" and item["kind"] in ("unknown", "chatter")


def test_missing_command_is_one_sentence_when_a_module_is_gone(monkeypatch, capsys):
    gone = COMMANDS["demos"]._replace(module="coach.commands.gone")
    monkeypatch.setitem(COMMANDS, "demos", gone)
    assert main(["demos"]) == 1
    assert "not part of this installation" in capsys.readouterr().err
    assert main(["--help"]) == 0


def test_missing_package_is_named_when_a_command_needs_it(monkeypatch, capsys, tmp_path):
    (tmp_path / "needy.py").write_text("import no_such_package_at_all\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(COMMANDS, "demos", COMMANDS["demos"]._replace(module="needy"))
    assert main(["demos"]) == 1
    assert "'no_such_package_at_all'" in capsys.readouterr().err


def test_interrupt_ends_with_130_when_a_command_is_at_work(monkeypatch):
    def interrupted(args, config):
        raise KeyboardInterrupt

    monkeypatch.setattr(load_command("interpret"), "run", interrupted)
    assert main(["interpret", "stop"]) == 130


def test_status_is_quiet_when_the_reader_goes_away():
    code = "import sys; from coach.__main__ import main; sys.exit(main(['interpret', '-']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdin and process.stderr
        process.stdout.close()
        process.stdin.write(b"stop\n" * 10)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 1


def test_version_is_printed():
    done = subprocess.run(
        [sys.executable, "-m", "coach", "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.stdout.startswith("robot-coach 0.")
