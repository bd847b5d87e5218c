"""Answers to questions, from the status and the thought alone."""

from __future__ import annotations

import re

from coach.session.errand import choices, seen_at
from coach.session.situation import Situation
from coach.session.wording import joined
from prompts import say
from robot_bridge.protocol.messages import Status

_LESSONS = re.compile(r"\b(taught|teach|learn(ed|t)?|lessons?|corrections?)\b")
_SEEING = re.compile(r"\b(see|sight|look(ing)?|there on|on the counter)\b")
_WHERE_IS = re.compile(r"\bwhere (?:is|are) (?:the |my )?(?P<thing>[\w ]+?)\??$")
_WORK = re.compile(r"\b(doing|do now|why|thinking|thought|task|working|next|status|busy|up to|plan|waiting|stopped)\b")
_ABILITY = re.compile(r"\b(can you|could you do|able to|what can|help|how do i|know how|commands?)\b")
_EMPTY_HAND = re.compile(r"^nothing is in the \w+ hand, ")
_GOODBYE = re.compile(r"bye\b|\bgood night\b")
_GREETING = re.compile(r"\b(hello|hi|hey|good (morning|evening))\b")
_SELF = re.compile(r"\b(who are you|your name|what are you$|checkpoint|which model)\b")


def answer(question: str, situation: Situation, lessons: int) -> str:
    """One or two sentences. Args: lessons: how many corrections are stored."""
    words = question.lower().strip().rstrip("?")
    status, thought = situation.status, situation.thought
    if _LESSONS.search(words):
        return say("lessons_kept", count=lessons)
    if _SELF.search(words):
        body = status.embodiment if status else "two arms"
        return say("who_am_i", body=body, checkpoint=(status.checkpoint if status else "") or "embedded")
    if match := _WHERE_IS.search(words):
        thing = match["thing"].strip()
        place = seen_at(thing, thought) if thought and f"the {thing} is" in thought.reason else ""
        if place:
            return say("where_is", object=thing, place=place)
        return say("where_unknown", object=thing)
    if _ABILITY.search(words):
        return say("help")
    if _WORK.search(words) and status is not None:
        return doing(status)
    if _SEEING.search(words):
        return _seen(situation)
    return say("question_unknown")


def doing(status: Status) -> str:
    """What the robot does, and why."""
    thought = status.thought
    match status.state:
        case "stopped":
            return say("status_stopped")
        case "takeover":
            return say("status_takeover")
        case "fault":
            return say("status_fault", detail=status.detail or "unknown")
    if not status.instruction:
        return say("status_idle")
    if thought is not None and thought.is_question:
        return say("status_asking", reason=thought.reason)
    if status.state == "holding":
        paused = say("status_paused", task=status.instruction)
        return say("status_holding", detail=status.detail) if status.detail else paused
    if thought is None or not thought.subtask:
        return say("status_thinking", task=status.instruction)
    if thought.is_done:
        return say("status_done", task=status.instruction)
    if thought.reason:
        return say("status_running", subtask=thought.subtask, reason=thought.reason)
    return say("status_running_plain", subtask=thought.subtask)


def chat(words: str) -> str:
    """A greeting for a greeting."""
    plain = words.lower()
    if _GOODBYE.search(plain):
        return say("goodbye")
    if _GREETING.search(plain):
        return say("greeting")
    return say("chatter")


def _seen(situation: Situation) -> str:
    """Only what the thought tells: the robot keeps no list of things."""
    things = choices(situation.thought)
    if things:
        return say("what_i_see", objects=joined(tuple(f"a {thing}" for thing in things), "and"))
    reason = _EMPTY_HAND.sub("", situation.thought.reason) if situation.thought else ""
    if reason.startswith("the ") and " is " in reason:
        return say("what_i_see", objects=reason.split(" and goes ")[0].replace(" is ", " ", 1))
    return say("nothing_seen")
