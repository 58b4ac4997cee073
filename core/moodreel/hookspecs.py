"""One pluggy hook a kind. A plugin calls `register(name, factory)` once for each component."""

from collections.abc import Callable
from typing import Any

import pluggy

hookspec = pluggy.HookspecMarker("moodreel")
hookimpl = pluggy.HookimplMarker("moodreel")

Register = Callable[[str, Callable[..., Any]], None]


@hookspec
def register_video_readers(register: Register) -> None:
    """Register readers of video files."""


@hookspec
def register_video_encoders(register: Register) -> None:
    """Register encoders that turn clips into vectors."""


@hookspec
def register_text_encoders(register: Register) -> None:
    """Register encoders that turn texts into vectors."""


@hookspec
def register_emotion_extractors(register: Register) -> None:
    """Register extractors that read emotion from text or video."""


@hookspec
def register_captioners(register: Register) -> None:
    """Register captioners of clips."""


@hookspec
def register_fusion_strategies(register: Register) -> None:
    """Register strategies that fuse emotion with content vectors."""


@hookspec
def register_vector_stores(register: Register) -> None:
    """Register stores that find the nearest vectors."""


HOOKS = {
    "video_reader": "register_video_readers",
    "video_encoder": "register_video_encoders",
    "text_encoder": "register_text_encoders",
    "emotion_extractor": "register_emotion_extractors",
    "captioner": "register_captioners",
    "fusion_strategy": "register_fusion_strategies",
    "vector_store": "register_vector_stores",
}
"""The hook of each kind of component."""
