"""Statistics of a feature while its values go by: extremes, mean, deviation and quantiles, as trainers normalise by."""

from __future__ import annotations

from typing import Any

import numpy as np

QUANTILES = (0.01, 0.10, 0.50, 0.90, 0.99)
EVERY = 16  # of the pixels of a picture; enough for its statistics
MAX_KEPT = 200_000  # rows of a vector kept for the quantiles; beyond that every second one


class Running:
    """Keeps the values themselves: quantiles have no shortcut that stays true to the data."""

    def __init__(self) -> None:
        self._values: list[np.ndarray] = []
        self._count, self._step = 0, 1
        self._picture = False

    def add(self, value: np.ndarray) -> None:
        """Args: value: float64[n]."""
        if self._count % self._step == 0:
            self._values.append(value)
            if len(self._values) >= MAX_KEPT:
                self._values, self._step = self._values[::2], self._step * 2
        self._count += 1

    def add_picture(self, picture: np.ndarray) -> None:
        """Args: picture: uint8[height, width, 3]."""
        self._picture = True
        self.add(picture.reshape(-1, 3)[::EVERY].astype(np.float64) / 255)

    def told(self) -> dict[str, Any]:
        """Plain lists, each as long as the feature; of pictures nested as [channel][1][1]."""
        values = np.concatenate(self._values) if self._picture else np.stack(self._values)
        found = {"min": values.min(0), "max": values.max(0), "mean": values.mean(0), "std": values.std(0)}
        found |= {f"q{round(share * 100):02d}": np.quantile(values, share, axis=0) for share in QUANTILES}
        told: dict[str, Any] = {name: self._shaped(value) for name, value in found.items()}
        return told | {"count": [self._count]}

    def _shaped(self, value: np.ndarray) -> list[Any]:
        shaped: list[Any] = value.reshape(3, 1, 1).tolist() if self._picture else value.tolist()
        return shaped
