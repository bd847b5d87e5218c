"""The rules, put together: utterance → sentences → clauses → items."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.controls import parse_control
from coach.interpreter.corrections import parse_correction
from coach.interpreter.decide import chances_of, decide
from coach.interpreter.habits import NOW, parse_checkin, parse_fact, parse_routine, parse_rule
from coach.interpreter.items import Interpretation, Item, Scene
from coach.interpreter.lexicon import COLORS, DETERMINERS, GERUNDS, PREPOSITIONS, THINGS, WHICH, alternatives
from coach.interpreter.normalise import MAX_CHARACTERS, is_filler, sentences, strip_fillers
from coach.interpreter.nudges import parse_nudge
from coach.interpreter.phrases import parse_noun
from coach.interpreter.questions import parse_question
from coach.interpreter.resolve import ask, ask_back
from coach.interpreter.segments import cuts, is_crowded, run_on_cuts, starts_clause
from coach.interpreter.speech import directly, fluent
from coach.interpreter.standing import from_now_on, parse_standing, take_from_now_on, take_opening
from coach.interpreter.stops import is_stop_clause, split_at_stops
from coach.interpreter.tasks import parse_elided, parse_task
from coach.interpreter.tidying import (
    is_lasting,
    objected,
    refer_back,
    says_something,
    with_subject,
    without_noise,
)
from coach.interpreter.times import take_times
from coach.interpreter.wishes import Reading, split_wishes
from robot_bridge.protocol.errors import UsageError

MAX_CLAUSES = 24
MAX_CLAUSE = 300  # characters; nobody says more in one clause
_CONNECTOR = re.compile(
    r" (?:, )?(?:and then|then|and after that|after that|and afterwards|and so|so that|so|and|"
    r"but|, and|,) (?:, )?"
)
_REASON = re.compile(
    r"(?!(?:.* )?(?:ask|check|tell|let me know|warn|remind|wait|call) )(?P<what>.{6,}?)(?: ,)? (?:because|since|"
    r"otherwise|or else|in case|so that|as (?=(?:i|we|it|there|they|he|she|the)\b)|"
    r"before (?=(?:it|he|she|they|you|the|somebody|someone)\b)|for (?=(?:it|there) is\b)|when you (?:are|have) "
    r"(?:done|finished|ready|time)|"
    r"once you (?:are|have) (?:done|finished)|if you (?:can|could|want|like|have time)|it is (?:too |very |so "
    r")?(?:dirty|wet|full|broken|hot|heavy|sharp|late|old|in the way))\b.*"
)
_THEN_STOP = re.compile(r"(?:^|,| )(?:and )?\b(?:then|and)(?: you(?: can)?| just| please)?$")
_STILL_QUESTION = re.compile(r"(?:can|could|would|will) you|are you able")


class RuleInterpreter:
    """Understands by rules alone: no model, no network, well under 5 ms an utterance."""

    def interpret(self, text: str, scene: Scene | None = None) -> Interpretation:
        """
        Raises:
            UsageError: the text is longer than an utterance can be.
        """
        if len(text) > MAX_CHARACTERS:
            raise UsageError(f"an utterance of {len(text)} characters", f"at most {MAX_CHARACTERS}",
                             "say it in shorter pieces")  # fmt: skip
        items: list[Item] = []
        text, standing = take_opening(text)
        found = sentences(text)
        for sentence in found:
            said = _Sentence(scene, marked=_is_marked(text, sentence, found))
            read = _lasting(said, sentence, items) or said.items(sentence, items)
            items += decide(sentence, read, _is_marked(text, sentence, found), scene)
        items = from_now_on(items) if standing else items
        if not items:
            return Interpretation(items=(Item(kind="unknown"),), question=ask("ask_nothing_heard"))
        items = without_noise(objected(items))
        if len(items) == 1 and len(found) == 1 and items[0].text and items[0].kind not in ("task", "routine"):
            items = [msgspec.structs.replace(items[0], text=text.strip())]  # as said: names keep their capitals
        if any(item.kind == "stop" for item in items):
            return Interpretation(items=tuple(items))
        if any(item.kind == "unknown" for item in items):
            return Interpretation(items=tuple(items), question=ask("ask_again"))
        return Interpretation(items=tuple(items), question=ask_back(items, scene))


def _lasting(said: _Sentence, sentence: str, before: list[Item]) -> list[Item] | None:
    """What `from now on, …` holds, where it is no rule but something with its times."""
    rest = take_from_now_on(sentence)
    if rest == sentence:
        return None
    items = said.items(rest, before)
    return from_now_on(items) if any(item.kind in ("routine", "checkin") for item in items) else None


class _Sentence:
    """One sentence being read. `marked`: it ended with a question mark."""

    def __init__(self, scene: Scene | None, marked: bool) -> None:
        self._scene, self._marked = scene, marked
        self._budget = MAX_CLAUSES * 4

    def items(self, sentence: str, before: list[Item]) -> list[Item]:
        parts = split_at_stops(sentence)
        if None not in parts:
            plain = fluent(sentence)
            several = None if self._marked else split_wishes(plain, self._piece)
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
            found = [] if is_filler(part) else self._parse(fluent(_imperative(part)), [*before, *items]) or []
            items += [i for i in found if i.kind not in _NOISE_AT_STOP]
            if found and found[0].kind == "correction" and index == 0 and not says_something(found[0]):
                items.remove(found[0])  # the "no" of "no, stop"
        return items

    def _piece(self, piece: str) -> Reading | None:
        """A piece of a long sentence read on its own, and how likely each kind is by its cues."""
        self._budget = MAX_CLAUSES * 4
        direct = directly(piece)
        read = self._clause(direct, None) or (self._clause(piece, None) if direct != piece else None)
        return (read or [Item(kind="unknown", text=piece)]), chances_of(piece, marked=False)

    def _parse(self, sentence: str, before: list[Item]) -> list[Item] | None:
        """The whole as one clause, else cut at the first connector that leaves two readable sides."""
        self._budget -= 1
        if self._budget < 0:
            return None
        if len(sentence) > MAX_CLAUSE:
            return self._connected(sentence, before)
        direct = directly(sentence)
        reason = _REASON.fullmatch(sentence)
        for shorter in filter(lambda other: other != sentence, (direct, reason["what"] if reason else sentence)):
            marked, self._marked = self._marked, False
            found = self._parse(shorter, before)
            self._marked = marked
            if found and not _ABLE.match(sentence) and all(item.kind in _ASKED_FOR for item in found):
                return found
        previous = before[-1] if before else None
        several = _SEVERAL.search(sentence) is not None
        crowded = self._crowded(sentence, before)
        if crowded:
            return crowded
        whole = self._clause(sentence, previous, facts=not several)
        if whole is None or (len(whole) == 1 and whole[0].kind in ("fact", "question") and not self._marked):
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

    def _connected(self, sentence: str, before: list[Item]) -> list[Item] | None:
        """Cut at the first connector that leaves two readable sides."""
        previous = before[-1] if before else None
        for cut in list(_CONNECTOR.finditer(sentence))[:MAX_CLAUSES]:
            left, right = sentence[: cut.start()].strip(" ,"), sentence[cut.end() :].strip(" ,")
            if not left or not right or _is_more_of_a_time(right):
                continue
            first = self._clause(left, previous) if len(left) <= MAX_CLAUSE else None
            if first is None:
                continue
            first = [refer_back(item, left, before) for item in first]
            rest = self._parse(with_subject(first[-1], right), [*before, *first])
            if rest is not None:
                return [*first, *rest]
        return None

    def _crowded(self, sentence: str, before: list[Item]) -> list[Item] | None:
        """Several wishes in one breath without a comma; None where it is one, or cannot be told apart."""
        if "," in sentence or not is_crowded(sentence):
            return None  # where there are commas they tell
        for left, right in cuts(sentence):
            self._budget -= 1
            if self._budget < 0:
                return None
            first = self._clause(left, before[-1] if before else None)
            if first and all(is_lasting(item) and " and " not in item.about + item.text for item in first):
                rest = self._parse(right, [*before, *first])
                if rest and all(is_lasting(item) or item.kind == "task" for item in rest):
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
            if right.split()[0] in _OBJECTS and (first := self._clause(left, None)) and first[0].kind == "correction":
                rest = self._clause(right, None)
                if rest and rest[0].kind in ("correction", "task", "answer") and not says_something(first[0]):
                    return [*first, *rest]
            small = (
                None
                if left.split()[0] in ("the", "a", "an", "my", "your", "our")
                else self._small(strip_fillers(left)) or self._small(left)
            )
            if small and small[0].kind not in ("answer", "takeover"):
                rest = self._small(strip_fillers(right)) or self._clause(right, small[-1])
                if rest and rest[0].kind not in ("unknown", "answer"):
                    return [*small, *rest]
            if not starts_clause(left, right):
                continue
            errand = parse_task(strip_fillers(right)) or self._small(strip_fillers(right))
            first = self._clause(left, before[-1] if before else None) if errand else None
            if errand and first and all(item.kind in ("fact", "praise", "chatter", "correction") for item in first):
                return [*first, *(refer_back(item, right, [*before, *first]) for item in errand)]
        return None

    def _clause(self, clause: str, previous: Item | None, facts: bool = True) -> list[Item] | None:
        clause = _BEFORE_A_QUESTION.sub("", clause)
        plain = _without_gerund(strip_fillers(clause))
        if is_stop_clause(plain) or is_stop_clause(clause):
            return [Item(kind="stop")]
        answer = parse_control(clause) if _LED_BY_YES.match(clause) else None
        if answer and answer.kind == "answer":
            return [self._settled(answer)]
        small = self._small(plain)
        if small:
            return small
        if clause.startswith(("you should have ", "you were supposed to have ", "you ought to have ")):
            return parse_correction(clause)
        standing = parse_standing(NOW.sub("", plain), self._marked)
        if standing:
            return standing
        if previous and previous.kind == "rule" and previous.object and previous.place:
            more = parse_elided(plain)
            if more and more[0] and more[1]:
                return [Item(kind="rule", object=more[0], place=more[1], scope=previous.scope, text=plain)]
        tasks = None if _FOUND.match(clause) else self._task(plain, previous)
        small = None if tasks else self._small(clause)  # "well done": what looks like a filler may be the meaning
        if small:
            return small
        if (
            tasks
            and not (_ABLE.match(clause) and tasks[0].object is None and not tasks[0].place)
            and not plain.startswith("use ")
            and (_STILL_QUESTION.match(clause) or not parse_question(clause, False))
        ):
            return tasks
        checkin = parse_checkin(plain) if plain != clause else None
        if checkin:
            return [checkin]
        question = parse_question(clause, self._marked) or parse_question(plain, self._marked)
        if question and not _SUGGESTION.match(plain):
            return [question]
        return self._statement(clause, plain, tasks, facts)

    def _small(self, words: str) -> list[Item] | None:
        """A nudge or a control, where that is all there is."""
        nudge = parse_nudge(words)
        if nudge:
            return [nudge]
        control = parse_control(words)
        return [self._settled(control)] if control else None

    def _statement(self, clause: str, plain: str, tasks: list[Item] | None, facts: bool) -> list[Item] | None:
        correction = parse_correction(plain)
        routine = parse_routine(plain)
        skips = routine is not None and bool(routine.except_) and not routine.rrule
        if correction and not (routine and (skips or not _says_no(plain))):
            return correction
        if plain != clause and (correction := parse_correction(clause)):
            return correction
        for parse in (parse_checkin, parse_routine, parse_rule):
            found = parse(plain)
            if found:
                return [found]
        if tasks:
            return tasks
        fact = parse_fact(clause if _FOUND.match(clause) else plain) if facts else None
        if fact and not _RELATIVE.search(plain):
            return [fact]
        return self._bare(plain) or self._nudge_after_no(plain) or _listed(fact)

    def _task(self, plain: str, previous: Item | None) -> list[Item] | None:
        """A plain task: one that says neither a time, nor a contrast, nor that it is a rule."""
        if _NOT_PLAIN.search(plain) or parse_routine(NOW.sub("", plain)):
            return None
        scope, but = NOW.search(plain), _EXCEPT.search(plain)
        tasks = parse_task(NOW.sub("", _EXCEPT.sub("", plain)).strip(" ,"), previous)
        if not tasks:
            return None
        except_ = parse_noun(but["what"]) if but else None
        if but and (except_ is None or except_.object is None):
            return None
        named = str(except_.object).removesuffix(" one") if except_ else ""
        return [msgspec.structs.replace(t, scope="now" if scope else "", except_=named) for t in tasks]

    def _bare(self, plain: str) -> list[Item] | None:
        """`the blue one`, `in the sink`: an answer to a question, else a correction of the task at hand."""
        if doing := _DO_THE.fullmatch(plain):
            named = parse_elided(doing["what"])
            return [Item(kind="task", object=named[0], place=named[1])] if named and named[0] else None
        found = parse_elided(_HEDGE.sub("", plain))
        if found is None or not (
            found[1]
            or (found[0] and (found[0].color or found[0].which or _KNOWN.search(plain) or found[0].name in THINGS))
        ):
            return None
        working = self._scene is not None and self._scene.task and not self._scene.question
        if found[0] and found[0].name and not _NAMES_A_THING.match(plain):
            return None
        if found[0] and found[0].name and found[1] and not working and not (self._scene and self._scene.question):
            return [Item(kind="task", verb="put", object=found[0], place=found[1])]  # "red cup in the sink"
        kind = "correction" if working else "answer"
        return [Item(kind=kind, object=found[0], place=found[1])]  # type: ignore[arg-type]

    def _nudge_after_no(self, plain: str) -> list[Item] | None:
        rest = re.sub(
            r"^(?:(?:no|not quite|almost|nearly|close|closer|okay|good|not yet|not that way|wrong way|"
            r"wrong direction|not there|,) )+",
            "",
            plain,
        )
        nudge = parse_nudge(strip_fillers(rest)) if rest != plain else None
        return _listed(nudge)

    def _settled(self, item: Item) -> Item:
        """A bare `no` while the arms work and nothing was asked says that something is wrong."""
        if item.kind == "answer" and item.text in ("no", "no no", "negative", "not really"):
            scene = self._scene
            if scene is not None and scene.task and not scene.question:
                return Item(kind="correction", text=item.text)
        return item


_MORE_OF_A_TIME = re.compile(  # "on Mondays | and Thursdays", "every day | , but not on Sundays"
    r"(?:on |at )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|\d{1,2}(?:[:.]\d\d)?(?: ?[ap]m)?)(?: |$)|"
    r"(?:but )?not (?:on|in|at|this|next) "
)


def _is_more_of_a_time(words: str) -> bool:
    return _MORE_OF_A_TIME.match(words) is not None and (
        words.startswith(("not ", "but not ")) or not take_times(words.split(" , ")[0]).rest
    )


_NOT_PLAIN = re.compile(r"\b(?:instead|rather|(?<!but )not|always|never|every(?! \w+$)|whenever|until|if)\b")
_RELATIVE = re.compile(r"\b(?:that|which) (?:is|are)\b")
_EXCEPT = re.compile(r",? (?:except|but not|apart from)(?: for)? (?P<what>.+)$")
_SEVERAL = re.compile(r" , | and | but ")
_OPENING = re.compile(
    r"(?:(?:good (?:morning|afternoon|evening)|hello|hi)|(?P<praise>thank you|thanks|well done|good job|great|"
    r"perfect|"
    r"good|nice|excellent|very good|very nice)) (?:(?:robot|there|so much|very much|now|then|,) )*"
)
_SUGGESTION = re.compile(r"(?:what|how) about (?:the|a|that|this|in|on)\b")
_NAMES_A_THING = re.compile(rf"(?:{alternatives([*DETERMINERS, *COLORS, *WHICH, *THINGS, *PREPOSITIONS])})s?(?: |$)")
_KNOWN = re.compile(r"\b(?:the|that|this) [a-z]+")


_HEDGE = re.compile(
    r"^(?:i (?:would say|think|guess|choose|pick|vote for)|let us say|say|probably|maybe|perhaps|"
    r"definitely) | i (?:think|guess|suppose|would say)$| maybe$"
)
_BEFORE_A_QUESTION = re.compile(
    r"^(?:(?:wait|hold on|hang on|sorry|excuse me|oh|so|and|but|,) )+(?=(?:what|why|"
    r"where|how|who|which|whose|did|are|is|do|have) )"
)
_DO_THE = re.compile(r"do (?P<what>(?:the|that) .*\bones?\b.*)")
_FOUND = re.compile(r"you (?:can|will|may) find ")
_ABLE = re.compile(r"(?:(?:robot|hey|so|and) )*(?:can|could|do) you (?:even |also |ever )?[a-z]+$")
_LED_BY_YES = re.compile(r"(?:yes|yes yes|no|sure|of course|certainly|absolutely|definitely|maybe|okay) ")
_ASKED_FOR = frozenset(("task", "routine", "checkin", "nudge", "pause", "resume", "undo", "restart", "takeover", "rule",
                        "correction", "praise"))  # fmt: skip
_CRIES = frozenset(
    [
        "you",
        "it",
        "there",
        "what",
        "watch",
        "please",
        "now",
        "that",
        "my",
        "do",
        "not",
        "i",
        "we",
        "he",
        "she",
        "someone",
    ]
)
_OBJECTS = frozenset(["no", "it", "that", "the", "take", "put", "pick", "i", "in", "on", "use", "that"])
_NOISE_AT_STOP = ("unknown", "chatter", "answer", "praise", "fact", "question")
_GERUND = re.compile(
    r"(?:(?:start|begin|go on|continue|finish|try|get) (?:by |with |on )?)?(?P<verb>[a-z]+ing) "
    r"(?P<rest>.+)"
)


def _imperative(part: str) -> str:
    """`putting cups in the sink`, as it follows a stop → `do not put cups in the sink`."""
    plain = _without_gerund(part)
    return part if plain == part else f"do not {plain}"


def _without_gerund(words: str) -> str:
    """`putting the cup away` → `put the cup away`."""
    match = _GERUND.fullmatch(words)
    verb = GERUNDS.get(match["verb"]) if match else None
    return f"{verb} {match['rest']}" if match and verb else words


def _says_no(plain: str) -> bool:
    return re.match(r"(?:no|not|actually|i meant?)\b", plain) is not None


def _listed(item: Item | None) -> list[Item] | None:
    return [item] if item else None


def _is_marked(text: str, sentence: str, found: list[str]) -> bool:
    """Whether the sentence ended with a question mark; with several, whether its last words stand before one."""
    if "?" not in text:
        return False
    if len(found) == 1:
        return True
    last = sentence.split()[-1]
    return re.search(rf"{re.escape(last)}['\")]* ?\?", text.lower()) is not None
