"""The facade of moodreel: `Engine`, `encode_text` and `encode_video`."""

from typing import TYPE_CHECKING

from moodreel.compat.lazy import lazy_names

if TYPE_CHECKING:
    from moodreel.engine.encoding import encode_text, encode_video
    from moodreel.engine.engine import Engine

__all__ = ["Engine", "encode_text", "encode_video"]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(
        __name__, {"Engine": "engine", "encode_text": "encoding", "encode_video": "encoding"}
    )
