"""moodreel finds videos, and moments in them, by what they show and how they feel."""

from pathlib import Path
from typing import TYPE_CHECKING

from moodreel.compat.lazy import lazy_names

if TYPE_CHECKING:
    from moodreel.emotions import Emotion, EmotionScores
    from moodreel.engine.encoding import encode_text, encode_video
    from moodreel.engine.engine import Engine
    from moodreel.errors import MoodreelError
    from moodreel.hookspecs import hookimpl
    from moodreel.media import Clip, Hit, Segment
    from moodreel.registry.registry import Registry, create

__version__ = "0.1.0"
__path__ += [str(Path(__file__).parent / "compat" / "moved")]  # so that old names are found

__all__ = [
    "Clip",
    "Emotion",
    "EmotionScores",
    "Engine",
    "Hit",
    "MoodreelError",
    "Registry",
    "Segment",
    "__version__",
    "create",
    "encode_text",
    "encode_video",
    "hookimpl",
]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(
        __name__,
        {
            "Clip": "media",
            "Emotion": "emotions",
            "EmotionScores": "emotions",
            "Engine": "engine.engine",
            "Hit": "media",
            "MoodreelError": "errors",
            "Registry": "registry.registry",
            "Segment": "media",
            "create": "registry.registry",
            "encode_text": "engine.encoding",
            "encode_video": "engine.encoding",
            "hookimpl": "hookspecs",
        },
    )
