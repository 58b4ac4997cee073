"""Routes about the server itself: health, components, and what the page must know."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends

from moodreel import __version__
from moodreel.emotions import Emotion
from moodreel.errors import CatalogError
from moodreel.hookspecs import HOOKS
from moodreel.interfaces import Component as EngineComponent
from moodreel.registry.registry import Registry
from moodreel.web.desk import Desk
from moodreel.web.models import Component, Folder, Health, Lack, Setup
from moodreel.web.sharing import get_desk

router = APIRouter()
Shared = Annotated[Desk, Depends(get_desk)]
WITHOUT = {
    "second_reader": "a second reader for damaged videos",
    "text_emotion": "reading emotions out of a text",
    "video_emotion": "seeing emotions in videos",
    "captioner": "captions",
    "engine": "searching",
}


@router.get("/health")
def health(desk: Shared) -> Health:
    """Say whether everything works, and what is missing if not."""
    lacks = [Lack(part=WITHOUT[slot], problem=why) for slot, why in desk.lacks.items()]
    try:
        videos, segments = desk.catalog.count()
        lacks += list(unfinished(desk, videos))
    except CatalogError as error:
        videos = segments = 0
        lacks.append(Lack(part="the index", problem=str(error)))
    return Health(
        status=status_of(desk, videos, lacks),
        version=__version__,
        preset=desk.recipe.preset,
        videos=videos,
        segments=segments,
        lacks=lacks,
    )


@router.get("/components")
def components(desk: Shared) -> list[Component]:
    """List every component and whether it can run."""
    return [Component(**row) for row in described(desk.registry)]


@router.get("/setup")
def setup(desk: Shared) -> Setup:
    """Say what there is to choose from."""
    folders = [
        Folder(id=id, name=folder.name, path=str(folder)) for id, folder in enumerate(desk.folders)
    ]
    return Setup(
        preset=desk.recipe.preset,
        emotions=[str(emotion) for emotion in Emotion],
        fusions=desk.fusions,
        fusion=desk.registry.slot_name("fusion_strategy"),
        folders=folders,
    )


def described(registry: Registry) -> Iterator[dict[str, Any]]:
    """Yield the facts of every component, by kind and name."""
    order = list(HOOKS)
    entries = registry.entries.values()
    for entry in sorted(entries, key=lambda entry: (order.index(entry.kind), entry.name)):
        yield registry.describe(entry)


def status_of(
    desk: Desk, videos: int, lacks: list[Lack]
) -> Literal["ok", "limited", "empty", "unusable"]:
    """Return how far the application can do its work."""
    if desk.engine is None:
        return "unusable"
    if not videos:
        return "empty"
    return "limited" if lacks else "ok"


def unfinished(desk: Desk, videos: int) -> Iterator[Lack]:
    """Name the components that are not done with every video of the index."""
    if desk.engine is None:
        return
    engine = desk.engine
    parts: dict[str, EngineComponent | None] = {
        "searching": engine.video_encoder,
        "seeing emotions in videos": engine.video_emotion,
    }
    for part, component in parts.items():
        done = videos if component is None else len(desk.catalog.finished(component))
        if done < videos:
            yield Lack(
                part=part,
                problem=f"{videos - done} of {videos} videos lack it with the preset "
                f"{desk.recipe.preset}; bring the index up to date: moodreel index VIDEOS",
            )
