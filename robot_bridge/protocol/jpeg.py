"""Pictures as JPEG, for lines that are slower than the compression."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from robot_bridge.protocol.errors import ProtocolError

COLOUR = 0  # Pillow's name for 4:4:4: what is told apart by colour alone must stay so


def compress(picture: np.ndarray, quality: int) -> bytes:
    """A JPEG file of uint8[height, width, 3], RGB."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=COLOUR)
    return file.getvalue()


def decompress(data: bytes | bytearray | memoryview, shape: tuple[int, ...]) -> np.ndarray:
    """uint8[height, width, 3] of a JPEG file, which is not opened unless it says that it holds just that.

    Raises:
        ProtocolError: it does not, or it is broken.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if (image.height, image.width, len(image.getbands())) != shape or image.mode != "RGB":
                raise ProtocolError(f"a JPEG of {image.width}×{image.height} {image.mode} where {shape} was announced")
            return np.asarray(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ProtocolError(f"a JPEG that cannot be read: {error}"[:200]) from None
