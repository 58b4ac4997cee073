"""moodreel finds videos, and moments in them, by what they show and how they feel."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moodreel.emotions import Emotion, EmotionScores
    from moodreel.encoding import encode_text, encode_video
    from moodreel.engine import Engine
    from moodreel.errors import MoodreelError
    from moodreel.hookspecs import hookimpl
    from moodreel.media import Clip, Hit, Segment
    from moodreel.registry import Registry, create

__version__ = "0.1.0"

_HOMES = {
    "Clip": "media",
    "Emotion": "emotions",
    "EmotionScores": "emotions",
    "Engine": "engine",
    "Hit": "media",
    "MoodreelError": "errors",
    "Registry": "registry",
    "Segment": "media",
    "create": "registry",
    "encode_text": "encoding",
    "encode_video": "encoding",
    "hookimpl": "hookspecs",
}

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


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import moodreel` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'moodreel' has no attribute {name!r}")
    return getattr(import_module(f"moodreel.{_HOMES[name]}"), name)
