"""The kitchen as an object: reset it, step it, look at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from robot_bridge.arms.kitchen import snapshots
from robot_bridge.arms.kitchen.engine import load_mujoco
from robot_bridge.arms.kitchen.grasp import Grasp, GraspMode
from robot_bridge.arms.kitchen.layout import Layout, LayoutObject, make_layout
from robot_bridge.arms.kitchen.objects import COLOURS, KINDS, SHADE, STAIN, ObjectState, slots
from robot_bridge.arms.kitchen.pictures import Painter, project
from robot_bridge.arms.kitchen.places import place_of
from robot_bridge.arms.kitchen.scene import CAMERAS, HANDS, TIMESTEP_S, build_model
from robot_bridge.protocol.embodiment import load_embodiment
from robot_bridge.protocol.errors import EmbodimentError, UsageError
from robot_bridge.protocol.thought import Where

_JOINTS = ("waist", "shoulder", "elbow", "forearm_roll", "wrist_pitch", "wrist_roll")
_SETTLE_S = 0.12


class Kitchen:
    """One simulated kitchen. Vectors are float32[14] in the order of the `kitchen` body file.

    `render` may be called from another thread than `step`; everything else from one thread.

    Args:
        grasp: `sticky` welds what both finger pads touch; `contact` is friction alone.
        size: of a picture's side in px.
    """

    def __init__(self, grasp: GraspMode = "sticky", size: int = 96) -> None:
        if grasp not in ("sticky", "contact"):
            raise UsageError(f"no grasp '{grasp}'", "sticky, contact")
        self._mj, self.body = load_mujoco(), load_embodiment("kitchen")
        self.model = build_model()
        self.data = self._mj.MjData(self.model)
        self.lock = threading.RLock()
        self._grasp, self._painter = Grasp(self.model, grasp), Painter(self.model, size)
        self._index(self.model)
        self._objects: dict[str, LayoutObject] = {}
        self.reset(0)

    def _index(self, model: Any) -> None:
        """Where the joints, actuators and geoms of interest are in MuJoCo's arrays."""
        joints = [f"{hand}/{joint}" for hand in HANDS for joint in (*_JOINTS, "finger_l")]
        self._qpos = np.array([model.joint(name).qposadr[0] for name in joints])
        self._mirror = np.array([model.joint(f"{hand}/finger_r").qposadr[0] for hand in HANDS])
        actuators = [f"{hand}/{joint}" for hand in HANDS for joint in (*_JOINTS, "gripper")]
        self._ctrl = np.array([model.actuator(name).id for name in actuators])
        self._pinch = {hand: model.site(f"{hand}/pinch").id for hand in HANDS}
        self._free = {slot: (int(model.joint(slot).qposadr[0]), int(model.joint(slot).dofadr[0])) for slot in slots()}
        self._bodies = {slot: model.body(slot).id for slot in slots()}
        names = [model.geom(i).name for i in range(model.ngeom)]
        self._geoms = {slot: {n: i for i, n in enumerate(names) if n.startswith(f"{slot}/")} for slot in slots()}
        self._contacts = {i: (int(model.geom_contype[i]), int(model.geom_conaffinity[i])) for i in range(model.ngeom)}
        self._trim = {i: model.geom_rgba[i].copy() for i in range(model.ngeom)}

    # Setting up

    def reset(self, layout: int | Layout, arms: np.ndarray | None = None, settle_s: float = _SETTLE_S) -> None:
        """Put the arms (float32[14], default home) and the objects of a seed or a layout in place, at rest."""
        layout = make_layout(layout) if isinstance(layout, int) else layout
        pose = self.body.home if arms is None else np.asarray(arms)
        with self.lock:
            self._mj.mj_resetData(self.model, self.data)
            self._set_arms(pose)
            self._objects = {}
            for thing in layout.objects:
                self._objects[self._free_slot(thing.kind)] = thing
            for slot in slots():
                self._dress(slot)
                if slot in self._objects:
                    self._put(slot, self._objects[slot].position, self._objects[slot].yaw)
                else:
                    self._park(slot)
            self._mj.mj_forward(self.model, self.data)
            self._advance(round(settle_s / TIMESTEP_S))

    def _set_arms(self, pose: np.ndarray) -> None:
        limits = self.body.limits
        pose = np.clip(pose, limits[:, 0], limits[:, 1])
        self.data.qpos[self._qpos], self.data.ctrl[self._ctrl] = pose, pose
        self.data.qpos[self._mirror] = pose[[6, 13]]

    def pose_arms(self, pose: np.ndarray) -> None:
        """Put the arms (float32[14]) somewhere at once, without moving through what is between."""
        with self.lock:
            self._set_arms(np.asarray(pose))
            self._mj.mj_forward(self.model, self.data)

    def _free_slot(self, kind: str) -> str:
        return next(s for s in slots() if s[:-1] == kind and s not in self._objects)

    def _dress(self, slot: str) -> None:
        """Colour the geoms of a body; an unused one is neither seen nor touched."""
        thing = self._objects.get(slot)
        for name, geom in self._geoms[slot].items():
            role, rgba = name.split("/")[1].rstrip("0123456789"), self._trim[geom].copy()
            if thing is not None:
                colour = np.array(COLOURS[thing.colour])
                looks = {"paint": colour, "shade": colour * SHADE, "stain": np.array(STAIN)}
                rgba[:3] = looks.get(role, rgba[:3])
            rgba[3] = 1.0 if thing is not None and (role != "stain" or thing.dirty) else 0.0
            self.model.geom_rgba[geom] = rgba
            touch = self._contacts[geom] if thing is not None else (0, 0)
            self.model.geom_contype[geom], self.model.geom_conaffinity[geom] = touch
        self.model.body_gravcomp[self._bodies[slot]] = 0.0 if thing is not None else 1.0

    def _park(self, slot: str) -> None:
        self._put(slot, (3.0 + 0.3 * slots().index(slot), 5.0, 1.0), 0.0)

    def _put(self, slot: str, position: Any, yaw: float) -> None:
        q, v = self._free[slot]
        self.data.qpos[q : q + 7] = [*position, np.cos(yaw / 2), 0, 0, np.sin(yaw / 2)]
        self.data.qvel[v : v + 6] = 0

    # Moving

    def step(self, target: np.ndarray, seconds: float = 0.1) -> None:
        """Move the joint targets to `target` (float32[14]) in a straight line over `seconds`, and time with them.

        Raises:
            EmbodimentError: wrong width, or a number that is not finite.
        """
        target = np.asarray(target, np.float64)
        if target.shape != (self.body.width,) or not np.isfinite(target).all():
            raise EmbodimentError(f"a target {target}", f"{self.body.width} finite numbers")
        limits, steps = self.body.limits, max(1, round(seconds / TIMESTEP_S))
        with self.lock:
            start = self.data.ctrl[self._ctrl].copy()
            goal = np.clip(target, limits[:, 0], limits[:, 1])
            for i in range(1, steps + 1):
                self.data.ctrl[self._ctrl] = start + (goal - start) * (i / steps)
                self._mj.mj_step(self.model, self.data)
                if i % 5 == 0 or i == steps:
                    self._grasp.update(self.data)
            self._mj.mj_kinematics(self.model, self.data)

    def _advance(self, steps: int) -> None:
        for _ in range(steps):
            self._mj.mj_step(self.model, self.data)
        self._mj.mj_kinematics(self.model, self.data)

    def move_object(self, name: str, position: Any, yaw: float = 0.0) -> None:
        """Set an object down elsewhere, upright (a person's hand did it).

        Raises:
            UsageError: no such object.
        """
        slot = self.find(name).slot
        with self.lock:
            self._grasp.let_go(self.data, slot)
            self._put(slot, position, yaw)
            self._mj.mj_forward(self.model, self.data)

    def give(self, hand: str, name: str) -> None:
        """Close a hand that points down around an object, as the expert would hold it. Sticky grasp only.

        Raises:
            UsageError: no such object, or the grasp is by contact.
        """
        if self._grasp.mode != "sticky":
            raise UsageError("an object can be given to a hand only with grasp 'sticky'")
        thing, pinch = self.find(name), self.pinch(hand)
        kind, waist = KINDS[thing.kind], self.state()[0 if hand == "left" else 7]
        outward = np.array([-np.sin(waist), np.cos(waist), 0.0]) * kind.rim
        turn = self.state()[5 if hand == "left" else 12]
        yaw = waist - turn + np.pi / 2 if kind.box else waist
        with self.lock:
            self._grasp.let_go(self.data, thing.slot)
            self._close(hand, kind.half_width)
            self._put(thing.slot, pinch - [0, 0, kind.grip_height] + outward, yaw)
            self._mj.mj_kinematics(self.model, self.data)
            self._grasp.attach(self.data, hand, thing.slot)
            self._mj.mj_forward(self.model, self.data)

    def _close(self, hand: str, opening: float) -> None:
        index = HANDS.index(hand)
        self.data.qpos[[self._qpos[7 * index + 6], self._mirror[index]]] = opening
        self.data.ctrl[self._ctrl[7 * index + 6]] = 0.0

    def set_dirty(self, name: str, dirty: bool) -> None:
        """Soil or clean a dish."""
        slot = self.find(name).slot
        with self.lock:
            thing = self._objects[slot]
            self._objects[slot] = LayoutObject(thing.kind, thing.colour, thing.position, thing.yaw, dirty)
            self._dress(slot)

    # Looking

    @property
    def joint_addresses(self) -> np.ndarray:
        """int[14], where the joints of the state vector are in MuJoCo's positions."""
        return self._qpos

    def joint_columns(self, hand: str) -> np.ndarray:
        """int[6], the columns of a Jacobian that belong to a hand's turning joints."""
        return np.array([self.model.joint(f"{hand}/{joint}").dofadr[0] for joint in _JOINTS])

    def state(self) -> np.ndarray:
        """float32[14], joint positions and finger openings."""
        return self.data.qpos[self._qpos].astype(np.float32)

    def pinch(self, hand: str) -> np.ndarray:
        """float[3] in m, the point between the finger pads."""
        return self.data.site_xpos[self._pinch[hand]].copy()

    def held_by(self, hand: str) -> str | None:
        """Name of the object in a hand."""
        slot = self._grasp.held(self.data, hand)
        return self._objects[slot].name if slot else None

    def objects(self) -> list[ObjectState]:
        """All objects of the layout."""
        holding = {self._grasp.held(self.data, hand): f"{hand} hand" for hand in HANDS}
        return [self._object(slot, thing, holding.get(slot)) for slot, thing in self._objects.items()]

    def _object(self, slot: str, thing: LayoutObject, hand: str | None) -> ObjectState:
        q = self._free[slot][0]
        position, (w, x, y, z) = self.data.qpos[q : q + 3].copy(), self.data.qpos[q + 3 : q + 7]
        yaw = float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
        tilt = float(np.arccos(np.clip(1 - 2 * (x * x + y * y), -1, 1)))
        return ObjectState(slot, thing.name, thing.kind, thing.colour, position, yaw, tilt, thing.dirty,
                           hand or place_of(position))  # fmt: skip

    def find(self, name: str) -> ObjectState:
        """The object of that name; the first of them, if there are two.

        Raises:
            UsageError: no such object.
        """
        for thing in self.objects():
            if thing.name == name:
                return thing
        names = ", ".join(thing.name for thing in self._objects.values())
        raise UsageError(f"there is no {name} in this kitchen", names)

    def render(self, camera: str | None = None) -> Any:
        """Pictures uint8[size, size, 3]: of one camera, or camera → picture of all, at one instant.

        Raises:
            RenderError: no GL library.
            UsageError: no such camera.
        """
        if camera is not None and camera not in CAMERAS:
            raise UsageError(f"no camera '{camera}'", ", ".join(CAMERAS))
        pictures = self._painter.paint(self.data, self.lock, [camera] if camera else list(CAMERAS))
        return pictures[camera] if camera else pictures

    def project(self, camera: str, point: np.ndarray) -> Where:
        """Where a point (float[3], m) is in a camera's picture, clipped to the picture."""
        return project(self.model, self.data, camera, point)

    # Keeping

    def snapshot(self) -> bytes:
        """Everything that `restore` needs to go on from here exactly."""
        with self.lock:
            kept = snapshots.collect(self.model, self.data, self._objects)
        return snapshots.pack(kept)

    def restore(self, snapshot: bytes) -> None:
        """Go back to a snapshot.

        Raises:
            UsageError: the bytes are not a snapshot of this kitchen; nothing has changed then.
        """
        kept = snapshots.unpack(snapshot, self.data)
        with self.lock:
            self._objects = kept.objects
            for slot in slots():
                self._dress(slot)
            snapshots.apply(kept, self.model, self.data)

    @contextmanager
    def imagined(self) -> Iterator[None]:
        """What happens within this block is undone at its end."""
        with self.lock:
            kept = snapshots.collect(self.model, self.data, self._objects)
        try:
            yield
        finally:
            with self.lock:
                snapshots.apply(kept, self.model, self.data)

    def close(self) -> None:
        """Free the picture buffers of every thread."""
        self._painter.close()
