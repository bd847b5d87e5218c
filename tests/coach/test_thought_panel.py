"""The thought panel says how sure the model is, where that is known."""

from pathlib import Path

from textual.app import App, ComposeResult

from coach.app.thought_panel import ThoughtPanel
from coach.config import load_config
from robot_bridge.protocol.thought import Thought


class Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield ThoughtPanel()


async def test_certainty_is_shown_until_a_person_has_a_say() -> None:
    async with Shown().run_test() as pilot:
        panel = pilot.app.query_one(ThoughtPanel)
        panel.settle(Thought(subtask="pick up the red cup", certainty=0.93), taught=False)
        assert panel.border_subtitle == "93% sure"
        panel.settle(Thought(subtask="pick up the red cup", certainty=0.93), taught=True)
        assert panel.border_subtitle == "as you taught it"
        panel.settle(Thought(subtask="pick up the red cup"), taught=False)
        assert panel.border_subtitle == ""


def test_chunks_and_doubts_can_be_configured(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("chunks: blended\nask_below_percent: 0\n")
    config = load_config(None, tmp_path)
    assert (config.chunks, config.ask_below_percent) == ("blended", 0)
