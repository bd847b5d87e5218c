import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def data(tmp_path):
    """Made-up stills and demonstrations: one good episode, one failed."""
    from tiny import WORDINGS, write_data

    from policy.training.run import Data

    write_data(tmp_path)
    return Data(tmp_path / "stills", tmp_path / "demos", WORDINGS)
