"""Bodies: the packaged one loads, a wrong one is refused, and numbers go to 38 and back."""

import numpy as np
import pytest
import yaml

from robot_bridge.protocol.embodiment import load_embodiment
from robot_bridge.protocol.errors import EmbodimentError


def test_vector_survives_when_padded_and_unpadded():
    body = load_embodiment("kitchen")
    assert body.width == 14
    np.testing.assert_array_equal(body.unpad(body.pad(body.home)), body.home)


@pytest.mark.parametrize(
    "spoil", [lambda v: v[:37], lambda v: v.astype(np.float64), lambda v: v * np.nan, lambda v: v + 1]
)
def test_action_is_refused_when_it_does_not_fit_the_body(spoil):
    body = load_embodiment("kitchen")
    with pytest.raises(EmbodimentError):
        body.unpad(spoil(body.pad(body.home)))


def broken(change, tmp_path):
    from importlib import resources

    text = (resources.files("robot_bridge.protocol") / "bodies" / "kitchen.yaml").read_text()
    data = yaml.safe_load(text)
    change(data)
    path = tmp_path / "body.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["joints"][0].pop("velocity"),
        lambda d: d["joints"][0].update(velocity=-1),
        lambda d: d["joints"][0].update(home=9),
        lambda d: d["joints"][0].update(speed=1),
        lambda d: d["joints"][1].update(name="left_waist"),
        lambda d: d.update(joints=d["joints"] * 3),
    ],
)
def test_body_is_refused_when_it_says_too_little_or_contradicts_itself(change, tmp_path):
    with pytest.raises(EmbodimentError):
        load_embodiment(broken(change, tmp_path))


def test_known_bodies_are_named_when_one_is_missing():
    with pytest.raises(EmbodimentError, match="kitchen"):
        load_embodiment("kitchenn")
