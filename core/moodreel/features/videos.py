"""Cached features of a dataset's videos: made once by the indexer, and read from a folder.

Every component's outputs are kept under its own fingerprint, so one folder serves all presets,
and training and evaluation share it. Features are as an index holds them, in half precision.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from os.path import realpath
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from moodreel.catalog.catalog import Catalog
from moodreel.components import Components
from moodreel.datasets.dataset import Dataset, Video
from moodreel.datasets.precomputed import FEATURES
from moodreel.datasets.relevance import labelled_videos
from moodreel.decoding.shots import described_cut
from moodreel.emotions import EmotionScores
from moodreel.errors import InvalidInput, MoodreelError
from moodreel.features.tensors import check_vectors, read_tensors, unit_length
from moodreel.indexing.indexer import Indexer, Job
from moodreel.interfaces import VideoFeatures
from moodreel.media import Progress, Segment, VideoFacts
from moodreel.search.vectors import Source
from moodreel.storage.digests import digest

CACHE = Path(".moodreel") / "datasets"


@dataclass(frozen=True, eq=False)
class VideoSet:
    """Features of V videos in S segments, those of a video together, in the dataset's order.

    Args:
        videos: the V videos.
        owner: the column of each segment's video, ascending, [S].
        segments: the stretch of video of each segment.
        features: pooled [S, D]; frames [S, T, D] where every segment has T of them, or None.
        emotions: the emotions that the extractor saw in the segments, [S, 8].
        labels: the labelled emotions of the videos, [V, 8]; None where there are no labels.
        failed: the videos that cannot be read, each with the reason.
    """

    videos: Sequence[Video]
    owner: NDArray[np.int64]
    segments: Sequence[Segment]
    features: VideoFeatures
    emotions: EmotionScores
    labels: EmotionScores | None = None
    failed: Sequence[tuple[str, str]] = ()

    @property
    def names(self) -> list[str]:
        """The videos' names."""
        return [video.name for video in self.videos]

    @property
    def dim(self) -> int:
        """D, the length of a video's vector."""
        return int(self.features.pooled.shape[1])

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each video's segments begin, [V]."""
        return np.searchsorted(self.owner, np.arange(len(self.videos)))

    def by_video(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the best score of each video, [..., V], from those of segments, [..., S]."""
        whole = len(self.videos) == len(self.owner)
        return scores if whole else np.maximum.reduceat(scores, self.starts, axis=-1)

    def video_emotions(self) -> EmotionScores:
        """Return the emotions [V, 8]: as labelled, or else the most seen in any segment."""
        if self.labels is not None:
            return self.labels
        values = np.maximum.reduceat(self.emotions.values, self.starts, axis=0)
        seen = np.maximum.reduceat(self.emotions.observed, self.starts, axis=0)
        return EmotionScores(values, seen)


@dataclass(frozen=True)
class MomentIndexer(Indexer):
    """An indexer for which the stretches of each file are given.

    Args:
        moments: the stretches of each file, by its real path.
    """

    moments: Mapping[str, Sequence[Segment]] = field(default_factory=dict)

    def job_segments(self, job: Job, facts: VideoFacts) -> list[Segment]:
        """Return the stretches of a job's file; those that begin after its end are left out."""
        given = self.moments.get(job.file.location)
        if given is None or (job.complete and job.record):
            return super().job_segments(job, facts)
        kept = [Segment(s.start, min(s.end, facts.duration)) for s in given]
        return [segment for segment in kept if segment.start < segment.end]

    def cut_alike(self, one: str, other: str) -> bool:
        """Whether the same stretches of two files are given."""
        return self.moments.get(one) == self.moments.get(other)


def video_features(
    dataset: Dataset,
    components: Components,
    cache: str | Path = CACHE,
    frames: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> VideoSet:
    """Return the features of a dataset's videos, made where the cache does not hold them.

    Args:
        dataset: the videos and captions.
        components: the encoder and extractor that make the features, and the segmentation that
            cuts the videos.
        cache: the folder where features are kept.
        frames: whether to read the features and the emotions of single frames too.
        on_progress: called with the progress.

    Raises:
        InvalidInput: none of the videos is there.
    """
    if dataset.features is not None:
        return read_precomputed(dataset, frames)
    if not dataset.videos:
        raise InvalidInput(no_videos(dataset))
    cut = cut_moments(dataset.videos)
    catalog = open_cache(Path(cache), components, cut)
    source = Source(catalog, components.video_encoder, components.video_emotion)
    with closing(catalog):
        indexer = MomentIndexer(
            catalog,
            components.decoder,
            components.video_encoder,
            components.video_emotion,
            components.segmentation,
            on_progress,
            moments=cut,
            segmenter=components.segmenter,
        )
        done = indexer.run(list(dict.fromkeys(v.path for v in dataset.videos if v.path)))
        return read_features(dataset, source, frames, [*done.failed, *done.partial])


def no_videos(dataset: Dataset) -> str:
    """Say that none of a dataset's videos is there."""
    if not dataset.missing:
        return f"{dataset.name}: holds no captions; a row with a video and a caption is wanted"
    names = ", ".join(list(dataset.missing)[:3])
    return (
        f"{dataset.name}: none of its {len(dataset.missing)} videos was found ({names} ...); "
        "say where they lie: --videos DIR"
    )


def cut_moments(videos: Sequence[Video]) -> dict[str, list[Segment]]:
    """Return the stretches of each file that are videos of their own, by its real path."""
    cut: dict[str, list[Segment]] = {}
    for video in videos:
        if video.segment is not None and video.path is not None:
            cut.setdefault(realpath(video.path), []).append(video.segment)
    return {path: sorted(set(given), key=lambda s: (s.start, s.end)) for path, given in cut.items()}


def open_cache(
    cache: Path, components: Components, cut: Mapping[str, Sequence[Segment]]
) -> Catalog:
    """Open the catalog for one way of cutting videos."""
    cutting = described_cut(components.segmentation, components.segmenter)
    name = digest(f"{cutting} {sorted(cut.items()) if cut else ''}")
    return Catalog(cache / f"cut-{name}", create=True)


def read_features(
    dataset: Dataset, source: Source, frames: bool, failed: Sequence[tuple[str, str]]
) -> VideoSet:
    """Read what the cache holds of a dataset's videos."""
    damaged, stored = source.damaged, source.catalog.videos()
    records = {record.location: record.id for record in stored if record.id not in damaged}
    rows: list[tuple[int, Segment]] = []
    kept: list[Video] = []
    owner: list[int] = []
    for video in dataset.videos:
        found = video_segments(video, records, source.catalog)
        rows.extend(found)
        owner.extend([len(kept)] * len(found))
        kept.extend([video] if found else [])
    if not kept:
        raise MoodreelError(f"{dataset.name}: none of its videos can be read: {failed[0][1]}")
    ids = np.array([id for id, _ in rows], np.int64)
    return VideoSet(
        kept,
        np.array(owner, np.int64),
        [segment for _, segment in rows],
        stored_features(source, ids, frames),
        stored_emotions(source, ids, frames),
        labelled_videos(Dataset(dataset.name, kept, ())),
        failed,
    )


def video_segments(
    video: Video, records: Mapping[str, int | None], catalog: Catalog
) -> list[tuple[int, Segment]]:
    """Return the ids and stretches of a video's segments, none if it could not be read."""
    id = records.get(realpath(video.path)) if video.path else None
    if id is None:
        return []
    moments = [(moment.id, moment.segment) for moment in catalog.segments(id)]
    if video.segment is None:
        return moments
    start = video.segment.start
    within = [m for m in moments if m[1].start == start and m[1].end <= video.segment.end]
    return sorted(within, key=lambda moment: -moment[1].end)[:1]


def stored_features(source: Source, ids: NDArray[np.int64], frames: bool) -> VideoFeatures:
    """Return the features of segments by id, in the order of `ids`; one may come twice."""
    stored, pooled = source.catalog.load_features(source.encoder, np.unique(ids))
    if len(stored) != len(np.unique(ids)):
        raise InvalidInput(
            f"{source.catalog.folder} lacks features of this video encoder: bring it up to date "
            "with moodreel index, or choose the preset that it was made with"
        )
    load, encoder = source.catalog.load_frames, source.encoder
    features = VideoFeatures(torch.from_numpy(pooled))
    if frames:
        each = 1 + encoder.patches_per_frame
        shown = stack_frames(load(encoder, stored, encoder.dim), each)
        features = features.with_parts(shown, encoder.patches_per_frame)
    return features[np.searchsorted(stored, ids)]


def stack_frames(frames: Sequence[NDArray | None], each: int = 1) -> Tensor | None:
    """Return frame features [S, T each, D]; a segment with fewer repeats its last frame.

    Args:
        frames: of each segment, [T each, D], or None.
        each: how many vectors belong to a frame: its own, and those of its patches.
    """
    most = max((len(shown) for shown in frames if shown is not None), default=0)
    if not most or any(shown is None or not len(shown) for shown in frames):
        return None
    places = np.arange(most)
    padded = []
    for shown in frames:
        assert shown is not None
        beyond = np.maximum(places - len(shown), -1) // each + 1  # frames after the last one
        padded.append(shown[places - each * beyond])
    return torch.from_numpy(np.stack(padded))


def stored_emotions(source: Source, ids: NDArray[np.int64], frames: bool = False) -> EmotionScores:
    """Return the emotions [S, 8] of segments by id, in the order of `ids`; and of their frames."""
    unique, places = np.unique(ids, return_inverse=True)
    emotions = source.load_emotions(unique)
    return (source.with_frames(unique, emotions) if frames else emotions)[places]


def read_precomputed(dataset: Dataset, frames: bool) -> VideoSet:
    """Read the features of a folder that were made elsewhere."""
    assert dataset.features is not None
    if not dataset.videos:
        raise InvalidInput(f"{dataset.features / FEATURES}: holds none of the captions' videos")
    file = dataset.features / FEATURES
    held = read_tensors(file)
    rows = [held[video.name] for video in dataset.videos]
    check_vectors(file, {video.name: held[video.name] for video in dataset.videos})
    pooled = torch.stack([row.mean(0) if row.ndim == 2 else row for row in rows])
    shown = [row.numpy() if row.ndim == 2 else None for row in rows] if frames else [None]
    labels = labelled_videos(dataset)
    return VideoSet(
        dataset.videos,
        np.arange(len(rows)),
        [Segment(0.0, 0.0)] * len(rows),
        VideoFeatures(unit_length(pooled), stack_frames(shown)),
        labels if labels is not None else EmotionScores.unobserved(len(rows)),
        labels,
    )
