"""One pluggy hook a kind. A plugin calls `register(name, factory)` once for each component.

The hooks, in their order here, are the one list of the kinds of component.
"""

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
def register_transcribers(register: Register) -> None:
    """Register transcribers of speech."""


@hookspec
def register_text_spotters(register: Register) -> None:
    """Register readers of words on screen."""


@hookspec
def register_segmenters(register: Register) -> None:
    """Register segmenters that find the shots of a video."""


@hookspec
def register_fusion_strategies(register: Register) -> None:
    """Register strategies that fuse emotion with content vectors."""


@hookspec
def register_vector_stores(register: Register) -> None:
    """Register stores that find the nearest vectors."""


def kind_of(hook: str) -> str:
    """Return the kind of component that a hook registers.

    >>> kind_of("register_video_readers"), kind_of("register_fusion_strategies")
    ('video_reader', 'fusion_strategy')
    """
    plural = hook.removeprefix("register_")
    stem = plural.removesuffix("ies")
    return plural.removesuffix("s") if stem == plural else f"{stem}y"


HOOKS = {kind_of(name): name for name in list(globals()) if name.startswith("register_")}
"""The hook of each kind of component."""
