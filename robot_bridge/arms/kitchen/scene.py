"""The model of the whole room: counter, receptacles, floor, objects, and the arm of `arm.xml` attached twice."""

from __future__ import annotations

import math
from importlib import resources
from typing import Any

from robot_bridge.arms.kitchen.engine import load_mujoco
from robot_bridge.arms.kitchen.objects import object_xml, slots
from robot_bridge.arms.kitchen.places import COUNTER, FLOOR_Z, PLACES, Place

HANDS = ("left", "right")
BASES = {"left": (-0.25, -0.31), "right": (0.25, -0.31)}
CAMERAS = {"base": "base", "left_wrist": "left/wrist", "right_wrist": "right/wrist"}
TIMESTEP_S = 0.004
_COUNTER_Y = (COUNTER[1], COUNTER[2])
_STEEL = ".52 .59 .66 1"

_HEAD = f"""
  <compiler angle="radian" autolimits="true"/>
  <option timestep="{TIMESTEP_S}" integrator="implicitfast" cone="elliptic" impratio="5"
          iterations="30" ls_iterations="20"/>
  <visual>
    <headlight ambient=".42 .42 .42" diffuse=".45 .45 .45" specular="0 0 0"/>
    <quality shadowsize="0" offsamples="0" numslices="16" numstacks="8" numquads="2"/>
    <map znear=".01"/>
  </visual>
  <asset>
    <texture type="skybox" builtin="gradient" rgb1=".60 .64 .68" rgb2=".42 .45 .48" width="32" height="192"/>
    <texture name="counter" type="2d" builtin="checker" rgb1=".37 .36 .36" rgb2=".33 .32 .32" width="64" height="64"/>
    <material name="counter" texture="counter" texrepeat="6 6" texuniform="true" specular="0"/>
  </asset>"""


def build_model() -> Any:
    """The compiled model. Same for every layout: objects that a layout does not use are parked."""
    mujoco = load_mujoco()
    spec = mujoco.MjSpec.from_string(_room_xml())
    arm_xml = (resources.files("robot_bridge.arms.kitchen") / "arm.xml").read_text("utf-8")
    for hand in HANDS:
        x, y = BASES[hand]
        turn = [math.cos(math.pi / 4), 0, 0, math.sin(math.pi / 4)]
        frame = spec.worldbody.add_frame(name=f"{hand}_mount", pos=[x, y, 0], quat=turn)
        spec.attach(mujoco.MjSpec.from_string(arm_xml), prefix=f"{hand}/", frame=frame)
        for slot in slots():
            _add_weld(mujoco, spec, hand, slot)
    return spec.compile()


def _add_weld(mujoco: Any, spec: Any, hand: str, slot: str) -> None:
    """An inactive weld between a hand and an object, for the sticky grasp."""
    weld = spec.add_equality(
        name=f"{hand}/hold/{slot}",
        type=mujoco.mjtEq.mjEQ_WELD,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        name1=f"{hand}/hand",
        name2=slot,
        active=False,
    )
    weld.data[0:3] = 0
    weld.data[3:10] = [0, 0, 0, 1, 0, 0, 0]
    weld.data[10] = 1.0
    weld.solref[:2] = [0.01, 1]


def _room_xml() -> str:
    furniture = _counter_top() + "".join(_receptacle(place) for place in PLACES.values()) + _details()
    things = "".join(object_xml(slot) for slot in slots())
    return f"""<mujoco model="kitchen">{_HEAD}
  <worldbody>
    <light name="key" pos=".4 -.4 1.6" dir="-.2 .3 -1" diffuse=".5 .5 .48" castshadow="false"/>
    <geom name="floor" type="plane" size="3 3 .1" pos="0 0 {FLOOR_Z}" rgba=".34 .30 .27 1"/>
    <camera name="base" pos="0 -.27 1.02" xyaxes="1 0 0 0 .951 .309" fovy="52"/>
    {furniture}
    {things}
  </worldbody>
</mujoco>"""


def _box(x0: float, x1: float, y0: float, y1: float, z0: float, z1: float, look: str) -> str:
    size = f"{(x1 - x0) / 2:.4f} {(y1 - y0) / 2:.4f} {(z1 - z0) / 2:.4f}"
    return f'<geom type="box" size="{size}" pos="{(x0 + x1) / 2:.4f} {(y0 + y1) / 2:.4f} {(z0 + z1) / 2:.4f}" {look}/>'


def _counter_top() -> str:
    """Slabs around the two holes (sink, dishwasher)."""
    half, near, far = COUNTER
    holes = [_extent(PLACES[name]) for name in ("sink", "dishwasher")]
    (a0, a1, y0, y1), (b0, b1, _, _) = holes
    slabs = [(-half, half, near, y0), (-half, half, y1, far), (-half, a0, y0, y1), (a1, b0, y0, y1), (b1, half, y0, y1)]
    return "".join(_box(*slab, -0.04, 0, 'material="counter"') for slab in slabs)


def _extent(place: Place) -> tuple[float, float, float, float]:
    (x, y), (hx, hy) = place.centre, place.half
    return x - hx, x + hx, y - hy, y + hy


def _receptacle(place: Place) -> str:
    """A floor and four walls, as thick as `t` on either side of the inside's edge."""
    x0, x1, y0, y1 = _extent(place)
    look, t, bottom, top = f'rgba="{place.rgba}"', 0.005, place.floor_z, place.wall_z
    below = min(0.0, bottom) - 0.012 if bottom < 0 else 0.0
    out = _box(x0, x1, y0, y1, below, bottom, look)
    for wall in (
        (x0 - t, x0 + t, y0, y1),
        (x1 - t, x1 + t, y0, y1),
        (x0, x1, y0 - t, y0 + t),
        (x0, x1, y1 - t, y1 + t),
    ):
        out += _box(*wall, bottom, top - 0.0005, look)
    return out


def _details() -> str:
    """A tap over the sink and the bars of the rack: nothing that can be touched."""
    ghost = 'contype="0" conaffinity="0"'
    x, far = PLACES["sink"].centre[0], _extent(PLACES["sink"])[3]
    foot, nose, top = f"{x} {far + 0.035} 0", f"{x} {far - 0.02} .13", f"{x} {far + 0.035} .13"
    tap = "".join(
        f'<geom type="capsule" size="{thick}" fromto="{pipe}" rgba="{_STEEL}" {ghost}/>'
        for thick, pipe in ((0.011, f"{foot} {top}"), (0.009, f"{top} {nose}"))
    )
    x0, x1, y0, y1 = _extent(PLACES["drying rack"])
    rack_z = PLACES["drying rack"].floor_z
    bars = [x0 + (x1 - x0) * (i + 0.5) / 7 for i in range(7)]
    look = f'rgba=".45 .22 .50 1" {ghost}'
    return tap + "".join(_box(b - 0.004, b + 0.004, y0, y1, rack_z, rack_z + 0.001, look) for b in bars)
