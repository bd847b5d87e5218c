"""Small motions: `a little to the left`, `5 cm higher`, `open your hand`, `slower`."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import alternatives, split_phrases, split_words
from coach.interpreter.phrases import parse_noun

DIRECTIONS = {
    **dict.fromkeys(split_phrases("left|leftwards|leftward|to the left|to your left|to my left|on the left|the left"),
        "left"),
    **dict.fromkeys(split_phrases("right|rightwards|rightward|to the right|to your right|to my right|the right"),
        "right"),
    **dict.fromkeys(split_phrases("up|straight up|upwards|upward|higher|higher up|raise|rise|up a level|lift"), "up"),
    **dict.fromkeys(split_phrases("down|straight down|drop your arm|drop the arm|drop your hand|downwards|downward|"
        "lower|lower down|sink down|descend"), "down"),
    **dict.fromkeys(split_phrases(
                        "forward|forwards|go forward|straight ahead|away from you|away|further|farther|further away|"
                        "further in|"
                        "outwards|"
                    "straight ahead|in front|further out|deeper|closer to me|nearer to me|towards me|toward me|"
                    "closer|nearer|"
                        "come here"), "forward"),
    **dict.fromkeys(split_phrases(
                        "back|back off|backward|backwards|towards you|toward you|closer to you|retreat|back up|"
                        "towards yourself|"
                    "nearer to you|away from me|further away from me|farther away from me"), "back"),
    **dict.fromkeys(split_phrases(
                        "open|let go|release|wider|looser|loosen|ungrip|let go of it|let it go|open up|drop it|"
                        "release it|let go of that|let go of this|let go of the thing|"
                    "let loose|ease your grip|ease the grip|relax your grip|relax the grip|less tight|not so tight|"
                    "not so tightly|unclench|loosen up|loosen your grip|loosen the grip|let go now"), "open"),
    **dict.fromkeys(split_phrases(
                        "close|grip|squeeze|harder|stronger|tighter|firmer|tighten|clench|grip it|squeeze it|grip "
                        "tighter|"
                        "grip harder|"
                    "hold tighter|hold it tighter|tighten your grip|tighten the grip|hold on tighter|grip it tighter|"
                    "grip it harder|pinch|squeeze harder|hold it tight|hold tight"), "close"),
    **dict.fromkeys(split_phrases(
                        "faster|more fast|more quick|hurry it up|quicker|speed up|hurry|hurry up|more quickly|"
                        "quickly|quick|speed it up|"
                        "move faster|go faster|"
                    "not so slow|not so slowly|too slow|pick up the pace|step on it|chop chop|make haste|speedier|"
                    "increase speed|full speed|more speed|accelerate"),
                        "faster"),
    **dict.fromkeys(split_phrases(
                        "slower|more slow|slow down|slowly|slow|careful|carefully|be careful|gently|gentle|be gentle|"
                        "easy|"
                        "take it easy|more slowly|"
                    "more carefully|more gently|not so fast|too fast|easy now|take your time|easy does it|"
                    "slow it down|steady|"
                    "no rush|no hurry|gentler|softer|softly|be more careful|do not rush|do not hurry|do not go so "
                    "fast|do not move so fast|not too fast|not so quick|not so quickly|move slower|take it slow|take "
                    "it slowly|slow and steady|nice and slow|nice and easy|slowly does it|"
                    "go slower|reduce speed|reduce your speed|less speed|half speed|decelerate"), "slower"),
    **dict.fromkeys((f"{lead}{whose}{how} {what}" for lead in ("", "at ", "back to ", "return to ")
                     for whose in ("", "the ", "your ") for how in ("normal", "usual", "regular")
                     for what in ("speed", "pace")), "usual_pace"),
    **dict.fromkeys(split_phrases(
                        "rotate left|turn left|twist left|counterclockwise|counter clockwise|anticlockwise|"
                        "anti clockwise|"
                    "rotate to the left|turn to the left|rotate counterclockwise|turn counterclockwise|"
                    "turn anticlockwise|"
                    "rotate anticlockwise|roll left|spin left|tilt left|swivel left|rotate counter clockwise|"
                    "twist to the left|to the left a turn"), "rotate_left"),
    **dict.fromkeys(split_phrases(
                        "rotate right|turn right|twist right|clockwise|rotate to the right|turn to the right|"
                        "rotate clockwise|"
                    "turn clockwise|roll right|spin right|tilt right|swivel right|twist clockwise|"
                    "twist to the right"), "rotate_right"),
}  # fmt: skip
_OPPOSITE = {
    "left": "right", "right": "left", "up": "down", "down": "up", "forward": "back", "back": "forward", "open": "close",
    "close": "open", "faster": "slower", "slower": "faster", "rotate_left": "rotate_right",
    "rotate_right": "rotate_left",
}  # fmt: skip
_AMOUNTS = {
    "little": "a little bit|a little|a small bit|a bit|a tiny bit|a wee bit|slightly|a touch|a tad|a hair|a smidge|a "
        "smidgen|"
              "a fraction|just a bit|"
              "little|a small amount|ever so slightly|a notch|bit|little bit|tiny bit|a whisker|"
              "a few millimeters|a few millimetres|a few mm|a teeny bit|a teensy bit|just a little|just a touch|just "
              "a tad|a little more|"
              "only a little|only a bit|a smaller bit|the tiniest bit|very slightly|minimally",
    "some": "some|some more|a few more centimeters|a few more centimetres|a few more cm|several centimeters|"
            "several centimetres|a few centimeters|a few centimetres|a few cm|somewhat|a couple of centimeters|"
            "a couple of centimetres",
    "lot": "a lot|much|way|far|a good deal|all the way|a long way|lots|considerably|a great deal|a whole lot|"
           "completely|fully|"
           "as far as you can|loads|very much|significantly|quite a bit|quite a lot|a good bit",
}  # fmt: skip
_AMOUNT_OF = {phrase: amount for amount, phrases in _AMOUNTS.items() for phrase in phrases.split("|")}
_NUMBERS = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
        "eight": 8.0,
    "nine": 9.0, "ten": 10.0, "twelve": 12.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0, "fifty": 50.0,
        "half a": 0.5,
    "half an": 0.5, "another": 1.0, "one more": 1.0,
}  # fmt: skip
_METRES = {
    **dict.fromkeys(split_words("mm millimeter millimeters millimetre millimetres"), 0.001),
    **dict.fromkeys(split_words("cm centimeter centimeters centimetre centimetres"), 0.01),
    **dict.fromkeys(split_words("m meter meters metre metres"), 1.0),
    **dict.fromkeys(split_words("inch inches"), 0.0254),
}

# One alternative a kind of piece; at each place the longest match wins, and a nudge is a clause made of pieces alone.
_PIECES = tuple(
    (kind, re.compile(rf"(?:{pattern})(?= |$)"))
    for kind, pattern in (
        ("direction", alternatives(DIRECTIONS)),
        ("amount", alternatives(_AMOUNT_OF)),
        ("length", rf"(?P<number>\d+(?:\.\d+)?|{alternatives(_NUMBERS)}) ?(?P<unit>{alternatives(_METRES)})"),
        ("body", r"(?:the |your |its |that |both )?(?:(?P<which>left|right|other) )?"
                 r"(?P<part>hand|arm|gripper|claw|finger|wrist|grip|jaw)s?|yourself|it|that"),
        ("verb", r"(?:keep )?(?:move|moving|go|going|come|coming|shift|bring|slide|push|pull|nudge|scoot|reach|"
                 r"steer|drive|swing|inch|lift|raise|lower|grip|squeeze|hold|spin|roll|ease|pan|make|set|place|"
                 r"position|"
                 r"step|turn|rotate|twist|tilt|head|get|do it|try)"),
        ("nothing", r"by|to|a|more|still|even|just|then|,|another|further|over|bit by bit|no|there|again|for me|and|"
            r"about|roughly|"
                    r"around|approximately|less|(?:a|one|two|three|some|a few|another) (?:steps?|notch|notches)|"
                    r"maybe|only|now|okay|good|please|slowly|carefully|gently|here|towards|the|direction|side"),
    )
)  # fmt: skip
_TOO = re.compile(
    r"(?:that is |that was |you are |it is |this is |that feels |(?:the |your )?(?:arm|hand|gripper|grip) is |no "
    r")?(?:(?:going|moving|"
    r"gripping|squeezing|doing (?:it|that)|getting|holding (?:it|that)) )?(?:it )?(?:a (?:little|bit|tad) |way |much "
    r"|far |just )?too (?:far |much )?(?:to the |"
    r"in the )?(?P<word>left|right|high|low|"
    r"high up|low down|far up|far down|up|down|far forward|forward|far back|back|fast|slow|tight|loose|far|close|"
    r"quick|hard|near|quickly|slowly|tightly|loosely)|"
    r"not (?:that|so|quite so) (?P<less>far|high|low|fast|hard|tight|close|quick|much to the (?:left|right))"
)
_TOO_WORDS = {"high": "up", "high up": "up", "low": "down", "low down": "down", "fast": "faster", "quick": "faster",
              "slow": "slower", "tight": "close", "hard": "close", "loose": "open", "far": "forward",
              "close": "forward", "near": "forward", "quickly": "faster", "slowly": "slower", "tightly": "close",
              "loosely": "open",
              "far up": "up", "far down": "down", "far forward": "forward", "far back": "back"}  # fmt: skip
_UNTIL = re.compile(r" (?:until|till) (?P<until>.+)$")
_CAREFUL = re.compile(
    r"(?:(?:be|handle|do|take) )?(?:it |that |this )?(?:(?:very|more|extra|really) "
    r")?(?:careful(?:ly)?|gent(?:le|ly))(?: (?:with (?:that|this|it|the .{2,25}|my .{2,25})|there|now|please|around "
    r".{2,20}))*"
)
_LET_GO = re.compile(
    r"(?:let go of|release|loosen your grip on|open your hand and release) (?:the|that|this|my) "
    r"(?:[a-z]+ ){0,2}[a-z]+"
)
_TURN = re.compile(r"(?:keep )?(?:turn|rotate|twist|spin|roll|tilt|swivel)(?:ing)?\b")
_NAMED = re.compile(
    r"(?:move|push|pull|slide|shift|nudge|turn|rotate|lower|raise|lift|tilt|scoot|bring|inch) "
    r"(?P<named>(?:the|that|this|my|those) .+)"
)
_TASKS = frozenset(("go ahead", "go back one step", "back one step", "one step back", "hold up", "hold on",
    "open it", "close it", "open that", "close that", "lift it", "lift that", "close", "back",
    "pull it",
                    "release that", "up there", "get it", "get that", "bring it", "bring that",
                        "get down"))  # fmt: skip


def parse_nudge(clause: str) -> Item | None:
    """The small motion that the clause asks for, None where it asks for something else."""
    too = _TOO.fullmatch(clause)
    if too:
        word = (too["word"] or too["less"]).removeprefix("much to the ")
        if word in ("close", "near"):  # too close: away from it
            return Item(kind="nudge", direction="back")
        return Item(kind="nudge", direction=_OPPOSITE[_TOO_WORDS.get(word, word)])
    if clause in _TASKS and clause not in ("close", "back"):
        return None
    if _CAREFUL.fullmatch(clause):
        return Item(kind="nudge", direction="slower")
    if _LET_GO.fullmatch(clause):
        return Item(kind="nudge", direction="open")
    until = _UNTIL.search(clause)
    if until:
        found = parse_nudge(clause[: until.start()])
        return msgspec.structs.replace(found, until=until["until"]) if found else None
    return _of_pieces(clause) or _with_named_object(clause)


def _of_pieces(clause: str) -> Item | None:
    direction = which = part = ""
    amount: str | float = ""
    position = 0
    while position < len(clause):
        found = [(m.end(), kind, m) for kind, pattern in _PIECES if (m := pattern.match(clause, position))]
        if not found:
            return None
        end, kind, match = max(found, key=lambda piece: piece[0])
        if kind == "direction":
            if direction and DIRECTIONS[match[0]] in ("slower", "faster"):
                position = end + 1
                continue  # "lower it slowly" goes down
            if direction not in ("", "forward", "open", "slower", DIRECTIONS[match[0]]):  # "further left" is left
                return None
            direction = DIRECTIONS[match[0]]
        elif kind == "amount":
            amount = _AMOUNT_OF[match[0]]
        elif kind == "length":
            amount = _metres(match)
        elif kind == "body" and match["which"]:
            which, part = match["which"], match["part"]
        position = end + 1
    if not direction and not (amount and clause.split()[-1] in ("more", "bit", "further", "less")):
        return None
    if direction in ("left", "right") and _TURN.match(clause):
        direction = f"rotate_{direction}"
    body = Object(name=part, which=which) if which else None
    return Item(kind="nudge", object=body, direction=direction, amount=amount)


def find_nudge(clause: str) -> Item | None:
    """The motion that is named somewhere in the clause: the longest stretch of pieces that makes one."""
    words = clause.replace(" , ", " ").split()
    for size in range(len(words), 0, -1):
        for start in range(len(words) - size + 1):
            found = parse_nudge(" ".join(words[start : start + size]))
            if found and (found.direction or found.amount):
                return found
    return None


def _with_named_object(clause: str) -> Item | None:
    """`move the cup a little to the left`, `lift the cup a bit`: the longest tail of pieces, and a thing before it."""
    match = _NAMED.fullmatch(clause)
    if match is None:
        return None
    verb, words = clause.split()[0], match["named"].split()
    for cut in range(2, len(words)):
        if words[cut] == "side":
            continue
        tail = " ".join(words[cut:])
        nudge = _of_pieces(tail)
        thing = parse_noun(" ".join(words[:cut]))
        if verb in DIRECTIONS and not (nudge and nudge.direction):  # the verb says where
            nudge = _of_pieces(f"{verb} {tail}")
        if nudge and nudge.direction and thing and thing.object and thing.object.name:
            if nudge.direction in ("left", "right") and _TURN.match(clause):
                nudge = msgspec.structs.replace(nudge, direction=f"rotate_{nudge.direction}")
            return Item(kind="nudge", object=thing.object, direction=nudge.direction, amount=nudge.amount)
    return None


def _metres(match: re.Match[str]) -> float:
    number = _NUMBERS.get(match["number"])
    return round((float(match["number"]) if number is None else number) * _METRES[match["unit"]], 4)
