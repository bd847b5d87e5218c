"""The ways in which people ask, as far as the policy is trained on them. The first of each is the plain one.

Gaps: `{object}` ("the red cup"), `{in_place}` ("in the sink"), `{place}` ("the sink"), `{things}` ("plates").
"""

from __future__ import annotations

import random

PUT_WORDINGS = (
    "put {object} {in_place}",
    "place {object} {in_place}",
    "could you put {object} {in_place}",
    "please put {object} {in_place}",
    "move {object} to {place}",
    "please take {object} to {place}",
    "{object} goes {in_place}",
    "i want {object} {in_place}",
    "put {object} in {place} please",
    "can you put {object} into {place}",
    "bring {object} to {place}",
    "i would like {object} {in_place}",
    "{object} belongs {in_place}",
    "{object} should be {in_place}",
    "{object} should go into {place}",
    "take {object} and put it {in_place}",
    "pick up {object} and put it {in_place}",
    "grab {object} and drop it {in_place}",
    "drop {object} into {place}",
    "get {object} into {place}",
    "{object} to {place} please",
    "into {place} with {object}",
    "move {object} over to {place}",
    "now put {object} {in_place}",
    "next put {object} {in_place}",
    "leave {object} {in_place}",
    "set {object} down {in_place}",
    "lay {object} {in_place}",
    "i need {object} {in_place}",
    "{in_place} goes {object}",
    "would you move {object} into {place}",
    "help me get {object} {in_place}",
    "carry {object} over to {place} for me",
    "use {place} for {object}",
    "{place} is where {object} should go",
    "see {object} put it {in_place}",
    "just put {object} {in_place} thanks",
    "find {object} and place it {in_place}",
    "throw {object} {in_place}",
    "transfer {object} to {place}",
)
PICK_WORDINGS = (
    "pick up {object}",
    "please pick up {object}",
    "take {object}",
    "grab {object}",
    "lift {object}",
    "pick {object} up",
    "could you grab {object}",
    "get {object}",
    "get hold of {object}",
    "hold {object} please",
    "i want you to lift {object}",
    "take {object} in your hand",
    "can you lift {object} up",
    "grip {object}",
    "fetch {object}",
)
CHORE_WORDINGS = {
    "clear": (
        "clear the counter",
        "please clear the counter",
        "tidy up",
        "put everything away",
        "clear everything off the counter",
        "put everything where it belongs",
        "clean up the counter please",
        "could you tidy the counter",
        "everything goes where it belongs",
        "make the counter empty",
    ),
    "wash": (
        "wash up",
        "do the dishes",
        "please do the dishes",
        "wash the dishes",
        "could you wash up please",
        "take care of the dishes",
        "dirty dishes in the sink and clean ones in the drying rack",
        "get the dishes done",
    ),
}
NOTE_WORDINGS = (
    "{things} go {in_place}",
    "{things} always go {in_place}",
    "put {things} {in_place}",
    "{things} belong {in_place}",
    "the {things} go {in_place}",
    "{place} is for {things}",
)
OTHER_NAMES = {
    "bin": ("trash", "rubbish", "garbage", "dustbin", "trash bin"),
    "sink": ("basin",),
    "drying rack": ("dish rack", "rack", "rack to dry"),
    "cup": ("mug",),
    "towel": ("cloth", "dishcloth"),
}
_BEFORE = (
    "",
    "",
    "",
    "hey ",
    "ok ",
    "okay robot ",
    "robot ",
    "now ",
    "next ",
    "well ",
    "right ",
    "so ",
    "oh and ",
    "and ",
    "first ",
    "then ",
    "after that ",
    "sorry ",
    "again ",
    "dear robot ",
)
_ASKING = (
    "",
    "",
    "",
    "please ",
    "could you ",
    "can you ",
    "will you ",
    "could you kindly ",
    "i want you to ",
    "i need you to ",
    "you can ",
    "you should ",
    "you must ",
    "go and ",
    "try to ",
    "be kind and ",
    "may i ask you to ",
    "it would be good to ",
    "i would like you to ",
    "just ",
    "would it be ok to ",
)
_DOING = (
    "put {object} into {place}",
    "put {object} down {in_place}",
    "put {object} away {in_place}",
    "place {object} {in_place}",
    "drop {object} off at {place}",
    "lay {object} into {place}",
    "leave {object} at {place}",
    "get {object} to {place}",
    "get {object} over into {place}",
    "move {object} {in_place}",
    "move {object} from the counter to {place}",
    "carry {object} to {place}",
    "carry {object} across to {place}",
    "bring {object} {in_place}",
    "take {object} over to {place}",
    "take {object} from the counter and put it into {place}",
    "take hold of {object} and place it {in_place}",
    "transfer {object} into {place}",
    "return {object} to {place}",
    "find {object} and get it into {place}",
    "grab {object} and move it to {place}",
    "lift {object} and put it {in_place}",
    "fetch {object} and lay it {in_place}",
    "reach for {object} and take it to {place}",
    "use {place} for {object}",
    "fill {place} with {object}",
    "have {object} placed {in_place}",
    "load {object} into {place}",
    "look for {object} and put it {in_place}",
)
_WANTING = (
    "{object} has a place {in_place}",
    "{object} needs to go to {place}",
    "i want to see {object} {in_place}",
    "i want {object} inside {place}",
    "{object} should end up {in_place}",
    "what about {object} going {in_place}",
    "the right place of {object} is {place}",
    "there is {object} it goes {in_place}",
    "do you see {object} put it {in_place}",
)
_AFTER = (
    "",
    "",
    "",
    "",
    " please",
    " thanks",
    " thank you",
    " for me",
    " now",
    " would you",
    " ok",
    " will you",
    " next",
    " when you can",
    " if you can",
    " right away",
    " again",
    " first",
    " and that is all",
    " and then stop",
    " instead",
    " quickly",
    " gently",
)
COMPOSED = 3000  # of them are trained on


def composed(count: int) -> tuple[str, ...]:
    """So many wordings of "put X in Y", put together from the ways in which people begin, ask, say and end; the same
    ones every time."""
    dice = random.Random(0)
    made: dict[str, None] = {}
    while len(made) < count:
        before, after = dice.choice(_BEFORE), dice.choice(_AFTER)
        if dice.random() < 0.2:
            made[before + dice.choice(_WANTING) + after] = None
        else:
            made[before + dice.choice(_ASKING) + dice.choice(_DOING) + after] = None
    return tuple(made)
