import json
import stat
from pathlib import Path

import pytest
import yaml
import zmq

from coach.__main__ import main
from coach.config import Config, load_config
from coach.lines import bridge_client, check_lines
from robot_bridge.protocol.errors import ConfigError


def other_key() -> str:
    return zmq.curve_keypair()[0].decode().replace("-", "x")


def keys(home: Path, *words: str) -> int:
    return main(["keys", *words, "--home", str(home)])


def shown(home: Path, capsys: pytest.CaptureFixture[str]) -> dict:
    capsys.readouterr()
    assert keys(home, "show", "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_keys_are_private_when_they_are_made(tmp_path, capsys):
    assert keys(tmp_path, "new") == 0
    public = shown(tmp_path, capsys)["key"]
    secret = (tmp_path / "keys" / "secret.key").read_text().strip()
    assert zmq.curve_public(secret.encode()).decode() == public
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "keys", *tmp_path.glob("keys/*")]}
    assert modes == {"keys": 0o700, "secret.key": 0o600, "public.key": 0o600}
    assert keys(tmp_path, "show") == 0
    told = capsys.readouterr().out
    assert public in told and secret not in told


def test_clients_are_listed_and_struck_off_when_asked(tmp_path, capsys):
    keys(tmp_path, "new")
    anna, ben = other_key(), other_key()
    assert keys(tmp_path, "allow", "anna", anna, "--role", "coach", "--may", "takeover", "promote") == 0
    assert keys(tmp_path, "allow", "ben", ben) == 0
    assert shown(tmp_path, capsys)["clients"] == [
        {"name": "anna", "key": anna, "role": "coach", "may": ["takeover", "promote"]},
        {"name": "ben", "key": ben, "role": "viewer", "may": []},
    ]
    assert keys(tmp_path, "allow", "ben", ben, "--role", "bridge") == 0, "the same name again replaces"
    assert keys(tmp_path, "remove", "anna") == 0
    assert [(c["name"], c["role"]) for c in shown(tmp_path, capsys)["clients"]] == [("ben", "bridge")]
    assert stat.S_IMODE((tmp_path / "keys" / "allowed.yaml").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("new",), "exists already"),
        (("allow", "anna"), "takes NAME KEY"),
        (("remove",), "takes NAME"),
        (("show", "anna"), "takes nothing more"),
        (("allow", "anna", "short"), "is not a key: 'short'"),
        (("remove", "carl"), "nobody called 'carl'"),
        (("allow", "anna", "0" * 40, "--may", "takeover"), "allowed: with --role coach"),
    ],
)
def test_one_sentence_is_printed_when_the_words_do_not_fit(tmp_path, capsys, words, sentence):
    keys(tmp_path, "new")
    capsys.readouterr()
    assert keys(tmp_path, *words) == 2
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


def test_same_key_is_refused_when_it_is_listed_under_another_name(tmp_path, capsys):
    keys(tmp_path, "new")
    key = other_key()
    assert keys(tmp_path, "allow", "anna", key) == 0
    assert keys(tmp_path, "allow", "ben", key) == 2
    assert keys(tmp_path, "allow", "ben", (tmp_path / "keys" / "public.key").read_text().strip()) == 2
    assert "this home's already" in capsys.readouterr().err


def test_show_says_what_to_do_when_there_are_no_keys(tmp_path, capsys):
    assert keys(tmp_path, "show") == 2
    assert "coach keys new" in capsys.readouterr().err


def test_lines_are_plain_on_loopback_and_need_keys_elsewhere(tmp_path):
    check_lines(Config(home=tmp_path))
    for option in ("bridge_address", "events_address", "policy_address"):
        with pytest.raises(ConfigError, match=f"{option} is .*coach keys new"):
            check_lines(Config(home=tmp_path, **{option: "tcp://robot.example:5651"}))
    with pytest.raises(ConfigError, match="coach keys new"):
        bridge_client(Config(home=tmp_path, encryption="always"))
    keys(tmp_path, "new")
    bridge_client(Config(home=tmp_path, encryption="always")).close()


def test_server_key_is_checked_when_the_configuration_is_read(tmp_path):
    file, key = tmp_path / "c.yaml", other_key()
    file.write_text(yaml.safe_dump({"bridge_key": key, "encryption": "always"}))
    assert load_config(file).bridge_key == key
    for text in ("bridge_key: short", "policy_key: 7", "encryption: never"):
        file.write_text(text)
        with pytest.raises(ConfigError, match=text.split(":")[0]):
            load_config(file)
