"""One sentence → items: cut at stops, at connectors, and where one wish runs into the next."""

from __future__ import annotations

import re

from coach.interpreter.clauses import ABLE, Clauses, without_gerund
from coach.interpreter.clock import with_each_hour
from coach.interpreter.decide import chances_of_piece
from coach.interpreter.facts import parse_fact
from coach.interpreter.fluency import fluent
from coach.interpreter.items import Item, Scene
from coach.interpreter.lexicon import DAY, GERUNDS, split_words
from coach.interpreter.normalise import is_filler, strip_fillers
from coach.interpreter.politeness import directly
from coach.interpreter.segments import run_on_cuts, starts_clause
from coach.interpreter.stops import is_stop_clause, split_at_stops
from coach.interpreter.tasks import parse_task
from coach.interpreter.tidying import (
    refer_back,
    says_something,
    with_subject,
)
from coach.interpreter.times import take_times
from coach.interpreter.wishes import Reading, split_wishes

_MORE_OF_A_TIME = re.compile(  # "on Mondays | and Thursdays", "every day | , but not on Sundays"
    rf"(?:on |at )?(?:{DAY}s?|\d{{1,2}}(?:[:.]\d\d)?(?: ?[ap]m)?)(?: |$)|"
    r"(?:but )?not (?:on|in|at|this|next) "
)
_SEVERAL = re.compile(r" , | and | but ")
_OPENING = re.compile(
    r"(?:(?:good (?:morning|afternoon|evening)|hello|hi)|(?P<praise>thank you|thanks|well done|good job|great|"
    r"perfect|"
    r"good|nice|excellent|very good|very nice)) (?:(?:robot|there|so much|very much|now|then|,) )*"
)
_ASKED_FOR = frozenset(("task", "routine", "checkin", "nudge", "pause", "resume", "undo", "restart", "takeover", "rule",
                        "correction", "praise"))  # fmt: skip
_CRIES = frozenset(split_words("you it there what watch please now that my do not i we he she someone"))
_OBJECTS = frozenset(split_words("no it that the take put pick i in on use"))
_NOISE_AT_STOP = ("unknown", "chatter", "answer", "praise", "fact", "question")
MAX_CLAUSES = 24
MAX_CLAUSE = 300  # characters; nobody says more in one clause
_CONNECTOR = re.compile(
    r" (?:, )?(?:and then|then|and after that|after that|and afterwards|and so|so that|so|and|"
    r"but|, and|,) (?:, )?"
)
_REASON = re.compile(
    r"(?!(?:.* )?(?:ask|check|tell|let me know|warn|remind|wait|call) )(?P<what>.{6,}?)(?: ,)? (?:because|since|"
    r"otherwise|or else|in case|so that|as (?=(?:i|we|it|there|they|he|she|the)\b)|"
    r"so (?=(?:i|we|they|he|she|it|there|my|our|nobody|everyone|people|the (?:kids|children|dog|cat|baby|guests))\b)|"
    r"before (?=(?:it|he|she|they|you|the|somebody|someone|i|we|my|our|everyone|anyone)\b)|for (?=(?:it|there) is\b)|"
    r"when you (?:are|have) "
    r"(?:done|finished|ready|time)|"
    r"once you (?:are|have) (?:done|finished)|if you (?:can|could|want|like|have time)|it is (?:too |very |so "
    r")?(?:dirty|wet|full|broken|hot|heavy|sharp|late|old|in the way))\b.*"
)
_LEAVE_OFF = re.compile(  # no stop now: "stop making coffee on weekends"
    r"\b(?:you (?:may|can) )?stop (?P<verb>[a-z]+ing)(?= [a-z])"
)
_LEAVES_OUT = re.compile(
    r"(?:[a-z]+ ,? ?){0,4}?(?:skip|no|leave out|drop|cancel|without|forget|omit|do not|not)\b(?! (?:every|each)\b)"
)
_WHY = re.compile(  # between an exception and its reason: "skip the dishes today , my mother is sleeping"
    r" , (?:(?:because|since|as|for) )?| (?:because|since|as) |"
    r" (?=(?:my|our|we|i|he|she|they|it|there|someone|somebody|everyone|nobody|the [a-z]+ (?:is|are|has|have|was)) )"
)
_NO_WISH = re.compile(
    r"(?:until|till) .+|if (?:you|we|i) (?:can|could|would|may|might)(?: ask you to)?(?: please| just| kindly)*"
)
_THEN_STOP = re.compile(r"(?:^|,| )(?:and )?\b(?:then|and)(?: you(?: can)?| just| please)?$")


class Sentence:
    """One sentence being read. `marked`: it ended with a question mark."""

    def __init__(self, scene: Scene | None, marked: bool) -> None:
        self._clauses = Clauses(scene, marked)
        self._budget = MAX_CLAUSES * 4

    def items(self, sentence: str, before: list[Item]) -> list[Item]:
        parts = split_at_stops(sentence)
        if None not in parts:
            plain = _LEAVE_OFF.sub(_not_any_more, with_each_hour(fluent(sentence)))
            several = None if self._clauses.marked else split_wishes(plain, self._piece)
            return several or self._parse(plain, before) or [Item(kind="unknown", text=sentence)]
        items: list[Item] = []
        for index, part in enumerate(parts):
            if part is None:
                previous = parts[index - 1] if index else None
                if previous and _THEN_STOP.search(previous) and items and items[-1].kind == "task":
                    continue  # "… and then stop" only ends the task
                items += [] if items and items[-1].kind == "stop" else [Item(kind="stop")]
                continue
            part = _THEN_STOP.sub("", part)
            wishes = not (is_filler(part) or _NO_WISH.fullmatch(part))
            found = (self._parse(fluent(_imperative(part)), [*before, *items]) or []) if wishes else []
            items += [i for i in found if i.kind not in _NOISE_AT_STOP]
            if found and found[0].kind == "correction" and index == 0 and not says_something(found[0]):
                items.remove(found[0])  # the "no" of "no, stop"
        return items

    def _piece(self, piece: str) -> Reading | None:
        """A piece of a long sentence read on its own, and how likely each kind is by its cues."""
        self._budget = MAX_CLAUSES * 4
        direct = directly(piece)
        read = self._clauses.read(direct, None) or (self._clauses.read(piece, None) if direct != piece else None)
        return (read or [Item(kind="unknown", text=piece)]), chances_of_piece(piece, direct)

    def _parse(self, sentence: str, before: list[Item]) -> list[Item] | None:
        """The whole as one clause, else cut at the first connector that leaves two readable sides."""
        self._budget -= 1
        if self._budget < 0:
            return None
        if len(sentence) > MAX_CLAUSE:
            return self._connected(sentence, before)
        excused = self._excused(sentence)
        if excused:
            return excused
        direct = directly(sentence)
        reason = _REASON.fullmatch(sentence)
        for shorter in filter(lambda other: other != sentence, (direct, reason["what"] if reason else sentence)):
            marked, self._clauses.marked = self._clauses.marked, False
            found = self._parse(shorter, before)
            self._clauses.marked = marked
            if found and not ABLE.match(sentence) and all(item.kind in _ASKED_FOR for item in found):
                return found
        previous = before[-1] if before else None
        several = _SEVERAL.search(sentence) is not None
        whole = self._clauses.read(sentence, previous, facts=not several)
        if whole is None or (len(whole) == 1 and whole[0].kind in ("fact", "question") and not self._clauses.marked):
            whole = self._run_on(sentence, before) or whole
        if whole is not None:
            return [refer_back(item, sentence, before) for item in whole]
        connected = self._connected(sentence, before)
        if connected is not None:
            return connected
        opening = _OPENING.match(sentence)
        if opening:
            rest = self._parse(sentence[opening.end() :], before)
            praise = [Item(kind="praise")] if opening["praise"] else []
            return [*praise, *rest] if rest else None
        return _listed(parse_fact(strip_fillers(sentence))) if several else None

    def _excused(self, sentence: str) -> list[Item] | None:
        """What is left out for once, and why: the exception, and the reason as a fact."""
        if not _LEAVES_OUT.match(sentence):
            return None
        for cut in list(_WHY.finditer(sentence))[:MAX_CLAUSES]:
            reason = parse_fact(sentence[cut.end() :].strip(" ,"))
            left_out = self._parse(sentence[: cut.start()], []) if reason else None
            if reason and left_out and len(left_out) == 1 and left_out[0].kind == "routine" and left_out[0].except_:
                return [*left_out, reason]
        return None

    def _connected(self, sentence: str, before: list[Item]) -> list[Item] | None:
        """Cut at the first connector that leaves two readable sides."""
        previous = before[-1] if before else None
        for cut in list(_CONNECTOR.finditer(sentence))[:MAX_CLAUSES]:
            left, right = sentence[: cut.start()].strip(" ,"), sentence[cut.end() :].strip(" ,")
            if not left or not right or _is_more_of_a_time(right):
                continue
            first = self._clauses.read(left, previous) if len(left) <= MAX_CLAUSE else None
            if first is None:
                continue
            first = [refer_back(item, left, before) for item in first]
            rest = self._parse(with_subject(first[-1], right), [*before, *first])
            if rest is not None:
                return [*first, *rest]
        return None

    def _run_on(self, sentence: str, before: list[Item]) -> list[Item] | None:
        """`slow down you are scaring me`: a word of steering, praise or greeting, and more behind it or before it."""
        if "," in sentence:
            return None
        for left, right in run_on_cuts(sentence):
            self._budget -= 1
            if self._budget < 0:
                return None
            if is_stop_clause(left) and (is_stop_clause(right) or right.split()[0] in _CRIES):
                return [Item(kind="stop")]
            if (
                right.split()[0] in _OBJECTS
                and (first := self._clauses.read(left, None))
                and first[0].kind == "correction"
            ):
                rest = self._clauses.read(right, None)
                if rest and rest[0].kind in ("correction", "task", "answer") and not says_something(first[0]):
                    return [*first, *rest]
            small = (
                None
                if left.split()[0] in ("the", "a", "an", "my", "your", "our")
                else self._clauses.small(strip_fillers(left)) or self._clauses.small(left)
            )
            if small and small[0].kind not in ("answer", "takeover"):
                rest = self._clauses.small(strip_fillers(right)) or self._clauses.read(right, small[-1])
                if rest and rest[0].kind not in ("unknown", "answer"):
                    return [*small, *rest]
            if not starts_clause(left, right):
                continue
            errand = parse_task(strip_fillers(right)) or self._clauses.small(strip_fillers(right))
            first = self._clauses.read(left, before[-1] if before else None) if errand else None
            if errand and first and all(item.kind in ("fact", "praise", "chatter", "correction") for item in first):
                return [*first, *(refer_back(item, right, [*before, *first]) for item in errand)]
        return None


def _not_any_more(match: re.Match[str]) -> str:
    verb = GERUNDS.get(match["verb"])
    return f"do not {verb}" if verb else match[0]


def _is_more_of_a_time(words: str) -> bool:
    return _MORE_OF_A_TIME.match(words) is not None and (
        words.startswith(("not ", "but not ")) or not take_times(words.split(" , ")[0]).rest
    )


def _imperative(part: str) -> str:
    """`putting cups in the sink`, as it follows a stop → `do not put cups in the sink`."""
    plain = without_gerund(part)
    return part if plain == part else f"do not {plain}"


def _listed(item: Item | None) -> list[Item] | None:
    return [item] if item else None
