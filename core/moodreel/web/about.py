"""Routes about the server itself: health, components, and the setup that the page needs."""

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends

from moodreel import __version__
from moodreel.catalog.damage import damage_notes, damaged_videos
from moodreel.emotions import Emotion
from moodreel.errors import CatalogError
from moodreel.interfaces import EmotionExtractor, VideoEncoder
from moodreel.paths import shown_path
from moodreel.web.models import Component, Folder, Health, Lack, Setup
from moodreel.web.sharing import get_state
from moodreel.web.state import AppState

router = APIRouter()
Shared = Annotated[AppState, Depends(get_state)]
WITHOUT = {
    "second_reader": "a second reader for damaged videos",
    "text_emotion": "reading emotions out of a text",
    "video_emotion": "seeing emotions in videos",
    "captioner": "captions",
    "transcriber": "writing down what is said",
    "text_spotter": "reading words on screen",
    "segmenter": "finding shots",
    "engine": "searching",
}


@router.get("/health")
def health(state: Shared) -> Health:
    """Say whether everything works, and what is missing if not."""
    lacks = [Lack(part=WITHOUT[slot], problem=why) for slot, why in state.lacks.items()]
    try:
        videos, segments = state.catalog.count()
        lacks += list(unfinished(state, videos))
    except CatalogError as error:
        videos = segments = 0
        lacks.append(Lack(part="the index", problem=shown_path(str(error))))
    return Health(
        status=status_of(state, videos, lacks),
        version=__version__,
        preset=state.recipe.preset,
        videos=videos,
        segments=segments,
        lacks=lacks,
    )


@router.get("/components")
def components(state: Shared) -> list[Component]:
    """List every component and whether it can run."""
    return [Component(**row) for row in state.registry.described()]


@router.get("/setup")
def setup(state: Shared) -> Setup:
    """Return the preset, and the emotions, strategies and folders to choose from."""
    folders = [
        Folder(id=id, name=shown_path(folder.name), path=shown_path(str(folder)))
        for id, folder in enumerate(state.folders)
    ]
    return Setup(
        preset=state.recipe.preset,
        emotions=[str(emotion) for emotion in Emotion],
        observed=observed_emotions(state),
        fusions=state.fusions,
        fusion=state.registry.slot_name("fusion_strategy"),
        folders=folders,
    )


def observed_emotions(state: AppState) -> list[str]:
    """Return the emotions that are looked for in videos; none where nothing can be searched."""
    extractor = state.engine.components.video_emotion if state.engine else None
    return [str(emotion) for emotion in Emotion if extractor and emotion in extractor.observes]


def status_of(
    state: AppState, videos: int, lacks: list[Lack]
) -> Literal["ok", "limited", "empty", "unusable"]:
    """Return how far the application can do its work."""
    if state.engine is None:
        return "unusable"
    if not videos:
        return "empty"
    return "limited" if lacks else "ok"


def damaged_part(
    state: AppState, part: str, component: VideoEncoder | EmotionExtractor | None
) -> Iterator[Lack]:
    """Name the videos that a part does without, since what is stored of them is damaged."""
    for note in damage_notes(state.catalog, damaged_videos(state.catalog, [component]).values()):
        yield Lack(part=part, problem=note)


def unfinished(state: AppState, videos: int) -> Iterator[Lack]:
    """Name the components that are not done with every video, or whose work is damaged."""
    if state.engine is None:
        return
    engine = state.engine
    parts = {
        "searching": engine.components.video_encoder,
        "seeing emotions in videos": engine.components.video_emotion,
    }
    for part, component in parts.items():
        done = videos if component is None else len(state.catalog.finished(component))
        yield from damaged_part(state, part, component)
        if done < videos:
            yield Lack(
                part=part,
                problem=f"{videos - done} of {videos} videos lack it with the preset "
                f"{state.recipe.preset}; bring the index up to date: moodreel index VIDEOS",
            )
