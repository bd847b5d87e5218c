"""Voices that nobody has: variants of `espeak-ng` with throats, breath and pitch drawn at random.

A spotter that has heard the variants of the installation knows these; one that has heard hundreds of made-up ones
knows a word. The data folder of `espeak-ng` is copied as links, with the new variants beside the old ones.
Source of the format: espeak-ng's docs/voices.md, "Voice Variants" and "Voice attributes".
"""

from __future__ import annotations

from pathlib import Path
from random import Random

MADE_UP = 200
_VARIANTS = Path("voices") / "!v"
_LANGUAGES = Path("lang") / "gmw"  # English is among them; espeak-ng keeps 350 voices at most
_FORMANTS = 9


def made_up_name(random: Random) -> str:
    """One of the variants that `lay_out` writes."""
    return f"made-up-{random.randrange(MADE_UP)}"


def lay_out(installed: Path, folder: Path, seed: int) -> Path:
    """Write the variants of a seed beside those of an installation; what is there already is kept.

    Args:
        installed: the `espeak-ng-data` in use.
    Returns:
        What `ESPEAK_DATA_PATH` is to be.
    """
    copy = folder / "espeak-ng-data"
    for part in (_VARIANTS, _LANGUAGES):
        (copy / part).mkdir(parents=True, exist_ok=True)
    english = [_LANGUAGES / entry.name for entry in (installed / _LANGUAGES).glob("en*")]
    variants = [_VARIANTS / entry.name for entry in (installed / _VARIANTS).iterdir()]
    others = [Path(entry.name) for entry in installed.iterdir() if entry.name not in ("voices", "lang")]
    for entry in (*others, *variants, *english):
        if not (copy / entry).is_symlink():
            (copy / entry).symlink_to(installed / entry)
    for index in range(MADE_UP):
        name = f"made-up-{index}"
        (copy / _VARIANTS / name).write_text(variant(name, Random(f"{seed} {index}")), "utf-8")
    return folder


def variant(name: str, random: Random) -> str:
    """The text of a variant: a throat of any length, formants that stray from it, and how the voice is made."""
    throat, low = random.uniform(0.75, 1.4), random.uniform(55, 260)
    lines = ["language variant", f"name {name}", f"pitch {low:.0f} {low * random.uniform(1.1, 1.9):.0f}"]
    fall = random.uniform(0.3, 1.0)  # of the high formants
    for formant in range(_FORMANTS):
        place = 100 * throat * random.uniform(0.92, 1.08)
        strength = random.uniform(60, 150) * (fall if formant > 3 else 1.0)
        lines.append(f"formant {formant} {place:.0f} {strength:.0f} {random.uniform(60, 190):.0f}")
    lines.append(f"voicing {random.uniform(25, 150):.0f}")
    lines.append(f"consonants {random.uniform(60, 160):.0f} {random.uniform(60, 160):.0f}")
    lines.append(f"flutter {random.choice((0, 2, 5, 10, 20))}")
    lines.append(f"roughness {random.randrange(8)}")
    if random.random() < 0.35:
        lines.append("breath " + " ".join(f"{random.uniform(0, 60):.0f}" for _ in range(6)))
    if random.random() < 0.2:
        lines.append(f"echo {random.uniform(20, 180):.0f} {random.uniform(5, 50):.0f}")
    if random.random() < 0.25:
        lines.append(f"klatt {random.randint(1, 6)}")
    if random.random() < 0.5:
        lines.append("stressAdd " + " ".join(f"{random.uniform(-25, 25):.0f}" for _ in range(8)))
    return "\n".join(lines) + "\n"
