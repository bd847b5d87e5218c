"""One clause → items: every kind of meaning is tried in turn, the most telling first."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.checkins import parse_checkin
from coach.interpreter.complaints import parse_left_alone
from coach.interpreter.controls import parse_control
from coach.interpreter.corrections import parse_correction, parse_hand
from coach.interpreter.facts import parse_fact
from coach.interpreter.forgetting import parse_forgetting
from coach.interpreter.house_rules import NOW, parse_rule
from coach.interpreter.items import Item, Scene
from coach.interpreter.lexicon import COLORS, DETERMINERS, GERUNDS, PREPOSITIONS, THINGS, WHICH, alternatives
from coach.interpreter.normalise import strip_fillers
from coach.interpreter.nudges import parse_nudge
from coach.interpreter.phrases import parse_noun
from coach.interpreter.questions import parse_question
from coach.interpreter.routines import parse_routine
from coach.interpreter.standing import parse_standing
from coach.interpreter.stops import is_stop_clause
from coach.interpreter.tasks import parse_elided, parse_task

_NOT_PLAIN = re.compile(r"\b(?:instead|rather|(?<!but )not|always|never|every(?! \w+$)|whenever|until|if)\b")
_RELATIVE = re.compile(r"\b(?:that|which) (?:is|are)\b")
_EXCEPT = re.compile(r",? (?:except|but not|apart from)(?: for)? (?P<what>.+)$")
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
_FIRST = re.compile(r"(?:no ,? ?)?(?:do(?=.* first$)|(?:start|begin) with) (?P<what>(?:the|that|my) .+?)(?: first)?")
_ONES = THINGS - {"dish", "thing", "stuff", "everything", "food"}
_FOUND = re.compile(r"you (?:can|will|may) find ")
ABLE = re.compile(r"(?:(?:robot|hey|so|and) )*(?:can|could|do) you (?:even |also |ever )?[a-z]+$")
_LED_BY_YES = re.compile(r"(?:yes|yes yes|no|sure|of course|certainly|absolutely|definitely|maybe|okay) ")
_GERUND = re.compile(
    r"(?:(?:start|begin|go on|continue|finish|try|get) (?:by |with |on )?)?(?P<verb>[a-z]+ing) "
    r"(?P<rest>.+)"
)
_STILL_QUESTION = re.compile(r"(?:can|could|would|will) you|are you able")


class Clauses:
    """Reads one clause after the other. `marked`: the sentence ended with a question mark."""

    def __init__(self, scene: Scene | None, marked: bool) -> None:
        self._scene, self.marked = scene, marked

    def read(self, clause: str, previous: Item | None, facts: bool = True) -> list[Item] | None:
        """The items of the clause; None where it cannot be read as one.

        Args:
            previous: what was said right before; lends its verb to `… and the plate in the rack`.
            facts: whether a mere statement counts.
        """
        clause = _BEFORE_A_QUESTION.sub("", clause)
        plain = without_gerund(strip_fillers(clause))
        if is_stop_clause(plain) or is_stop_clause(clause):
            return [Item(kind="stop")]
        answer = parse_control(clause) if _LED_BY_YES.match(clause) else None
        if answer and answer.kind == "answer":
            return [self._settled(answer)]
        if found := parse_hand(clause) or parse_left_alone(clause) or parse_forgetting(clause):
            return [found]
        small = self.small(plain)
        if small:
            return small
        if clause.startswith(("you should have ", "you were supposed to have ", "you ought to have ")):
            return parse_correction(clause)
        standing = parse_standing(NOW.sub("", plain), self.marked)
        if standing:
            return standing
        if previous and previous.kind == "rule" and previous.object and previous.place:
            more = parse_elided(plain)
            if more and more[0] and more[1]:
                return [Item(kind="rule", object=more[0], place=more[1], scope=previous.scope, text=plain)]
        tasks = None if _FOUND.match(clause) else self._task(plain, previous)
        small = None if tasks else self.small(clause)  # "well done": what looks like a filler may be the meaning
        if small:
            return small
        if (
            tasks
            and not (ABLE.match(clause) and tasks[0].object is None and not tasks[0].place)
            and not plain.startswith("use ")
            and (_STILL_QUESTION.match(clause) or not parse_question(clause, False))
        ):
            return tasks
        checkin = parse_checkin(plain) if plain != clause else None
        if checkin:
            return [checkin]
        question = parse_question(clause, self.marked) or parse_question(plain, self.marked)
        if question and not _SUGGESTION.match(plain):
            return [question]
        return self._statement(clause, plain, tasks, facts)

    def small(self, words: str) -> list[Item] | None:
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
        if first := _FIRST.fullmatch(plain):
            thing = parse_noun(first["what"])
            if thing and thing.object and thing.object.name in _ONES & set(plain.split()):  # no chore: "the dishes"
                return [Item(kind="correction", verb="pick_up", object=thing.object)]
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


def without_gerund(words: str) -> str:
    """`putting the cup away` → `put the cup away`."""
    match = _GERUND.fullmatch(words)
    verb = GERUNDS.get(match["verb"]) if match else None
    return f"{verb} {match['rest']}" if match and verb else words


def _says_no(plain: str) -> bool:
    return re.match(r"(?:no|not|actually|i meant?)\b", plain) is not None


def _listed(item: Item | None) -> list[Item] | None:
    return [item] if item else None
