"""moodreel finds videos, and moments in them, by what they show and how they feel."""

from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from moodreel.emotions import Emotion, EmotionScores, Sentiment
    from moodreel.engine.encoding import encode_text, encode_video
    from moodreel.engine.engine import Engine
    from moodreel.errors import (
        CatalogError,
        ConfigurationError,
        InvalidInput,
        MissingPackage,
        MoodreelError,
        PluginError,
        UnreadableVideo,
    )
    from moodreel.hookspecs import Register, hookimpl
    from moodreel.media import Clip, Hit, MomentRef, Segment, Sound, TimedText, VideoFacts
    from moodreel.registry.registry import Registry, create
else:
    __getattr__, __dir__, _ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "emotions": ["Emotion", "EmotionScores", "Sentiment"],
            "engine.encoding": ["encode_text", "encode_video"],
            "engine.engine": ["Engine"],
            "errors": [
                "CatalogError",
                "ConfigurationError",
                "InvalidInput",
                "MissingPackage",
                "MoodreelError",
                "PluginError",
                "UnreadableVideo",
            ],
            "hookspecs": ["Register", "hookimpl"],
            "media": [
                "Clip",
                "Hit",
                "MomentRef",
                "Segment",
                "Sound",
                "TimedText",
                "VideoFacts",
            ],
            "registry.registry": ["Registry", "create"],
        },
    )

__version__ = "0.1.0"
__path__ += [str(Path(__file__).parent / "compat" / "moved")]  # so that old names are found
__all__ = [
    "CatalogError",
    "Clip",
    "ConfigurationError",
    "Emotion",
    "EmotionScores",
    "Engine",
    "Hit",
    "InvalidInput",
    "MissingPackage",
    "MomentRef",
    "MoodreelError",
    "PluginError",
    "Register",
    "Registry",
    "Segment",
    "Sentiment",
    "Sound",
    "TimedText",
    "UnreadableVideo",
    "VideoFacts",
    "__version__",
    "create",
    "encode_text",
    "encode_video",
    "hookimpl",
]
