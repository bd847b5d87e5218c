"""What a person said aloud: a stop that was spotted, words that are doubtful, and the sound of a correction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter import interpret
from coach.session.errand import IN_HAND, KINDS, PLACES, Errand, choices, errand_behind
from coach.session.likely import places as known_places
from coach.session.offers import differences, make_offer
from coach.session.replies import Reply
from coach.session.stop_line import FINISH_S
from coach.session.wording import joined
from memory.recordings import Recording
from prompts import say
from robot_bridge.protocol.errors import CoachError, StoreError, UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.session.session import Session
    from coach.session.stop_line import Pulled, StopLine
    from coach.speech.heard import Heard
    from memory.store import Store
    from robot_bridge.protocol.messages import Status
    from robot_bridge.protocol.thought import Where

log = logging.getLogger(__name__)

PCM_BYTES_S = 32_000  # 16-bit at 16 kHz
HOPELESS = 0.5  # of `ask_below`: with so little confidence even readings that agree are asked about
MISHEARD = "misheard"
MAX_RULES, LONGEST_RULE = 8, 80  # whisper takes about 200 words of it
MAX_NAMES, MAX_EPISODES = 8, 20


class SpokenWords:
    """Between the hearing, which is in threads of its own, and the session. Args: status: the bridge's latest."""

    def __init__(self, config: Config, store: Store, session: Session, stop_line: StopLine,
                 status: Callable[[], Status | None] = lambda: None) -> None:  # fmt: skip
        self._status = status
        self._settings, self._store, self._session, self._stop_line = config.speech, store, session, stop_line
        self._by = config.person
        self._pulled: Pulled | None = None
        self._doubted: Heard | None = None
        self._pointed: Where | None = None  # shown with the words that are asked about
        self._last: tuple[Heard, str, Where | None] | None = None
        self.forget_old()

    def stop(self) -> None:
        """The stop word was spotted in the sound: to the arms at once, on the line that the key uses."""
        self._pulled = self._stop_line.pull("stop", self._by)

    def begin(self, heard: Heard, where: Where | None = None) -> Callable[[], Reply]:
        """What the session is to do about it. A stop that was not spotted goes out here, before it waits in line.

        Args:
            where: the point in a picture that the person shows while speaking.
        """
        pulled, self._pulled = (self._pulled, None) if heard.stopped else (None, self._pulled)
        if pulled is None and heard.text and self._session.is_stop(heard.text):
            pulled = self._stop_line.pull(heard.text, self._by)
        return lambda: self._hear(heard, pulled, where)

    def instead(self, text: str) -> Reply:
        """The person has put right what was heard last: its lesson is taken back, the sound belongs to the new one."""
        heard, lesson, where = self._last or (None, "", None)
        if lesson:
            try:
                self._store.retract_correction(lesson, self._by, MISHEARD)
            except CoachError as error:
                log.warning("the lesson %s stays: %s", lesson, error)
        reply = self._session.hear(text, self._by, where=where)
        if heard is not None:
            self._keep_sound(heard, reply, where)
        return reply

    def prompt(self) -> str:
        """Names of this home, as whisper likes to be told them: a text that might have been said before."""
        try:
            rules = [rule.text[:LONGEST_RULE] for rule in self._store.rules.holding()[:MAX_RULES]]
            things, where = self._names()
        except CoachError:
            rules, things, where = [], [], []
        known = [f"in the {place}" for place in PLACES]
        names = f"{', '.join([*things, *KINDS])}. {', '.join(dict.fromkeys([*where, *known]))}."
        return " ".join([names, "Stop. No, put it there. Pick up the other one.", *rules])

    def _names(self) -> tuple[list[str], list[str]]:
        """Things and places of this home, the latest first: of the work in hand, of work before, where things went.

        Raises: CoachError: the memory cannot be read.
        """
        status = self._status()
        now = [errand_behind(status.thought), Errand.parse(status.instruction)] if status else []
        before = [Errand.parse(episode.instruction) for episode in self._store.episodes(MAX_EPISODES)]
        errands = [errand for errand in (*now, *before) if errand is not None]
        in_sight = choices(status.thought) if status else ()
        things = dict.fromkeys([*in_sight, *(errand.thing for errand in errands)])
        places = dict.fromkeys([*(errand.place for errand in errands), *known_places(self._store)])
        return list(things)[:MAX_NAMES], [place for place in places if place != IN_HAND][:MAX_NAMES]

    def forget_old(self) -> None:
        """Sound older than the configuration allows is dropped."""
        try:
            self._store.prune_recordings(self._settings.keep_audio_days)
        except StoreError as error:
            log.warning("old recordings stay: %s", error)

    def _hear(self, heard: Heard, pulled: Pulled | None, where: Where | None) -> Reply:
        if pulled is not None and not (heard.text and self._session.is_stop(heard.text)):
            return self._apologise(heard, pulled)
        if pulled is None:
            question = self._question(heard)
            if question:
                self._doubted, self._pointed = heard, where
                return self._session.tell(question, heard.text, self._by)
        began_s = time.monotonic() - len(heard.pcm) / PCM_BYTES_S if heard.pcm else 0.0
        doubted, self._doubted = self._doubted, None
        where, self._pointed = where or self._pointed, None
        reply = self._session.hear(heard.text, self._by, pulled, where, began_s)
        agreed = doubted is not None and reply.correction_id and self._words_of(reply.correction_id) != heard.text
        self._keep_sound(doubted if doubted is not None and agreed else heard, reply, where)
        return reply

    def _apologise(self, heard: Heard, pulled: Pulled) -> Reply:
        """It was no stop after all. The arms hold until the person says otherwise."""
        try:
            pulled[1].result(timeout=FINISH_S)
        except (CoachError, TimeoutError):
            return self._session.tell(say("stop_unreachable"), heard.text, self._by)
        make_offer(self._store, ["resume"], say("stopped"))
        if not heard.text:
            return self._session.tell(say("stop_unclear"))
        return self._session.tell(say("stop_misheard", text=heard.text), heard.text, self._by)

    def _question(self, heard: Heard) -> str:
        """What to ask back before anything is done; empty where the words are clear enough."""
        if heard.confidence >= self._settings.ask_below:
            return ""
        meaning = _meaning(heard.text)
        others = [text for text in heard.alternatives if _meaning(text) != meaning]
        if not others:
            if heard.confidence >= HOPELESS * self._settings.ask_below:
                return ""
            make_offer(self._store, [heard.text], say("say_again"))
            return say("heard_unsure", text=heard.text)
        readings = [heard.text, others[0]]
        make_offer(self._store, readings, say("say_again"))
        choices = joined(tuple(f'"{part}"' for part in differences(readings)), "or")
        return say("heard_either", text=heard.text, choices=choices)

    def _words_of(self, correction_id: str) -> str:
        try:
            return self._store.correction(correction_id).words
        except CoachError:
            return ""

    def _keep_sound(self, heard: Heard, reply: Reply, where: Where | None) -> None:
        self._last = heard, reply.correction_id, where
        if not reply.correction_id or not self._settings.keep_audio or not heard.pcm:
            return
        from coach.speech.audio import from_pcm
        from coach.speech.wav_file import wav_bytes

        try:
            self._store.add_recording(Recording(
                correction_id=reply.correction_id, wall_s=time.time(), wav=wav_bytes(from_pcm(heard.pcm)),
                heard=heard.text, model=heard.model, confidence=heard.confidence))  # fmt: skip
        except StoreError as error:
            log.warning("the sound of the lesson is not kept: %s", error)


def _meaning(text: str) -> Sequence[object]:
    """To tell readings apart: what would be done about them."""
    try:
        items = interpret(text, None).items
    except UsageError:
        return ()
    return [msgspec.structs.replace(item, text="") for item in items]
