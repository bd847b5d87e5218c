"""Where speech begins and ends, from scripted voice probabilities."""

from coach.speech.audio import CHUNK, RATE
from coach.speech.messages import Ended, Onset, Paused, Resumed
from coach.speech.segmenter import Segmenter, SegmentEvent, Timing


class Stream:
    def __init__(self, **timing: float) -> None:
        self.segmenter = Segmenter(Timing(**timing))
        self.now = 0
        self.events: list[SegmentEvent] = []

    def hear(self, seconds: float, probability: float) -> None:
        for _ in range(round(seconds * RATE / CHUNK)):
            self.now += CHUNK
            self.events += self.segmenter.feed(self.now, probability)

    def kinds(self) -> list[type]:
        return [type(event) for event in self.events]

    def ends(self) -> list[Ended]:
        return [event for event in self.events if isinstance(event, Ended)]


def test_a_sentence_is_one_segment_with_its_first_syllable_when_silence_surrounds_it():
    stream = Stream(preroll_s=0.6)
    stream.hear(2.0, 0.02)
    spoken_from = stream.now
    stream.hear(1.0, 0.9)
    spoken_to = stream.now
    stream.hear(1.5, 0.02)
    assert stream.kinds() == [Onset, Paused, Ended]
    (end,) = stream.ends()
    assert end.why == "silence"
    assert 0.3 * RATE <= spoken_from - end.start <= 0.8 * RATE
    assert 0.1 * RATE <= end.end - spoken_to <= 0.4 * RATE


def test_a_breath_does_not_split_a_sentence():
    stream = Stream()
    for _ in range(3):
        stream.hear(0.5, 0.9)
        stream.hear(0.4, 0.1)
    assert stream.kinds() == [Onset, *[Paused, Resumed] * 2, Paused]


def test_a_click_is_no_speech():
    stream = Stream()
    for _ in range(20):
        stream.hear(CHUNK / RATE, 0.99)
        stream.hear(0.2, 0.01)
    assert stream.events == []


def test_listening_ends_when_a_radio_never_falls_silent():
    stream = Stream(longest_s=6.0)
    stream.hear(20.0, 0.9)
    ends = stream.ends()
    assert [end.why for end in ends] == ["too long"] * 3
    assert all((end.end - end.start) / RATE < 7 for end in ends)
    assert ends[1].start == ends[0].end  # nothing is lost and nothing is heard twice


def test_a_complete_sentence_ends_at_its_pause():
    stream = Stream()
    stream.hear(1.0, 0.9)
    stream.hear(0.3, 0.02)
    paused = next(event for event in stream.events if isinstance(event, Paused))
    stream.events += stream.segmenter.finish(paused.segment)
    (end,) = stream.ends()
    assert (end.why, end.end) == ("complete", paused.end)
    stream.hear(3.0, 0.02)
    assert len(stream.ends()) == 1


def test_what_is_said_since_belongs_to_the_next_segment_when_finish_comes_late():
    stream = Stream()
    stream.hear(1.0, 0.9)
    stream.hear(0.3, 0.02)
    stream.hear(0.1, 0.9)
    stream.events += stream.segmenter.finish(1)
    stream.hear(0.5, 0.9)
    stream.hear(1.0, 0.02)
    first, second = stream.ends()
    assert first.why == "complete" and second.start == first.end and second.end > stream.now - 1.1 * RATE


def test_a_pause_does_not_end_it_when_the_talk_key_holds():
    stream = Stream()
    stream.hear(1.0, 0.02)
    stream.events += stream.segmenter.hold(stream.now)
    stream.hear(1.0, 0.9)
    stream.hear(5.0, 0.02)
    assert not stream.ends()
    stream.events += stream.segmenter.release(stream.now)
    (end,) = stream.ends()
    assert end.why == "released" and end.end == stream.now and end.start < RATE


def test_a_forgotten_talk_key_ends_by_itself():
    stream = Stream()
    stream.events += stream.segmenter.hold(0)
    stream.hear(60.0, 0.02)
    assert [end.why for end in stream.ends()] == ["too long"]


def test_somebody_who_looks_for_the_next_word_gets_more_time():
    stream = Stream(silence_s=0.8)
    stream.hear(1.0, 0.9)
    stream.hear(0.4, 0.02)
    stream.segmenter.wait(1)
    stream.hear(0.8, 0.02)
    assert not stream.ends()
    stream.hear(0.5, 0.9)
    stream.hear(1.0, 0.02)  # the patience was for that pause alone
    assert [end.why for end in stream.ends()] == ["silence"]
