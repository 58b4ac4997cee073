"""Routes of videos: facts, timelines, pictures, and the files themselves, all by id."""

import os
from mimetypes import guess_type
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse
from starlette.responses import Response

from moodreel.catalog.records import VideoRecord
from moodreel.emotions import Emotion
from moodreel.paths import shown_path
from moodreel.search.index import SearchIndex
from moodreel.web.frames import STRIP_FRAMES
from moodreel.web.models import MapResponse, Point, Seconds, Stretch, Timeline, VideoId, VideoModel
from moodreel.web.naming import video_names, video_title
from moodreel.web.problems import NotFound
from moodreel.web.sharing import get_state
from moodreel.web.state import AppState

router = APIRouter()
Responses = dict[int | str, dict[str, Any]]
Shared = Annotated[AppState, Depends(get_state)]
FOREVER = {"Cache-Control": "private, max-age=604800, immutable"}
JPEG: Responses = {200: {"content": {"image/jpeg": {}}, "description": "a picture"}}
VIDEO: Responses = {
    200: {"content": {"video/*": {}}, "description": "the whole file"},
    206: {"content": {"video/*": {}}, "description": "the part asked for"},
    416: {"description": "a part that is not there"},
}


@router.get("/videos")
def videos(
    state: Shared,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[VideoModel]:
    """List the videos of the index, in the order they were added."""
    records = list(state.shelves().by_id.values())
    return [show_video(state, record) for record in records[offset : offset + limit]]


@router.get("/videos/{video}")
def facts(video: VideoId, state: Shared) -> VideoModel:
    """Say what is known about a video."""
    return show_video(state, state.video(video))


@router.get("/videos/{video}/timeline")
def timeline(video: VideoId, state: Shared) -> Timeline:
    """Show a video's emotions over time."""
    record = state.video(video)
    extractor = state.working.components.video_emotion
    return Timeline(
        video=show_video(state, record),
        observes=[str(e) for e in Emotion if extractor and e in extractor.observes],
        stretches=stretches(state.working.search_index, record),
        strip=STRIP_FRAMES,
    )


@router.get("/videos/{video}/frame", response_class=Response, responses=JPEG)
async def frame(
    video: VideoId, state: Shared, time: Seconds = 0.0, width: Literal["160", "320", "640"] = "320"
) -> Response:
    """Show the frame at a second."""
    picture = await state.pictures.run(draw_frame, state, video, time, int(width))
    return Response(picture, media_type="image/jpeg", headers=FOREVER)


@router.get("/videos/{video}/strip", response_class=Response, responses=JPEG)
async def strip(video: VideoId, state: Shared) -> Response:
    """Show frames spread over a video, side by side."""
    picture = await state.pictures.run(draw_strip, state, video)
    return Response(picture, media_type="image/jpeg", headers=FOREVER)


@router.get("/videos/{video}/file", response_class=FileResponse, responses=VIDEO)
@router.head("/videos/{video}/file", response_class=FileResponse, include_in_schema=False)
def file(video: VideoId, state: Shared) -> FileResponse:
    """Give the file, or the range of it that is asked for."""
    record = state.video(video)
    path = Path(record.location)
    if not path.is_file() or os.path.realpath(path) != record.location:
        raise NotFound(f"{shown_path(record.path)}: the file is no longer there")
    kind = guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, no-cache"})


@router.get("/map")
async def map_segments(state: Shared) -> MapResponse:
    """Lay the segments out in the plane."""
    return await state.searches.run(draw_map, state)


def draw_frame(state: AppState, video: int, time: float, width: int) -> bytes:
    """Return a frame as JPEG."""
    return state.frames.frame(state.video(video), time, width)


def draw_strip(state: AppState, video: int) -> bytes:
    """Return a strip as JPEG."""
    return state.frames.strip(state.video(video))


def draw_map(state: AppState) -> MapResponse:
    """Return the map of an index."""
    known = state.shelves().by_location
    points = []
    found = state.projection()
    for place in found.places:
        record = known.get(place.location)
        if record is not None and record.id is not None:
            mood, strength = max(place.emotions.items(), key=itemgetter(1), default=("", 0.0))
            points.append(
                Point(
                    video=record.id,
                    name=video_title(state, record),
                    start=place.start,
                    x=place.x,
                    y=place.y,
                    mood=mood if strength > 0 else "",
                    strength=strength,
                )
            )
    return MapResponse(method=found.method, points=points)


def stretches(index: SearchIndex, record: VideoRecord) -> list[Stretch]:
    """Return the segments of a video with their emotions and captions."""
    assert record.id is not None
    moments = index.catalog.segments(record.id)
    ids = np.array([moment.id for moment in moments], np.int64)
    seen = index.source.load_emotions(ids)
    captions = index.catalog.load_captions(index.components.captioner, ids)
    return [
        Stretch(
            start=moment.segment.start,
            end=moment.segment.end,
            emotions=seen.named(row),
            caption=captions.get(moment.id, ""),
        )
        for row, moment in enumerate(moments)
    ]


def show_video(state: AppState, record: VideoRecord) -> VideoModel:
    """Return a video as the API gives it."""
    assert record.id is not None
    return VideoModel(
        id=record.id,
        **video_names(state, record),
        path=shown_path(record.path),
        duration=record.duration,
        fps=record.fps,
        width=record.width,
        height=record.height,
    )
