"""Holding things: by friction alone (`contact`), or by a weld once both finger pads touch (`sticky`)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from robot_bridge.arms.kitchen.engine import load_mujoco
from robot_bridge.arms.kitchen.objects import KINDS, slots
from robot_bridge.arms.kitchen.scene import HANDS

GraspMode = Literal["sticky", "contact"]
_RELEASE_MARGIN_M, _LEAST_RELEASE_M = 0.008, 0.020


def release_opening(slot: str) -> float:
    """Commanded finger opening (m) above which a sticky hand lets go of this object."""
    return max(_LEAST_RELEASE_M, KINDS[slot[:-1]].half_width + _RELEASE_MARGIN_M)


class Grasp:
    """Watches the finger pads of both hands in one simulation."""

    def __init__(self, model: Any, mode: GraspMode) -> None:
        self._model, self.mode = model, mode
        self._pads = {hand: {model.geom(f"{hand}/pad_{k}").id for k in "lr"} for hand in HANDS}
        self._hand_body = {hand: model.body(f"{hand}/hand").id for hand in HANDS}
        self._command = {hand: model.actuator(f"{hand}/gripper").id for hand in HANDS}
        self._slot_body = {slot: model.body(slot).id for slot in slots()}
        self._slot_of_body = {body: slot for slot, body in self._slot_body.items()}
        self._weld = {(hand, slot): model.equality(f"{hand}/hold/{slot}").id for hand in HANDS for slot in slots()}

    def held(self, data: Any, hand: str) -> str | None:
        """Slot of the object in a hand."""
        if self.mode == "sticky":
            return next((slot for slot in self._slot_body if data.eq_active[self._weld[hand, slot]]), None)
        return self._pinched(data, hand)

    def update(self, data: Any) -> None:
        """After physics steps: weld what both pads touch, let go of what a hand opens for."""
        if self.mode == "contact":
            return
        for hand in HANDS:
            opening, slot = data.ctrl[self._command[hand]], self.held(data, hand)
            if slot is not None:
                if opening > release_opening(slot):
                    data.eq_active[self._weld[hand, slot]] = 0
                continue
            slot = self._pinched(data, hand)
            other = HANDS[1 - HANDS.index(hand)]
            if slot and opening <= release_opening(slot) and self.held(data, other) != slot:
                self.attach(data, hand, slot)

    def let_go(self, data: Any, slot: str) -> None:
        """Free an object from both hands."""
        for hand in HANDS:
            data.eq_active[self._weld[hand, slot]] = 0

    def _pinched(self, data: Any, hand: str) -> str | None:
        """Slot of the object that both pads of a hand touch."""
        touching: dict[str, set[int]] = {}
        for one, two in data.contact.geom[: data.ncon]:
            for pad, thing in ((one, two), (two, one)):
                if pad in self._pads[hand]:
                    slot = self._slot_of_body.get(int(self._model.geom_bodyid[thing]))
                    if slot:
                        touching.setdefault(slot, set()).add(int(pad))
        return next((slot for slot, pads in touching.items() if len(pads) == 2), None)

    def attach(self, data: Any, hand: str, slot: str) -> None:
        """Weld the object where it is, relative to the hand."""
        mujoco = load_mujoco()
        one, two, weld = self._hand_body[hand], self._slot_body[slot], self._weld[hand, slot]
        inverse, turn = np.zeros(4), np.zeros(4)
        mujoco.mju_negQuat(inverse, data.xquat[one])
        mujoco.mju_mulQuat(turn, inverse, data.xquat[two])
        offset = data.xmat[one].reshape(3, 3).T @ (data.xpos[two] - data.xpos[one])
        self._model.eq_data[weld, 0:3] = 0
        self._model.eq_data[weld, 3:6] = offset
        self._model.eq_data[weld, 6:10] = turn
        data.eq_active[weld] = 1
