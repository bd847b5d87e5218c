"""The rules, put together: utterance → sentences → clauses → items."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.controls import parse_control
from coach.interpreter.corrections import parse_correction
from coach.interpreter.habits import parse_checkin, parse_fact, parse_routine, parse_rule
from coach.interpreter.items import Interpretation, Item, Scene
from coach.interpreter.lexicon import COLORS, DETERMINERS, PREPOSITIONS, THINGS, WHICH, alternatives
from coach.interpreter.normalise import MAX_CHARACTERS, is_filler, sentences, strip_fillers
from coach.interpreter.nudges import parse_nudge
from coach.interpreter.phrases import parse_noun
from coach.interpreter.questions import parse_question
from coach.interpreter.resolve import ask, ask_back
from coach.interpreter.standing import from_now_on, parse_standing, take_from_now_on, take_opening
from coach.interpreter.stops import is_stop_clause, split_at_stops
from coach.interpreter.tasks import parse_elided, parse_task
from robot_bridge.protocol.errors import UsageError

MAX_CLAUSES = 24
_CONNECTOR = re.compile(r" (?:, )?(?:and then|then|and after that|after that|and afterwards|and|but|, and|,) (?:, )?")
_THEN_STOP = re.compile(r"(?:^|,| )(?:and )?\b(?:then|and)(?: you(?: can)?| just| please)?$")
_PRONOUN = re.compile(r"\b(?:it|them|that|those|these|this)\b")
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
            items += _lasting(said, sentence, items) or said.items(sentence, items)
        items = from_now_on(items) if standing else items
        if not items:
            return Interpretation(items=(Item(kind="unknown"),), question=ask("ask_nothing_heard"))
        items = _without_noise(items)
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
            return self._parse(sentence, before) or [Item(kind="unknown", text=sentence)]
        items: list[Item] = []
        for index, part in enumerate(parts):
            if part is None:
                previous = parts[index - 1] if index else None
                if previous and _THEN_STOP.search(previous) and items and items[-1].kind == "task":
                    continue  # "… and then stop" only ends the task
                items += [] if items and items[-1].kind == "stop" else [Item(kind="stop")]
                continue
            part = _THEN_STOP.sub("", part)
            found = [] if is_filler(part) else self._parse(_imperative(part), [*before, *items]) or []
            items += [i for i in found if i.kind not in _NOISE_AT_STOP]
            if found and found[0].kind == "correction" and index == 0 and not _says_something(found[0]):
                items.remove(found[0])  # the "no" of "no, stop"
        return items

    def _parse(self, sentence: str, before: list[Item]) -> list[Item] | None:
        """The whole as one clause, else cut at the first connector that leaves two readable sides."""
        self._budget -= 1
        if self._budget < 0:
            return None
        previous = before[-1] if before else None
        several = _SEVERAL.search(sentence) is not None
        whole = self._clause(sentence, previous, facts=not several)
        if whole is not None:
            return [_refer_back(item, sentence, before) for item in whole]
        for cut in list(_CONNECTOR.finditer(sentence))[:MAX_CLAUSES]:
            left, right = sentence[: cut.start()].strip(" ,"), sentence[cut.end() :].strip(" ,")
            if not left or not right or _MORE_OF_A_TIME.match(right):
                continue
            first = self._clause(left, previous)
            if first is None:
                continue
            first = [_refer_back(item, left, before) for item in first]
            rest = self._parse(right, [*before, *first])
            if rest is not None:
                return [*first, *rest]
        opening = _OPENING.match(sentence)
        if opening:
            rest = self._parse(sentence[opening.end() :], before)
            praise = [Item(kind="praise")] if opening["praise"] else []
            return [*praise, *rest] if rest else None
        return _listed(parse_fact(strip_fillers(sentence))) if several else None

    def _clause(self, clause: str, previous: Item | None, facts: bool = True) -> list[Item] | None:
        plain = _without_gerund(strip_fillers(clause))
        if is_stop_clause(plain) or is_stop_clause(clause):
            return [Item(kind="stop")]
        small = self._small(plain)
        if small:
            return small
        standing = parse_standing(plain, self._marked)
        if standing:
            return standing
        tasks = self._task(plain, previous)
        small = None if tasks else self._small(clause)  # "well done": what looks like a filler may be the meaning
        if small:
            return small
        if (
            tasks
            and not plain.startswith("use ")
            and (_STILL_QUESTION.match(clause) or not parse_question(clause, False))
        ):
            return tasks
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
        if correction and not (routine and not _says_no(plain)):
            return correction
        if plain != clause and (correction := parse_correction(clause)):
            return correction
        for parse in (parse_checkin, parse_routine, parse_rule):
            found = parse(plain)
            if found:
                return [found]
        if tasks:
            return tasks
        fact = parse_fact(plain) if facts else None
        if fact and not _RELATIVE.search(plain):
            return [fact]
        return self._bare(plain) or self._nudge_after_no(plain) or _listed(fact)

    def _task(self, plain: str, previous: Item | None) -> list[Item] | None:
        """A plain task: one that says neither a time, nor a contrast, nor that it is a rule."""
        if _NOT_PLAIN.search(plain) or parse_routine(plain):
            return None
        scope, but = _NOW.search(plain), _EXCEPT.search(plain)
        tasks = parse_task(_NOW.sub("", _EXCEPT.sub("", plain)).strip(" ,"), previous)
        if not tasks:
            return None
        except_ = parse_noun(but["what"]) if but else None
        if but and (except_ is None or except_.object is None):
            return None
        named = str(except_.object).removesuffix(" one") if except_ else ""
        return [msgspec.structs.replace(t, scope="now" if scope else "", except_=named) for t in tasks]

    def _bare(self, plain: str) -> list[Item] | None:
        """`the blue one`, `in the sink`: an answer to a question, else a correction of the task at hand."""
        found = parse_elided(plain)
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
        rest = re.sub(r"^(?:(?:no|not that way|wrong way|wrong direction|not there|,) )+", "", plain)
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
_NOT_PLAIN = re.compile(r"\b(?:instead|rather|(?<!but )not|always|never|every(?! \w+$)|whenever|until|if)\b")
_NOW = re.compile(r",? ?\b(?:for now|this time|just this once|just once|only this time|just this time|this once)\b,? ?")
_RELATIVE = re.compile(r"\b(?:that|which) (?:is|are)\b")
_EXCEPT = re.compile(r",? (?:except|but not|apart from)(?: for)? (?P<what>.+)$")
_SEVERAL = re.compile(r" , | and | but ")
_OPENING = re.compile(
    r"(?:(?:good (?:morning|afternoon|evening)|hello|hi)|(?P<praise>thank you|thanks|well done|good job|great|perfect|"
    r"good|nice|excellent|very good|very nice)) (?:(?:robot|there|so much|very much|now|then|,) )*"
)
_SUGGESTION = re.compile(r"(?:what|how) about (?:the|a|that|this|in|on)\b")
_NAMES_A_THING = re.compile(rf"(?:{alternatives([*DETERMINERS, *COLORS, *WHICH, *THINGS, *PREPOSITIONS])})s?(?: |$)")
_KNOWN = re.compile(r"\b(?:the|that|this) [a-z]+")


_NOISE_AT_STOP = ("unknown", "chatter", "answer", "praise", "fact", "question")
_GERUND = re.compile(r"(?P<verb>putt|us|throw|plac|leav|tak|pick|wash|wip|grabb|open|clos|load|mov)ing (?P<rest>.+)")
_STEMS = {"putt": "put", "us": "use", "plac": "place", "leav": "leave", "tak": "take", "wip": "wipe", "grabb": "grab",
          "clos": "close", "mov": "move"}  # fmt: skip


def _imperative(part: str) -> str:
    """`putting cups in the sink`, as it follows a stop → `do not put cups in the sink`."""
    plain = _without_gerund(part)
    return part if plain == part else f"do not {plain}"


def _without_gerund(words: str) -> str:
    """`putting the cup away` → `put the cup away`."""
    match = _GERUND.fullmatch(words)
    return f"{_STEMS.get(match['verb'], match['verb'])} {match['rest']}" if match else words


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


def _refer_back(item: Item, clause: str, before: list[Item]) -> Item:
    """`pick up the cup and put it in the sink`: `it` was named in the same breath."""
    if item.kind not in ("task", "correction") or item.object or not before or not _PRONOUN.search(clause):
        return item
    named = next((b.object for b in reversed(before) if b.object and b.kind in ("task", "correction")), None)
    return msgspec.structs.replace(item, object=named) if named else item


def _says_something(item: Item) -> bool:
    return bool(item.verb or item.object or item.place or item.instead_of)


def _without_noise(items: list[Item]) -> list[Item]:
    """Without greetings and thanks around what matters, and without `no`, `yes` and the like in front of it."""
    if any(i.kind == "stop" for i in items):
        items = [i for i in items if i.kind != "pause"]
    weighty = [i for i in items if i.kind not in ("chatter", "praise", "answer")]
    if weighty:
        items = [i for i in items if i.kind not in ("chatter", "answer")]
    items = [i for n, i in enumerate(items) if n == 0 or i != items[n - 1]]
    bare = [i for i in items if i.kind == "correction" and not _says_something(i)]
    others = [i for i in items if i not in bare and i.kind not in ("praise", "fact", "question")]
    return [i for i in items if i not in bare] if bare and others else items
