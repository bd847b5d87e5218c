"""Writes thoughts: chores errand by errand, and second thoughts about those that leave open what they are about."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from policy.interface import OnToken
from policy.model.drafting import Drafting
from policy.model.errand_end import is_over
from policy.model.open_hands import OpenHands
from policy.model.scene import Sight
from policy.model.second_thoughts import SecondThoughts
from policy.model.writing import Draft
from robot_bridge.protocol.messages import ActRequest, Context, ThinkRequest

_PLAIN = re.compile(r"(?:put the (?:\w+ )?\w+ (?:in|on) the (?:\w+ )?\w+|pick up the (?:\w+ )?\w+)(?:\n.*)*")


class Thinking:
    """Args:
    sight: says what is there and what it is called; None: the words alone say it.
    hands: say when one of them holds nothing.
    """

    def __init__(self, drafting: Drafting, sight: Sight | None, hands: OpenHands | None = None) -> None:
        self._drafting, self._sight, self._hands = drafting, sight, hands
        self._second = SecondThoughts(drafting, sight, hands) if sight is not None else None

    def write(self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken | None]) -> list[Draft]:
        """Thoughts of several robots. The errand under way is thought about in plain words, however it was asked for.
        Where the instruction names no thing, tokens are told once the thought stands."""
        second = self._second
        if second is None:
            return self._drafts(requests, on_tokens)
        chores = [row for row, r in enumerate(requests) if not r.forced and second.needed(r.context)]
        telling = [None if row in chores else on_token for row, on_token in enumerate(on_tokens)]
        under = [r if r.forced else msgspec.structs.replace(r, context=self._settled(r.context)) for r in requests]
        drafts = self._drafts(under, telling)
        for row in chores:
            drafts[row] = second.soiled(requests[row], under[row].context, drafts[row])
        ended = [row for row in chores if self._errand_ends(requests[row], drafts[row], second)]
        anew = self._drafts([requests[row] for row in ended], [None] * len(ended))
        for row, draft in zip(ended, anew, strict=True):
            drafts[row] = second.turned(requests[row], drafts[row], draft)
        for row in chores:
            self._drafting.tell(drafts[row], on_tokens[row])
        return drafts

    def _errand_ends(self, request: ThinkRequest, draft: Draft, second: SecondThoughts) -> bool:
        """Whether the errand under way is over, by its own thought or although that goes on."""
        text = self._drafting.text(draft)
        return bool(request.context.going.errand) and (second.ends(draft) or is_over(text, request, self._hands))

    def acted_under(self, request: ActRequest) -> Context:
        """The words under which the thought was written."""
        context = request.context
        return self._settled(context) if request.thought.errand == context.going.errand else context

    def _settled(self, context: Context) -> Context:
        """The errand under way in the place of a chore, or of words that are less plain: which thing, and where it
        goes, was settled when it began."""
        errand = context.going.errand
        if not errand or self._sight is None or self._second is None:
            return context
        if not self._second.needed(context):
            words = context.instruction
            if _PLAIN.fullmatch(words) or not self._sight.fits(words, errand):
                return context
        return Context(instruction=errand, doing=context.doing)

    def _drafts(self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken | None]) -> list[Draft]:
        """One thought each under the words as they are; where those name no thing, with a second look at the name."""
        if not requests:
            return []
        drafts = []
        for request, (seen, draft) in zip(requests, self._drafting.write(requests, on_tokens), strict=True):
            again = self._second is not None and not request.forced and self._second.needed(request.context)
            drafts.append(self._second.look_again(seen, request, draft) if self._second and again else draft)
        return drafts
