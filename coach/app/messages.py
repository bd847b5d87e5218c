"""What the widgets and the threads beside the app tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from coach.session.replies import Reply
    from coach.session.system import System
    from robot_bridge.protocol.messages import Message as WireMessage


class Said(Message):
    """The person pressed enter on a line. Args: began_s: when they began to type it, `time.monotonic()`."""

    def __init__(self, text: str, began_s: float = 0.0) -> None:
        super().__init__()
        self.text, self.began_s = text, began_s


class Pointed(Message):
    """The person clicked on a picture: `x` and `y` are fractions of its width and height, from the left and the top."""

    def __init__(self, camera: str, x: float, y: float) -> None:
        super().__init__()
        self.camera, self.x, self.y = camera, x, y


class Connected(Message):
    """Memory and sockets are open."""

    def __init__(self, system: System) -> None:
        super().__init__()
        self.system = system


class ConnectFailed(Message):
    """Memory or sockets cannot be opened; `reason` is one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class FromBridge(Message):
    """Something the bridge published."""

    def __init__(self, content: WireMessage) -> None:
        super().__init__()
        self.content = content


class Answered(Message):
    """The session has dealt with an utterance or a key."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply
