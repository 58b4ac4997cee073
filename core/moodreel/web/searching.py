"""Routes that rank: search, similar, moods, recommendation, and the emotions of a text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from moodreel.catalog.records import Filter
from moodreel.emotions import Emotion
from moodreel.errors import InvalidInput
from moodreel.media import Hit, MomentRef
from moodreel.search.notes import PAGE
from moodreel.search.query import Query as EngineQuery
from moodreel.search.query import named_emotions
from moodreel.web.models import (
    Filters,
    HitModel,
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
from moodreel.web.naming import video_names
from moodreel.web.sharing import get_state
from moodreel.web.state import AppState

router = APIRouter()
Shared = Annotated[AppState, Depends(get_state)]
ON_A_SHELF = 8  # hits for each emotion, a row of cards: a judgement, not measured
NOTABLE = 0.005  # a smaller score would show as 0.00


@router.post("/search")
async def search(asked: SearchRequest, state: Shared) -> SearchResponse:
    """Find moments by text, picture, emotions and examples."""
    return await state.searches.run(run_search, state, asked)


@router.get("/videos/{video}/similar")
async def similar(
    video: VideoId,
    state: Shared,
    time: Seconds | None = None,
    fusion: Annotated[Name | None, Query()] = None,
    top: Annotated[int, Query(ge=1, le=100)] = 12,
) -> SearchResponse:
    """Find moments of other videos that are like a moment, or like a whole video."""
    return await state.searches.run(run_similar, state, video, time, fusion, top)


@router.post("/recommend")
async def recommend(asked: RecommendRequest, state: Shared) -> SearchResponse:
    """Recommend videos that are like the liked moments, feel as wished, and differ."""
    return await state.searches.run(run_recommend, state, asked)


@router.get("/moods")
async def moods(state: Shared) -> list[Shelf]:
    """Show the moments that have most of each emotion."""
    return await state.searches.run(run_moods, state)


@router.post("/emotions")
async def emotions(asked: TextRequest, state: Shared) -> dict[str, float]:
    """Read the emotions that a text names."""
    return await state.searches.run(read_emotions, state, asked.text)


def run_search(state: AppState, asked: SearchRequest) -> SearchResponse:
    """Search as asked."""
    started = perf_counter()
    index = state.working.search_index
    like, unlike = ([state.moment(m) for m in side] for side in (asked.like, asked.unlike))
    query = EngineQuery(
        text=asked.text,
        emotions=plain_mood(asked.emotions),
        weight=asked.weight,
        top=asked.top,
        examples=index.examples(asked.picture, like, unlike, asked.inside),
        within=index.within(plain_filter(asked.filters)),
    )
    answer = index.answer(query, state.fusion(asked.fusion), asked.inside, PAGE)
    wanted = {name: value for name, value in answer.wanted.named(0).items() if value}
    return respond(state, answer.hits, wanted, started, notes=answer.notes)


def run_similar(
    state: AppState, video: int, time: float | None, fusion: str | None, top: int
) -> SearchResponse:
    """Find what is like a moment, or like a whole video."""
    started = perf_counter()
    moment = MomentRef(state.video(video).location, time)
    hits = state.working.similar(moment, fusion=state.fusion(fusion), top=top)
    return respond(state, hits, {}, started)


def run_recommend(state: AppState, asked: RecommendRequest) -> SearchResponse:
    """Recommend as asked."""
    started = perf_counter()
    found = state.working.recommend(
        [state.moment(moment) for moment in asked.like],
        emotions=plain_mood(asked.emotions),
        weight=asked.weight,
        fusion=state.fusion(asked.fusion),
        top=asked.top,
        filter=plain_filter(asked.filters),
    )
    reasons = [chosen.reason for chosen in found]
    wanted = plain_mood(asked.emotions) or {}
    return respond(state, [chosen.hit for chosen in found], wanted, started, reasons)


def run_moods(state: AppState) -> list[Shelf]:
    """Look for each emotion alone; weak hits stay off the shelves, and what nothing observes."""
    extractor = state.working.components.video_emotion
    seen = frozenset() if extractor is None else extractor.observes
    shelves = []
    for emotion in Emotion:
        if emotion not in seen:
            shelves.append(Shelf(emotion=emotion, hits=[]))
            continue
        try:
            hits = state.working.mood({emotion: 1.0}, top=ON_A_SHELF)
        except InvalidInput:  # a strategy that finds nothing by emotion alone
            hits = state.working.mood({emotion: 1.0}, fusion="late", top=ON_A_SHELF)
        strong = [hit for hit in hits if not hit.weak]
        shelves.append(Shelf(emotion=emotion, hits=show_hits(state, strong, {emotion: 1.0})))
    return shelves


def read_emotions(state: AppState, text: str) -> dict[str, float]:
    """Return the emotions that a text names, without those at 0."""
    if not text.strip():
        return {}
    engine = state.working
    with engine.search_index.lock:
        found = named_emotions(EngineQuery(text), engine.components.text_emotion).named(0)
    return {name: value for name, value in found.items() if value}


def plain_mood(mood: Mood | None) -> dict[str, float] | None:
    """Return a request's emotions by name."""
    return None if mood is None else {str(emotion): value for emotion, value in mood.items()}


def plain_filter(filters: Filters) -> Filter:
    """Return a request's filters."""
    return Filter(filters.path, filters.longer, filters.shorter)


def respond(
    state: AppState,
    hits: Sequence[Hit],
    wanted: Mapping[str, float],
    started: float,
    reasons: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> SearchResponse:
    """Return hits as the API gives them."""
    return SearchResponse(
        hits=show_hits(state, hits, wanted, reasons),
        emotions={str(name): value for name, value in wanted.items()},
        confident=any(not hit.weak for hit in hits),
        milliseconds=(perf_counter() - started) * 1000,
        notes=list(notes),
    )


def show_hits(
    state: AppState,
    hits: Sequence[Hit],
    wanted: Mapping[str, float],
    reasons: Sequence[str] | None = None,
) -> list[HitModel]:
    """Return hits with their videos' ids and names, each with the reason for it."""
    known = state.shelves().by_location
    whys = reasons or [explain(hit, wanted) for hit in hits]
    shown = []
    for hit, why in zip(hits, whys, strict=True):
        video = known.get(hit.location)
        if video is not None:  # one that was removed meanwhile is left out
            facts = {key: value for key, value in asdict(hit).items() if key in HIT_FIELDS}
            facts["matches"] = [asdict(match) | {"place": match.place} for match in hit.matches]
            names = video_names(state, video) | {"video": video.id}
            shown.append(HitModel(**(facts | names), why=why))
    return shown


HIT_FIELDS = frozenset(HitModel.model_fields)


def explain(hit: Hit, wanted: Mapping[str, float]) -> str:
    """Return in a few words what speaks for a hit."""
    shown = hit.content_score - hit.text_score
    parts = [f"shows it {shown:.2f}"] if shown else []
    met = {name: hit.emotions.get(name, 0.0) for name in wanted}
    best = max(met, key=lambda name: met[name] * abs(wanted[name]), default=None)
    named = f" ({best} {met[best]:.0%})" if best is not None and met[best] >= NOTABLE else ""
    if abs(hit.emotion_score) >= NOTABLE:
        parts.append(f"mood {hit.emotion_score:+.2f}{named}")
    if hit.text_score:
        parts.append(f"words {hit.text_score:+.2f}")
    return " · ".join(parts)
