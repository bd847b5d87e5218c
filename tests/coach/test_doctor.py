import dataclasses
import json
import socket
import threading

import pytest
import zmq

from coach.__main__ import main
from coach.config import Config
from coach.doctor import devices, network, software
from memory.store import Store
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.messages import Health
from robot_bridge.protocol.security.key_files import make_pair


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def config(tmp_path) -> Config:
    ports = [f"tcp://127.0.0.1:{free_port()}" for _ in range(3)]
    return Config(home=tmp_path, policy_address=ports[0], bridge_address=ports[1], events_address=ports[2])


def test_all_needed_things_are_found_when_the_machine_is_set_up(config):
    for check in (software.check_python, software.check_packages, software.check_disk, software.check_home,
                  software.check_memory, network.check_policy, network.check_bridge, network.check_events):  # fmt: skip
        found = check(config)
        assert found.ok and found.mend == "", found


def test_port_is_named_when_another_program_holds_it(config):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        held = Config(home=config.home, policy_address=f"tcp://127.0.0.1:{port}", events_address=f"tcp://127.0.0.1:{port}",
                      bridge_address=config.bridge_address)  # fmt: skip
        for check in (network.check_policy(held), network.check_events(held)):
            assert not check.ok and f"sport = :{port}" in check.mend and "config.yaml" in check.mend


def test_port_is_fine_when_our_own_server_holds_it(config):
    context = zmq.Context()
    server = context.socket(zmq.ROUTER)
    server.bind(config.policy_address)

    def answer() -> None:
        if server.poll(5000):
            who, *parts = server.recv_multipart()
            Codec().decode(parts)
            health = Health(request_id=1, checkpoint="", device="cpu", parameters=1, memory_mb=1, uptime_s=1)
            server.send_multipart([who, *Codec().encode(health)])

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        found = network.check_policy(config)
        assert found.ok and "served by robot-coach" in found.detail
    finally:
        thread.join(10)
        server.close(linger=0)
        context.term()


def test_memory_is_set_aside_by_the_mending_command_when_it_is_damaged(config):
    config.memory_path.write_bytes(b"junk" * 1000)
    found = software.check_memory(config)
    assert not found.ok and found.mend.startswith("set it aside: mv ")


def test_frames_that_a_slow_disk_cost_are_counted_in_all_runs(config):
    with Store.open(config.memory_path) as store:
        assert "lost" not in software.check_memory(config).detail
        store.add_lost_frames(3)
    with Store.open(config.memory_path) as store:
        store.add_lost_frames(4)
    assert software.check_memory(config).detail.endswith("MB, 7 frames lost to a slow disk so far")


def test_weights_are_refused_when_cut_in_half(config):
    numpy = pytest.importorskip("numpy")
    save_file = pytest.importorskip("safetensors.numpy").save_file
    folder = config.checkpoints / "mine"
    folder.mkdir(parents=True)
    for name in ("checkpoint.yaml", "config.json", "tokenizer.json"):
        (folder / name).write_text("{}")
    path = folder / "model.safetensors"
    save_file({"a": numpy.zeros((100, 10), numpy.float32)}, path)
    mine = Config(home=config.home, checkpoint="mine")
    assert software.check_weights(mine).ok
    path.write_bytes(path.read_bytes()[:2000])
    found = software.check_weights(mine)
    assert not found.ok and "copy the folder again" in found.mend
    (folder / "tokenizer.json").unlink()


def test_checkpoint_is_named_when_it_is_not_there(config):
    found = software.check_weights(Config(home=config.home, checkpoint="gone"))
    assert not found.ok and "'gone'" in found.detail


def test_home_is_refused_when_it_cannot_be_made(config):
    (config.home / "file").write_text("")
    found = software.check_home(Config(home=config.home / "file" / "home"))
    assert not found.ok and "--home" in found.mend


def test_keys_are_needed_only_when_words_leave_the_machine(config):
    assert network.check_keys(config).ok
    remote = Config(home=config.home, policy_address="tcp://10.1.2.3:5650")
    found = network.check_keys(remote)
    assert not found.ok and found.needed and found.mend == "make them with coach keys new"
    pair = make_pair(config.key_folder)
    found = network.check_keys(remote)
    assert not found.ok and "policy_key is not set" in found.detail
    found = network.check_keys(Config(home=config.home, policy_address="tcp://10.1.2.3:5650", policy_key=pair.public))
    assert found.ok and "encrypted: tcp://10.1.2.3:5650" in found.detail
    (config.key_folder / "secret.key").chmod(0o640)
    found = network.check_keys(config)
    assert not found.ok and "can be read by others" in found.detail and "chmod 600" in found.mend


@pytest.mark.render
def test_arms_and_pictures_are_tried_when_asked(config):
    found = devices.check_arms(config)
    assert found.ok and "3 cameras" in found.detail, found


def test_unknown_arms_are_mended_in_the_configuration(config):
    found = devices.check_arms(Config(home=config.home, arms="tentacles"))
    assert not found.ok and "config.yaml" in found.mend


def test_microphone_and_gpu_are_never_needed(config):
    for check in (devices.check_microphone(config), devices.check_gpu(config)):
        assert not check.needed and check.detail and (check.ok or check.mend)


def test_report_is_one_json_object_and_status_1_when_something_needed_is_missing(config, tmp_path, capsys):
    file = tmp_path / "c.yaml"
    file.write_text(
        f"checkpoint: gone\narms: tentacles\npolicy_address: {config.policy_address}\n"
        f"bridge_address: {config.bridge_address}\nevents_address: {config.events_address}\n"
    )
    assert main(["doctor", "--json", "--home", str(tmp_path), "--config", str(file)]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert all(set(check) == {"name", "ok", "detail", "mend"} for check in checks)
    never_needed = {"controls", "microphone", "gpu", "ears", "stop word", "voice"}
    assert {c["name"] for c in checks if not c["ok"]} - never_needed == {"weights", "arms"}
    names = ["python", "packages", "disk", "home", "memory", "weights", "arms", "policy", "bridge", "events", "keys"]
    assert [c["name"] for c in checks][:11] == names


def test_other_checks_still_run_when_one_breaks(monkeypatch, tmp_path, capsys):
    def broken(config):
        raise RuntimeError("boom")

    monkeypatch.setattr(software, "check_disk", broken)
    monkeypatch.setattr(devices, "check_arms", lambda config: devices.Check("arms", True, "x"))
    assert main(["doctor", "--home", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "RuntimeError: boom" in shown and "microphone" in shown


def test_controls_are_told_when_there_are_none_or_they_cannot_be_read(config, tmp_path):
    assert "moved with keys" in devices.check_controls(dataclasses.replace(config, gamepad="off", pedal="off")).detail
    gone = devices.check_controls(dataclasses.replace(config, gamepad="off", pedal=str(tmp_path / "event9")))
    assert not gone.ok and not gone.needed and "is not there" in gone.detail
    wrong = devices.check_controls(dataclasses.replace(config, controls={"KEY_A": "jump"}))
    assert not wrong.ok and "jump" in wrong.detail
