"""Reading pictures that are given as a query, within limits of size, from any source."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from moodreel.errors import InvalidInput
from moodreel.media import Clip

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
# The limits are judgements, not measured: larger than any camera's pictures, and bearable.
MOST_PIXELS = 64_000_000  # a picture of 200 MB once it is unpacked
MOST_BYTES = 32_000_000
SHORTER_SIDE = 480  # as of the frames that readers give (see `moodreel.media.Clip`)
TOO_MANY = f"too many pixels; at most {MOST_PIXELS // 1_000_000} million can be read"


def read_picture(source: str | Path | bytes) -> Clip:
    """Return a picture as a clip of one frame, upright, in colour, the shorter side at most 480.

    Args:
        source: a file, or a file's contents.

    Raises:
        InvalidInput: it is too large, or no picture.
    """
    name = "the picture" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else read_limited(Path(source))
        with Image.open(BytesIO(data), formats=FORMATS) as opened:
            check_size(name, opened.size)
            opened.draft("RGB", (SHORTER_SIDE * 2, SHORTER_SIDE * 2))
            picture = shrink(ImageOps.exif_transpose(opened)).convert("RGB")
    except InvalidInput:
        raise
    except Image.DecompressionBombError:
        raise InvalidInput(f"{name}: {TOO_MANY}") from None
    except Exception as error:  # a damaged file makes Pillow raise errors of many kinds
        reason = getattr(error, "strerror", None) or f"not a picture ({', '.join(FORMATS)})"
        raise InvalidInput(f"{name}: cannot be read: {reason}") from None
    return Clip(np.array(picture, np.uint8)[None], np.zeros(1))


def read_limited(path: Path) -> bytes:
    """Read a file that is not too large."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"{path}: a picture of more than {MOST_BYTES // 1_000_000} MB")
    return data


def check_size(name: str, size: tuple[int, int]) -> None:
    """Refuse a picture of too many pixels before it is unpacked."""
    width, height = size
    if width * height > MOST_PIXELS:
        raise InvalidInput(f"{name}: {TOO_MANY}")


def shrink(picture: Image.Image) -> Image.Image:
    """Return a picture with the shorter side at most 480."""
    scale = min(1.0, SHORTER_SIDE / min(picture.size))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height)) if scale < 1 else picture
