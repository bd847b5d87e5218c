"""Second thoughts about a chore: another name, another thing, what still stands there, what has got dirty since.

"Clear the counter" leaves to the thought which thing it is about, and what is seen knows that better than the words do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from policy.model.drafting import SUBTASK, Drafting, confidence_of
from policy.model.errand_end import holds_on
from policy.model.memo import Seen
from policy.model.open_hands import OpenHands
from policy.model.scene import Sight, is_washing_up
from policy.model.second_look import SecondLook
from policy.model.writing import Draft
from robot_bridge.protocol.messages import Context, ThinkRequest
from robot_bridge.protocol.thought import Thought, errand_of

_HAND = re.compile(r"^hand: (left|right)$", re.MULTILINE)
_SURE = 0.985  # confidence of a thought that all is done which stands at once; a third of the right ones have less
_PLAINLY = 2.0  # log odds of dirt; beside a hand that picks it up 11 % of clean plates look dirty, 1 % plainly so
_WAITS = re.compile(r"(?P<opening>reason: (?:.*, )?the (?P<thing>\w+ \w+) is on the counter and goes) (?:in|on) the ")


class SecondThoughts:
    """Args: hands: say when one of them holds nothing."""

    def __init__(self, drafting: Drafting, sight: Sight, hands: OpenHands | None) -> None:
        self._drafting, self._sight, self._hands = drafting, sight, hands
        self._look = SecondLook(sight)

    def needed(self, context: Context) -> bool:
        """Whether the instruction leaves to the thought which thing it is about."""
        return self._look.needed(context.instruction)

    def look_again(self, seen: Seen, request: ThinkRequest, draft: Draft) -> Draft:
        """The thought, written anew behind its thing's right name where it has another one, first in its reason, then
        in its subtask."""
        tokens, context = self._drafting.first_camera(seen), request.context
        doubtful = confidence_of(draft.chances) < _SURE and self.ends(draft)
        pointed = self._drafting.pointed(seen, request.observation, context, "") if doubtful else None
        draft = self._another(seen, request, draft)
        for _ in range(2):
            opening = self._look.opening(self._drafting.text(draft), context.doing, tokens, pointed)
            if not opening:
                break
            draft = self._drafting.anew(seen, request, draft, opening)
        return self._left_standing(seen, request, draft)

    def soiled(self, request: ThinkRequest, settled: Context, draft: Draft) -> Draft:
        """The thought; about a dirty dish that waits, the one that the chore calls for: it may have been clean when it
        was settled where it goes, and has been dropped since.

        Args:
            settled: the words under which the thought was written.
        """
        context, waits = request.context, _WAITS.match(self._drafting.text(draft))
        asked = settled == context or context.going.errand in context.told or is_washing_up(context.instruction)
        if asked or waits is None:  # in washing up dirt has decided
            return draft
        seen = self._drafting.see(request.observation, settled)
        if not self._sight.looks_dirty(self._drafting.first_camera(seen), waits["thing"], _PLAINLY):
            return draft
        seen = self._drafting.see(request.observation, context)
        other = self._drafting.anew(seen, request, draft, waits["opening"])
        before, after = (errand_of(self._drafting.text(one)) for one in (draft, other))
        return draft if after == before else other

    def turned(self, request: ThinkRequest, ended: Draft, draft: Draft) -> Draft:
        """The thought that follows an errand; about another thing, or none, where it holds on to the one that is put
        away."""
        before, text = (self._drafting.text(one) for one in (ended, draft))
        name = self._look.thing_of(before)
        if not name or self._look.thing_of(text) != name or not holds_on(text, request, self._hands):
            return draft
        seen = self._drafting.see(request.observation, request.context)
        others = [other for other in self._standing(seen, request) if other != name]
        other = next((other for _, other in self._waiting(seen, request, draft, others)), None)
        hand = _HAND.search(before)
        nothing = Thought(reason=f"nothing is in the {hand[1] if hand else 'right'} hand", subtask="done")
        return other or self._drafting.anew(seen, request, draft, str(nothing))

    def ends(self, draft: Draft) -> bool:
        """Whether the work is over for now: it is done, or a person must help."""
        subtask = SUBTASK.search(self._drafting.text(draft))
        return subtask is None or Thought(subtask=subtask["subtask"]).rests

    def _left_standing(self, seen: Seen, request: ThinkRequest, draft: Draft) -> Draft:
        """The thought; where it says that all is done, one about what still stands there: what was left for later,
        because it did not come off, comes last and is tried once more, and then a person must help."""
        going = request.context.going
        if not self._look.says_done(self._drafting.text(draft)):
            return draft
        standing = sorted(self._standing(seen, request), key=lambda name: name in going.aside)
        name, other = next(self._waiting(seen, request, draft, standing), ("", draft))
        if name not in going.twice:
            return other
        help_me = Thought(reason=f"the {name} is on the counter", subtask="ask for help")
        return self._drafting.anew(seen, request, draft, str(help_me))

    def _another(self, seen: Seen, request: ThinkRequest, draft: Draft) -> Draft:
        """The thought, or one about another thing where this one's was left for later; the first that stands on the
        counter, of those that are seen."""
        aside = request.context.going.aside
        if not aside or self._look.thing_of(self._drafting.text(draft)) not in aside:
            return draft
        others = [name for name in self._standing(seen, request) if name not in aside]
        return next((other for _, other in self._waiting(seen, request, draft, others)), draft)

    def _standing(self, seen: Seen, request: ThinkRequest) -> list[str]:
        """Names of what is clearly seen on the counter, the clearest first."""
        return self._look.standing(self._drafting.first_camera(seen), request.context.instruction)

    def _waiting(
        self, seen: Seen, request: ThinkRequest, draft: Draft, names: Sequence[str]
    ) -> Iterator[tuple[str, Draft]]:
        """Those of these things that stand on the counter and are to go elsewhere, each with a thought about it."""
        for name in names:
            other = self._drafting.anew(seen, request, draft, f"reason: the {name}")
            if self._look.waits(self._drafting.text(other)):
                yield name, other
