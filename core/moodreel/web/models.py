"""Schemas of the API's requests and responses."""

from typing import Annotated, Any, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from moodreel.emotions import Emotion

LONGEST_TEXT = 1000  # characters; a longer text is no query: a judgement, not measured
MOST_PICTURE = 12_000_000  # characters in base 64: about 9 MB

Intensity = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
VideoId = Annotated[int, Field(ge=1, le=2**62)]
Mood = dict[Emotion, Intensity]
Name = Annotated[str, Field(max_length=100)]
Inside = Literal["video", "captions", "speech", "screen", "names", "all"]


class Request(BaseModel):
    """Base of everything that comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class MomentModel(Request):
    """A second of a video."""

    video: VideoId
    time: Seconds = 0.0


class Filters(Request):
    """Which videos count: a part of the path, and durations in seconds."""

    path: Annotated[str, Field(max_length=200)] = ""
    longer: Seconds | None = None
    shorter: Seconds | None = None


class Wish(Request):
    """The fields that search and recommendation requests share.

    `emotions` of null takes those of the query itself, {} none; `weight` is of mood against
    content.
    """

    emotions: Mood | None = None
    weight: Share | None = None
    fusion: Name | None = None
    like: Annotated[list[MomentModel], Field(max_length=20)] = []
    filters: Filters = Filters()
    top: Annotated[int, Field(ge=1, le=100)] = 12


class SearchRequest(Wish):
    """A query: a text, a picture (base 64), emotions, examples, or several of them."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    picture: Annotated[Base64Bytes | None, Field(max_length=MOST_PICTURE)] = None
    unlike: Annotated[list[MomentModel], Field(max_length=20)] = []
    inside: Inside | Annotated[list[Inside], Field(min_length=1, max_length=6)] = "all"


class RecommendRequest(Wish):
    """Liked moments, a wished mood, or both."""


class TextRequest(Request):
    """A text whose emotions are asked for."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT)]


class MatchModel(BaseModel):
    """Words that speak for a hit: what they are and when, such as "said at 0:12", and the words."""

    track: str
    place: str
    text: str
    start: float
    end: float


class HitModel(BaseModel):
    """One moment found. `why` says in a few words what speaks for it.

    `folder` is empty unless other videos have the same name; `location` is the absolute path.
    """

    rank: int
    video: int
    name: str
    folder: str = ""
    location: str
    start: float
    end: float
    score: float
    content_score: float
    emotion_score: float
    text_score: float = 0.0
    matches: list[MatchModel] = []
    emotions: dict[str, float]
    caption: str = ""
    weak: bool
    why: str


class SearchResponse(BaseModel):
    """Hits, best first; `emotions` are those that were asked with, `confident` whether any
    hit is a confident match.
    """

    hits: list[HitModel]
    emotions: dict[str, float]
    confident: bool
    milliseconds: float
    notes: list[str] = []


class Shelf(BaseModel):
    """Moments of one emotion."""

    emotion: Emotion
    hits: list[HitModel]


class VideoModel(BaseModel):
    """A video in the index: its file's name, the path as given when indexed, and where it lies.

    `folder` is empty unless other videos have the same name. What cannot be printed in a name is
    escaped.
    """

    id: int
    name: str
    folder: str = ""
    path: str
    location: str
    duration: float
    fps: float
    width: int
    height: int


class Stretch(BaseModel):
    """A segment of a timeline."""

    start: float
    end: float
    emotions: dict[str, float]
    caption: str = ""


class Timeline(BaseModel):
    """A video's emotions over time; `observes` are the emotions that could be seen at all."""

    video: VideoModel
    observes: list[str]
    stretches: list[Stretch]
    strip: int


class Point(BaseModel):
    """A segment on the map; `mood` is its strongest emotion, if it has one."""

    video: int
    name: str
    start: float
    x: float
    y: float
    mood: str = ""
    strength: float = 0.0


class MapResponse(BaseModel):
    """Segments in the plane, near to each other where they show like things."""

    method: str
    points: list[Point]


class Folder(BaseModel):
    """A folder that videos may be added from."""

    id: int
    name: str
    path: str


class AddRequest(Request):
    """Which folder to index."""

    folder: Annotated[int, Field(ge=0, le=1000)]


class Failure(BaseModel):
    """A file that could not be indexed, or only in part, and why."""

    path: str
    reason: str


class Indexing(BaseModel):
    """Where an indexing run stands."""

    state: Literal["idle", "running", "done", "failed"] = "idle"
    folder: str = ""
    path: str = ""
    done: float = 0
    total: int = 0
    summary: dict[str, int] = {}
    failures: list[Failure] = []
    error: str = ""


class Component(BaseModel):
    """A component and whether it can run."""

    kind: str
    name: str
    used: bool
    plugin: str
    package: str
    options: dict[str, Any]
    needs: list[str]
    licences: dict[str, str]
    problem: str


class Lack(BaseModel):
    """Something that is missing, and what to do."""

    part: str
    problem: str


class Health(BaseModel):
    """Whether the application can do its work: `limited` where some parts are missing."""

    status: Literal["ok", "limited", "empty", "unusable"]
    version: str
    preset: str
    videos: int
    segments: int
    lacks: list[Lack]


class Setup(BaseModel):
    """The configuration that the page needs before its first search.

    `observed` are the emotions that some component looks for in videos.
    """

    preset: str
    emotions: list[str]
    observed: list[str]
    fusions: list[str]
    fusion: str
    folders: list[Folder]


class Problem(BaseModel):
    """An error, after RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
