"""Captions of an index, as rows to annotate."""

from pathlib import PurePath
from typing import Any

from moodreel.catalog.damage import damaged_videos, tell_damaged
from moodreel.catalog.naming import titles
from moodreel.search.index import SearchIndex


def indexed_captions(index: SearchIndex) -> list[dict[str, Any]]:
    """Return a row a segment of an index; a segment without a caption has an empty one."""
    captions = index.catalog.load_captions(index.components.captioner)
    damaged = damaged_videos(index.catalog, [index.components.captioner])
    tell_damaged(index.catalog, damaged.values())
    videos = [video for video in index.catalog.videos() if video.id not in damaged]
    names = titles(videos)
    return [
        {
            "video": names[video.location],
            "video_id": PurePath(video.path).stem,
            "caption": captions.get(moment.id, ""),
            "duration": video.duration,
            "start": moment.segment.start,
            "end": moment.segment.end,
        }
        for video in videos
        if video.id is not None
        for moment in index.catalog.segments(video.id)
    ]
