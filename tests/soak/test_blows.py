"""A bar is met, missed or not measured, and the summary says which."""

from blows import Blow, bars, summary


def blow(process: str, still_ms: float | None, back_s: float | None) -> Blow:
    return Blow(process, "killed", 0.0, True, gone_ms=3.0, still_ms=still_ms, back_s=back_s, said=True)


def test_bar_says_missed_and_by_how_much_when_the_arms_moved_on_or_nothing_came_back_in_time():
    told = bars([blow("policy", 12.0, 0.8), blow("policy", 294.0, 3.4), blow("bridge", None, None)])
    assert told == {
        "said within 3 s": "met 3 of 3 times",
        "arms still within 20 ms of the end of the policy": "MISSED 1 of 2 times, at most 294 ms",
        "arms still within 20 ms of the end of the ui": "not measured: it never came to that",
        "bridge back within 3 s": "MISSED 1 of 1 times, at most inf s",
        "policy back within 3 s": "MISSED 1 of 2 times, at most 3.4 s",
    }


def test_bar_says_met_when_nothing_was_late():
    blows = [blow("policy", 12.0, 0.8), blow("ui", None, 2.9)]
    assert bars([Blow("bridge", "killed", 0.0, True, back_s=0.4)])["said within 3 s"] == "MISSED 1 of 1 times"
    table = summary(blows)
    assert table["bars"]["policy back within 3 s"] == "met 1 of 1 times"
    assert table["bars"]["arms still within 20 ms of the end of the policy"] == "met 1 of 1 times"
    assert table["arms_still_ms_after_it_was_gone"]["policy"] == {"times": 1, "p50": 12.0, "p95": 12.0, "max": 12.0}
    assert table["kills"] == 2 and table["processes"]["ui"]["within_3_s"] == 1
