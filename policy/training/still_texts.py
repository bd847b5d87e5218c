"""Instructions and thoughts for labelled stills: what the simulator's own teacher would think of what they show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from policy.training.pictures import COLOURS, KINDS, Stills, Thing
from robot_bridge.protocol.thought import Thought, Where

HANDS = {"sink": "left", "drying rack": "left", "bin": "right", "dishwasher": "right"}
SEE = "what do you see"
_DISHES = ("plate", "cup", "bowl")
_CHORES = 0.4  # share of errands that name the thing
_MOST_RULES = 4
_NOTED = 0.6  # share of chores in a home with rules
_DIRTY = 0.4  # share of those homes where dirty dishes go somewhere of their own
_COMPOSED, _OTHERWISE = 0.6, 0.15  # shares of put-together wordings, and of other names
_PICKS = 0.12  # share of tasks that are "pick up X"
_PLAIN_PICK = re.compile(r"pick up the (?P<name>(\w+ )?\w+)")
_PLAIN = re.compile(r"put the (?P<name>(\w+ )?\w+) in the (?P<place>.+)")
_DONE = {"clear": "the counter is clear", "wash": "no dish is on the counter"}


@dataclass(frozen=True)
class Wordings:
    """How people say things; gaps as in `str.format`.

    Args:
        put: "put X in Y", with {object} and {in_place} or {place}; the plain one first.
        composed: more of those, in words that people might use as well.
        others: other names of kinds and places.
        picks: "pick up X", with {object}; none: only those of the demonstrations.
        chores: of "clear the counter" (`clear`) and "wash up" (`wash`); none: no chores on stills.
        notes: of "plates go in the bin", with {things} and {in_place} or {place}.
        belongs: kind → place, where things go unless a note says otherwise.
    """

    put: Sequence[str]
    chores: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    belongs: Mapping[str, str] = field(default_factory=dict)
    composed: Sequence[str] = ()
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)
    picks: Sequence[str] = ()

    def task(self, name: str, place: str, rng: np.random.Generator) -> str:
        """ "Put the red cup in the sink", in one of all wordings."""
        wordings = self.composed if self.composed and rng.random() < _COMPOSED else self.put
        where, wording = self._called(place, rng), wordings[int(rng.integers(len(wordings)))]
        return wording.format(object=self._thing(name, rng), in_place=f"in the {where}", place=f"the {where}")

    def pick(self, name: str, rng: np.random.Generator) -> str:
        """ "Pick up the red cup", in one of all wordings."""
        return self.picks[int(rng.integers(len(self.picks)))].format(object=self._thing(name, rng))

    def reworded(self, instruction: str, rng: np.random.Generator) -> str:
        """Another wording of what was asked for plainly; anything else as it is."""
        first, line, notes = instruction.partition("\n")
        plain, pick = _PLAIN.fullmatch(first), _PLAIN_PICK.fullmatch(first)
        if rng.random() < 0.5:
            return instruction
        if plain:
            return self.task(plain["name"], plain["place"], rng) + line + notes
        return self.pick(pick["name"], rng) + line + notes if pick and self.picks else instruction

    def _thing(self, name: str, rng: np.random.Generator) -> str:
        *colour, kind = name.split()
        return " ".join(("the", *colour, self._called(kind, rng)))

    def _called(self, name: str, rng: np.random.Generator) -> str:
        others = self.others.get(name, ())
        return str(others[int(rng.integers(len(others)))]) if others and rng.random() < _OTHERWISE else name


def still_texts(stills: Stills, rng: np.random.Generator, wordings: Wordings
                ) -> tuple[list[str], list[str], list[str]]:  # fmt: skip
    """For each still an instruction (with notes on the lines after it), its thought, and what may have been done
    before: some tell all that is seen, the others begin a task or a chore."""
    pairs = [_text(things, rng, wordings) for things in stills.things]
    return [p[0] for p in pairs], [p[1] for p in pairs], [_before(thought, rng) for _, thought in pairs]


def some_kinds(rng: np.random.Generator) -> list[str]:
    """One to four kinds, for a home to have rules about."""
    return [str(each) for each in rng.permutation(KINDS)[: int(rng.integers(1, _MOST_RULES + 1))]]


def home_rules(kinds: Sequence[str], rng: np.random.Generator, wordings: Wordings) -> tuple[dict[str, str], str]:
    """A rule for each kind, kind → place, and their notes, each with a line break before it."""
    rules = {each: str(rng.choice(list(HANDS))) for each in kinds}
    return rules, "".join(_note(f"{each}s", place, rng, wordings) for each, place in rules.items())


def _note(things: str, place: str, rng: np.random.Generator, wordings: Wordings) -> str:
    """That things go to a place, on a line of its own."""
    return "\n" + str(rng.choice(wordings.notes)).format(
        things=things, in_place=f"in the {place}", place=f"the {place}"
    )


def _before(text: str, rng: np.random.Generator) -> str:
    """The same subtask, as on the way to it; a misnamed one; something that was put away; or nothing."""
    subtask, luck = Thought.parse(text).subtask, rng.random()
    if luck < 0.3:
        return f"put the {rng.choice(COLOURS)} {rng.choice(KINDS)} in the {rng.choice(list(HANDS))}"
    if not subtask.startswith("pick up the ") or luck > 0.65:
        return ""
    if luck < 0.5:
        return subtask
    colour, kind = subtask.removeprefix("pick up the ").split()
    return f"pick up the {colour} {rng.choice(KINDS)}" if luck < 0.6 else f"pick up the {rng.choice(COLOURS)} {kind}"


def _text(things: list[Thing], rng: np.random.Generator, wordings: Wordings) -> tuple[str, str]:
    kind = rng.random()
    if kind < 0.12 or (any(t.place.endswith("hand") for t in things) and kind > 0.5):
        return _see(things)
    return _chore(things, rng, wordings) if wordings.chores and kind > _CHORES else _task(things, rng, wordings)


def _see(things: list[Thing]) -> tuple[str, str]:
    seen = " ".join(f"{t.name} {str(_at(t)).split(' ')[1]}" for t in things)
    return SEE, str(Thought(reason=seen or "nothing", subtask="done"))


def _chore(things: list[Thing], rng: np.random.Generator, wordings: Wordings) -> tuple[str, str]:
    """Everything on the counter: bottles first, which arms knock over, then what is nearest to the robot."""
    job = str(rng.choice(list(wordings.chores)))
    words, rules = str(rng.choice(wordings.chores[job])), dict[str, str]()
    waiting = [t for t in things if t.place == "counter" and (job == "clear" or _kind(t) in _DISHES)]
    target = max(waiting, key=lambda t: (t.name.endswith("bottle"), t.y), default=None)
    dirty = ""
    if rng.random() < _NOTED:
        rules, notes = home_rules(some_kinds(rng), rng, wordings)  # notes must not tell what is there
        words += notes
        if job == "clear" and rng.random() < _DIRTY:
            dirty = str(rng.choice(list(HANDS)))
            words += _note("dirty dishes", dirty, rng, wordings)
    if target is None:
        return words, str(Thought(reason=_DONE[job], subtask="done"))
    place = {**wordings.belongs, **rules}[_kind(target)]
    if job == "wash":
        place = "sink" if target.dirty else "drying rack"
    elif target.dirty:
        place = dirty or place
    return words, _pick(target, place)


def _task(things: list[Thing], rng: np.random.Generator, wordings: Wordings) -> tuple[str, str]:
    """Put something somewhere."""
    place = str(rng.choice(list(HANDS)))
    kind, colour = str(rng.choice(KINDS)), str(rng.choice(COLOURS))
    if things and rng.random() < 0.85:
        colour, kind = things[rng.integers(len(things))].name.split()
    if rng.random() < 0.15:
        colour = ""
    name = f"{colour} {kind}".strip()
    picking = bool(wordings.picks) and rng.random() < _PICKS
    instruction = wordings.pick(name, rng) if picking else wordings.task(name, place, rng)
    named = [t for t in things if _kind(t) == kind and colour in ("", t.name.split()[0])]
    if not named:
        return instruction, str(Thought(reason=f"there is no {name} in sight", subtask="ask for help"))
    if len(named) > 1:
        named.sort(key=lambda t: COLOURS.index(t.name.split()[0]))
        seen = " and ".join(f"a {t.name}" for t in named)
        return instruction, str(Thought(reason=f"there is {seen} in sight", subtask=f"ask which {kind}"))
    thing = named[0]
    if thing.place.endswith("hand"):
        return _see(things)
    if picking:
        return instruction, _pick(thing, "")
    if thing.place == place:
        return instruction, str(Thought(reason=f"the {thing.name} is in the {place}", subtask="done"))
    return instruction, _pick(thing, place)


def _kind(thing: Thing) -> str:
    return thing.name.split()[1]


def _pick(thing: Thing, place: str) -> str:
    """Args: place: where it goes; empty: in the hand."""
    nearer = "left" if thing.x < 0.5 else "right"
    here = "on the counter" if thing.place == "counter" else f"in the {thing.place}"
    thought = Thought(
        reason=f"the {thing.name} is {here} and goes in the {place or 'hand'}",
        subtask=f"pick up the {thing.name}",
        hand=HANDS.get(thing.place, HANDS.get(place, nearer)),
        where=_at(thing),
    )
    return str(thought)


def _at(thing: Thing) -> Where:
    return Where("base", thing.x, thing.y)
