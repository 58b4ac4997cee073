"""Captions of an index, as rows to annotate."""

from pathlib import PurePath
from typing import Any

from moodreel.engine.engine import Engine


def indexed_captions(engine: Engine) -> list[dict[str, Any]]:
    """Return a row a segment of an index; a segment without a caption has an empty one."""
    captions = engine.catalog.load_captions(engine.captioner)
    return [
        {
            "video": video.path,
            "video_id": PurePath(video.path).stem,
            "caption": captions.get(moment.id, ""),
            "duration": video.duration,
            "start": moment.segment.start,
            "end": moment.segment.end,
        }
        for video in engine.catalog.videos()
        if video.id is not None
        for moment in engine.catalog.segments(video.id)
    ]
