from pathlib import Path

import pytest

from coach.config import Config, default_home, load_config
from robot_bridge.protocol.errors import ConfigError


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ROBOT_COACH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_defaults_hold_when_nothing_is_named(home):
    config = load_config()
    assert config == Config(home=home)
    assert config.memory_path == home / "memory.db"
    assert not home.exists(), "reading the configuration makes nothing"


def test_platform_folder_is_home_when_the_variable_is_empty(monkeypatch):
    monkeypatch.setenv("ROBOT_COACH_HOME", " ")
    assert default_home().name == "robot-coach"


def test_file_values_are_read_when_they_fit(tmp_path):
    text = (
        "person: ada\nseed: 7\ngrasp: contact\nrecord: false\nkeys: {stop: f12}\nbridge_address: tcp://10.0.0.2:7000\n"
    )
    config = load_config(write(tmp_path / "c.yaml", text))
    assert (config.person, config.seed, config.grasp, config.record) == ("ada", 7, "contact", False)
    assert config.keys == {"stop": "f12"} and config.bridge_address == "tcp://10.0.0.2:7000"


def test_config_in_the_home_folder_is_read_when_no_file_is_named(home):
    home.mkdir()
    write(home / "config.yaml", "theme: light")
    assert load_config().theme == "light"


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_empty_file_means_defaults(tmp_path, text):
    assert load_config(write(tmp_path / "c.yaml", text)).seed == 10_000_035


def test_flag_beats_environment_beats_file_when_all_name_a_home(tmp_path, home, monkeypatch):
    file = write(tmp_path / "c.yaml", f"home: {tmp_path / 'filed'}")
    assert load_config(file, tmp_path / "flag").home == tmp_path / "flag"
    assert load_config(file).home == home
    monkeypatch.delenv("ROBOT_COACH_HOME")
    assert load_config(file).home == tmp_path / "filed"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sead: 3", "did you mean 'seed'?"),
        ("policy_adress: tcp://a:1", "did you mean 'policy_address'?"),
        ("zzzz: 3", "remove the line"),
        ("seed: three", "'seed' is 'three'; allowed: a whole number"),
        ("seed: true", "a whole number"),
        ("record: 1", "true or false"),
        ("grasp: magnet", "sticky or contact"),
        ("grasp: [sticky]", "sticky or contact"),
        ("bridge_address: localhost", "tcp://HOST:PORT"),
        ("keys: [a]", "{stop: f12}"),
        ("home: ''", "a folder"),
        ("- a\n- b", "holds a list"),
        ("seed: [1", "is not YAML"),
        ("1: 2", "unknown key '1'"),
    ],
)
def test_one_sentence_says_what_is_wrong_when_a_line_does_not_fit(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path / "c.yaml", text))
    assert says in str(caught.value) and "c.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_error_names_the_file_when_it_is_missing(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read: No such file"):
        load_config(tmp_path / "nowhere.yaml")


def test_error_is_plain_when_the_file_is_binary(tmp_path):
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ConfigError, match="not YAML"):
        load_config(tmp_path / "c.yaml")


def test_home_is_private_when_it_is_made(tmp_path):
    config = Config(home=tmp_path / "a" / "b")
    config.prepare_home()
    config.prepare_home()
    assert config.logs.is_dir() and config.home.stat().st_mode & 0o077 == 0


def test_error_names_the_folder_when_home_cannot_be_made(tmp_path):
    write(tmp_path / "file", "")
    with pytest.raises(ConfigError, match="cannot be made"):
        Config(home=tmp_path / "file" / "home").prepare_home()
