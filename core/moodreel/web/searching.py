"""Routes that rank: search, similar, moods, recommendation, and the emotions of a text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from moodreel.catalog.records import Filter
from moodreel.emotions import Emotion
from moodreel.errors import InvalidInput
from moodreel.media import Hit
from moodreel.search.query import Query as EngineQuery
from moodreel.search.query import named_emotions
from moodreel.web.desk import Desk
from moodreel.web.models import (
    Filters,
    HitModel,
    Moment,
    Mood,
    Name,
    RecommendRequest,
    SearchRequest,
    SearchResponse,
    Seconds,
    Shelf,
    TextRequest,
    VideoId,
)
from moodreel.web.sharing import get_desk

router = APIRouter()
Shared = Annotated[Desk, Depends(get_desk)]
ON_A_SHELF = 8
NOTABLE = 0.005  # a smaller score would show as 0.00


@router.post("/search")
async def search(asked: SearchRequest, desk: Shared) -> SearchResponse:
    """Find moments by text, picture, emotions and examples."""
    return await desk.searches.run(run_search, desk, asked)


@router.get("/videos/{video}/similar")
async def similar(
    video: VideoId,
    desk: Shared,
    time: Seconds | None = None,
    fusion: Annotated[Name | None, Query()] = None,
    top: Annotated[int, Query(ge=1, le=100)] = 12,
) -> SearchResponse:
    """Find moments of other videos that are like a moment, or like a whole video."""
    return await desk.searches.run(run_similar, desk, video, time, fusion, top)


@router.post("/recommend")
async def recommend(asked: RecommendRequest, desk: Shared) -> SearchResponse:
    """Recommend videos that are like the liked moments, feel as wished, and differ."""
    return await desk.searches.run(run_recommend, desk, asked)


@router.get("/moods")
async def moods(desk: Shared) -> list[Shelf]:
    """Show the moments that have most of each emotion."""
    return await desk.searches.run(run_moods, desk)


@router.post("/emotions")
async def emotions(asked: TextRequest, desk: Shared) -> dict[str, float]:
    """Read the emotions that a text names."""
    return await desk.searches.run(read_emotions, desk, asked.text)


def run_search(desk: Desk, asked: SearchRequest) -> SearchResponse:
    """Search as asked."""
    started = perf_counter()
    engine = desk.working
    like, unlike = ([desk.moment(m) for m in side] for side in (asked.like, asked.unlike))
    filter = plain_filter(asked.filters)
    query = EngineQuery(
        text=asked.text,
        emotions=plain_mood(asked.emotions),
        weight=asked.weight,
        top=asked.top,
        examples=engine.examples(asked.picture, like, unlike, asked.inside),
        within=engine.catalog.find_segments(filter) if filter else None,
    )
    answer = engine.answer(query, desk.fusion(asked.fusion), asked.inside)
    wanted = {name: value for name, value in answer.wanted.named(0).items() if value}
    return respond(desk, answer.hits, wanted, started)


def run_similar(
    desk: Desk, video: int, time: float | None, fusion: str | None, top: int
) -> SearchResponse:
    """Find what is like a moment, or like a whole video."""
    started = perf_counter()
    whole = desk.video(video).path
    moment = whole if time is None else desk.moment(Moment(video=video, time=time))
    hits = desk.working.similar(moment, fusion=desk.fusion(fusion), top=top)
    return respond(desk, hits, {}, started)


def run_recommend(desk: Desk, asked: RecommendRequest) -> SearchResponse:
    """Recommend as asked."""
    started = perf_counter()
    found = desk.working.recommend(
        [desk.moment(moment) for moment in asked.like],
        plain_mood(asked.emotions),
        asked.weight,
        desk.fusion(asked.fusion),
        top=asked.top,
        filter=plain_filter(asked.filters),
    )
    reasons = [chosen.reason for chosen in found]
    wanted = plain_mood(asked.emotions) or {}
    return respond(desk, [chosen.hit for chosen in found], wanted, started, reasons)


def run_moods(desk: Desk) -> list[Shelf]:
    """Look for each emotion alone; weak hits stay off the shelves."""
    shelves = []
    for emotion in Emotion:
        try:
            hits = desk.working.mood({emotion: 1.0}, top=ON_A_SHELF)
        except InvalidInput:  # a strategy that finds nothing by emotion alone
            hits = desk.working.mood({emotion: 1.0}, "late", top=ON_A_SHELF)
        strong = [hit for hit in hits if not hit.weak]
        shelves.append(Shelf(emotion=emotion, hits=show_hits(desk, strong, {emotion: 1.0})))
    return shelves


def read_emotions(desk: Desk, text: str) -> dict[str, float]:
    """Return the emotions that a text names, without those at 0."""
    if not text.strip():
        return {}
    engine = desk.working
    with engine.encoding():
        found = named_emotions(EngineQuery(text), engine.text_emotion).named(0)
    return {name: value for name, value in found.items() if value}


def plain_mood(mood: Mood | None) -> dict[str, float] | None:
    """Return a request's emotions by name."""
    return None if mood is None else {str(emotion): value for emotion, value in mood.items()}


def plain_filter(filters: Filters) -> Filter:
    """Return a request's filters."""
    return Filter(filters.path, filters.longer, filters.shorter)


def respond(
    desk: Desk,
    hits: Sequence[Hit],
    wanted: Mapping[str, float],
    started: float,
    reasons: Sequence[str] | None = None,
) -> SearchResponse:
    """Return hits as the API gives them."""
    return SearchResponse(
        hits=show_hits(desk, hits, wanted, reasons),
        emotions={str(name): value for name, value in wanted.items()},
        confident=any(not hit.weak for hit in hits),
        milliseconds=(perf_counter() - started) * 1000,
    )


def show_hits(
    desk: Desk,
    hits: Sequence[Hit],
    wanted: Mapping[str, float],
    reasons: Sequence[str] | None = None,
) -> list[HitModel]:
    """Return hits with ids in place of paths, each with the reason for it."""
    known = desk.shelves().by_path
    whys = reasons or [explain(hit, wanted) for hit in hits]
    shown = []
    for hit, why in zip(hits, whys, strict=True):
        video = known.get(hit.video)
        if video is not None:  # one that was removed meanwhile is left out
            facts = {key: value for key, value in asdict(hit).items() if key in HIT_FIELDS}
            name = hit.video.rpartition("/")[2]
            shown.append(HitModel(**(facts | {"video": video.id, "name": name}), why=why))
    return shown


HIT_FIELDS = frozenset(HitModel.model_fields)


def explain(hit: Hit, wanted: Mapping[str, float]) -> str:
    """Return in a few words what speaks for a hit."""
    parts = [f"shows it {hit.content_score:.2f}"] if hit.content_score else []
    met = {name: hit.emotions.get(name, 0.0) for name in wanted}
    best = max(met, key=lambda name: met[name] * abs(wanted[name]), default=None)
    named = f" ({best} {met[best]:.0%})" if best is not None and met[best] >= NOTABLE else ""
    if abs(hit.emotion_score) >= NOTABLE:
        parts.append(f"mood {hit.emotion_score:+.2f}{named}")
    return " · ".join(parts)
