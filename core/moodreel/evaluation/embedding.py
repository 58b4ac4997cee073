"""Embedding maps: videos and texts by t-SNE under several strategies, aligned to be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import Emotion
from moodreel.errors import InvalidInput, MissingPackage, is_installed
from moodreel.evaluation.candidates import distinct_names
from moodreel.evaluation.material import Material
from moodreel.evaluation.metrics import geometry
from moodreel.evaluation.scoring import Scoring, score_strategy

# Twice as many as scikit-learn's default, so that maps of about 30 points come to rest: the same
# strategy twice must give the same map (held by a test). The number itself is a judgement.
ITERATIONS = 2000
SLOWEST = 5.0  # the least learning rate, for few points: a judgement, not measured
PERPLEXITY = 30.0  # scikit-learn's default
# Up to so many points the exact method is used, which takes seconds; the approximate one sums in
# threads in any order, so that few points settle anywhere. The number is a judgement.
FEW = 200
FEWEST = 5  # points below which there is no map: a judgement, not measured
# The intensity from which an item is drawn with its strongest emotion: a judgement, not measured.
LEAST = 0.2


@dataclass(frozen=True)
class Point:
    """A segment or a text on the map.

    Args:
        kind: "video" or "text".
        name: the video's name, or the text.
        emotion: the strongest emotion; "" for none.
        start: where the segment starts, in seconds.
        end: where the segment ends, in seconds.
        video: the column of the segment's video; -1 for a text.
    """

    kind: str
    name: str
    emotion: str
    start: float = 0.0
    end: float = 0.0
    video: int = -1


@dataclass(frozen=True)
class Numbers:
    """Measures of a strategy's vector space against the first strategy's, before any projection.

    Args:
        purity: the share of emotional segments' nearest neighbours that have the same emotion.
        chance: that share if neighbours were drawn at random.
        gap: the modality gap: the distance between the mean text and the mean video.
        cka_videos: linear CKA of the videos' vectors with the first strategy's, 0 to 1.
        cka_texts: linear CKA of the texts' vectors with the first strategy's, 0 to 1.
        kept: the share of nearest neighbours that are also the first strategy's.
        moved: the mean distance that unit vectors moved, by emotion; "none" for items without.
    """

    purity: float
    chance: float
    gap: float
    cka_videos: float
    cka_texts: float
    kept: float
    moved: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """The points of a map with their places under each strategy.

    Args:
        collection: the name of what is mapped.
        points: the N segments and texts.
        places: for each strategy, the places [N, 2] of the points, in the order of `points`.
        numbers: for each strategy, the measures of its vector space.
        judge: what says which emotions videos show: labels, or an extractor.
    """

    collection: str
    points: Sequence[Point]
    places: Mapping[str, NDArray[np.float64]]
    numbers: Mapping[str, Numbers]
    judge: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "collection": self.collection,
            "emotions of videos by": self.judge,
            "points": [asdict(point) for point in self.points],
            "places": {name: found.round(4).tolist() for name, found in self.places.items()},
            "numbers": {name: asdict(found) for name, found in self.numbers.items()},
        }


def make_map(
    material: Material, names: Sequence[str], most: int = 2000, seed: int = 0
) -> EmbeddingMap:
    """Map the segments and texts of a collection under strategies.

    t-SNE (van der Maaten & Hinton 2008) of the first starts from principal components, that of
    every other from the first's result, and is then moved, turned and sized onto it as a whole,
    which t-SNE leaves open. So what does not change stays where it is.

    Args:
        material: the videos and texts to map.
        names: the strategies: names of components, or folders of trained ones.
        most: the most segments on the map; of more, an even choice is taken.
        seed: the seed of t-SNE.

    Raises:
        InvalidInput: too few points.
        MissingPackage: scikit-learn is not installed.
    """
    rows = even_choice(len(material.videos.owner), most)
    points = [*video_points(material, rows), *text_points(material)]
    if len(points) < FEWEST:
        raise InvalidInput(f"a map needs {FEWEST} videos and texts or more, got {len(points)}")
    spaces = {
        label: space_of(score_strategy(material, name), rows)
        for label, name in zip(distinct_names(names), names, strict=True)
    }
    places: dict[str, NDArray[np.float64]] = {}
    for label, (texts, videos) in spaces.items():
        start = next(iter(places.values()), None)
        places[label] = project(np.concatenate([videos, texts]), start, seed)
    first = next(iter(spaces.values()))
    numbers = {label: measure_space(space, first, points) for label, space in spaces.items()}
    return EmbeddingMap(material.dataset.name, points, places, numbers, material.judge)


def even_choice(count: int, most: int) -> NDArray[np.int64]:
    """Return at most `most` of the numbers below `count`, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def video_points(material: Material, rows: NDArray[np.int64]) -> list[Point]:
    """Return the points of segments, with labelled emotions where there are any."""
    videos = material.videos
    values = videos.emotions.values
    if videos.labels is not None:
        values = videos.labels.values[videos.owner]
    return [
        Point(
            "video",
            videos.names[videos.owner[row]],
            strongest(values[row]),
            videos.segments[row].start,
            videos.segments[row].end,
            int(videos.owner[row]),
        )
        for row in rows
    ]


def text_points(material: Material) -> list[Point]:
    """Return the points of texts."""
    texts = material.queries.texts
    return [
        Point("text", text, strongest(material.judged.values[row]))
        for row, text in enumerate(texts)
    ]


def strongest(values: NDArray[np.float32]) -> str:
    """Return the strongest emotion of intensities [8], "" where none is strong enough."""
    best = int(values.argmax())
    return list(Emotion)[best].value if values[best] >= LEAST else ""


def space_of(
    scoring: Scoring, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the vectors of texts and of chosen segments, mood at one scale on both sides."""
    dim = scoring.material.videos.dim
    return geometry.balanced(scoring.queries, scoring.segments[rows], dim)


def project(
    vectors: NDArray[np.float64], start: NDArray[np.float64] | None, seed: int
) -> NDArray[np.float64]:
    """Return the places [N, 2] of vectors [N, D] by t-SNE, by cosine.

    Args:
        vectors: the vectors to project, [N, D].
        start: places [N, 2] to start from, as an earlier call returned them; None starts from
            principal components.
        seed: the seed of t-SNE.
    """
    if not is_installed("sklearn"):
        raise MissingPackage(
            'a map needs the package scikit-learn: pip install "moodreel[evaluate]"'
        )
    from sklearn.manifold import TSNE

    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
        init="pca" if start is None else start.astype(np.float32),
        early_exaggeration=12.0 if start is None else 1.0,  # 1: points are not thrown about first
        # scikit-learn's rate is at least 50, with which few points never come to rest.
        learning_rate=max(len(vectors) / 48, SLOWEST),
        max_iter=ITERATIONS,
        # The approximation sums in several threads, in any order: few points then settle anywhere.
        method="exact" if len(vectors) <= FEW else "barnes_hut",
        random_state=seed,
    )
    places = np.asarray(tsne.fit_transform(geometry.unit(vectors).astype(np.float32)), np.float64)
    return places - places.mean(0) if start is None else geometry.aligned(places, start)


Space = tuple[NDArray[np.float64], NDArray[np.float64]]


def measure_space(space: Space, first: Space, points: Sequence[Point]) -> Numbers:
    """Return the measures of a strategy's space against the first's."""
    (texts, videos), (first_texts, first_videos) = space, first
    shown = points[: len(videos)]
    owners = np.array([point.video for point in shown])
    near, before = geometry.nearest(videos, owners), geometry.nearest(first_videos, owners)
    labels = [point.emotion for point in shown]
    purity, chance = geometry.emotion_purity(near, labels, owners)
    moved = np.concatenate(
        [geometry.displacement(first_videos, videos), geometry.displacement(first_texts, texts)]
    )
    return Numbers(
        purity,
        chance,
        geometry.modality_gap(texts, videos),
        geometry.linear_cka(first_videos, videos),
        geometry.linear_cka(first_texts, texts) if len(texts) > 1 else float("nan"),
        geometry.neighbours_kept(before, near),
        moved_by_emotion(moved, points),
    )


def moved_by_emotion(moved: NDArray[np.float64], points: Sequence[Point]) -> dict[str, float]:
    """Return the mean of distances by emotion, and "none" for points without."""
    names = np.array([point.emotion or "none" for point in points])
    order = [*(emotion.value for emotion in Emotion), "none"]
    return {name: float(moved[names == name].mean()) for name in order if (names == name).any()}
