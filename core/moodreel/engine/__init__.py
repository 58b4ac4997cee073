"""The facade of moodreel: `Engine`, `encode_text` and `encode_video`."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from moodreel.engine.encoding import encode_text, encode_video
    from moodreel.engine.engine import Engine
else:
    __getattr__, __dir__, _ = lazy_loader.attach(
        __name__, submod_attrs={"encoding": ["encode_text", "encode_video"], "engine": ["Engine"]}
    )

__all__ = ["Engine", "encode_text", "encode_video"]
