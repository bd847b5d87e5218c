"""Arms that the bridge can drive."""

from __future__ import annotations

from robot_bridge.arms.base import Arms, ArmsError
from robot_bridge.protocol.errors import ConfigError

__all__ = ["NAMES", "Arms", "ArmsError", "make_arms"]

NAMES = ("kitchen",)


def make_arms(name: str, seed: int = 1, grasp: str = "sticky") -> Arms:
    """Arms by name, not yet connected.

    Raises:
        ConfigError: unknown name or grasp.
    """
    if name not in NAMES:
        raise ConfigError(f"no arms called '{name}'", ", ".join(NAMES), "set 'arms' in the configuration")
    if grasp not in ("sticky", "contact"):
        raise ConfigError(f"no grasp called '{grasp}'", "sticky, contact", "set 'grasp' in the configuration")
    from robot_bridge.arms.kitchen.driver import KitchenArms

    return KitchenArms(seed, grasp)  # type: ignore[arg-type]
