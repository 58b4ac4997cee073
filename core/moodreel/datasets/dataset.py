"""What a dataset holds: videos, captions that belong to them, and what was not found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from moodreel.media import Segment


@dataclass(frozen=True)
class Video:
    """A video, or a stretch of one.

    Args:
        name: how captions refer to it.
        path: the file; None where only its features are known.
        segment: the stretch that counts; None: the whole file.
        emotions: intensities that somebody labelled, by name; None: nobody did.
    """

    name: str
    path: Path | None = None
    segment: Segment | None = None
    emotions: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Caption:
    """A text about one video.

    Args:
        video: the video's name.
        emotions: what the text asks for, as the file gives it; None: the file does not say.
        split: such as "train", "val" or "test"; empty: the file does not say.
        kind: such as "emotional", "scene" or "neutral"; empty: the file does not say.
        labels: whatever else the file says of the pair.
        row: its place among the file's captions, from 0.
        role: one of `roles`; empty: a caption.
    """

    text: str
    video: str
    emotions: Mapping[str, float] | None = None
    split: str = ""
    kind: str = ""
    labels: Mapping[str, Any] = field(default_factory=dict)
    row: int = 0
    role: str = ""


@dataclass(frozen=True)
class SkippedRow:
    """A row of a file that was left out.

    Args:
        place: where it stands, such as "captions.csv:3".
        reason: why it was left out.
        split: the split that it belongs to.
    """

    place: str
    reason: str
    split: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class Dataset:
    """Videos and captions, in the order of the file.

    Args:
        captions: every one of them belongs to one of `videos`.
        absent: the captions whose videos were not found.
        skipped: the rows that were left out.
        grouped: whether captions with the same words are one query, for which the videos of
            all of them are right. The published benchmarks take each caption by itself.
        features: the folder of features made elsewhere; None: they are made from the files.
    """

    name: str
    videos: Sequence[Video]
    captions: Sequence[Caption]
    absent: Sequence[Caption] = ()
    skipped: Sequence[SkippedRow] = ()
    grouped: bool = True
    features: Path | None = None

    @property
    def missing(self) -> list[str]:
        """The names of the videos that have captions and were not found."""
        return list(dict.fromkeys(caption.video for caption in self.absent))

    @property
    def splits(self) -> list[str]:
        """The splits that captions name, in order of appearance."""
        named = (caption.split for caption in (*self.captions, *self.absent))
        return list(dict.fromkeys(split for split in named if split))

    def part(self, split: str) -> "Dataset":
        """Return the captions of one split and their videos; what is missing is of it alone."""
        return replace(
            self.of_captions([c for c in self.captions if c.split == split]),
            absent=[c for c in self.absent if c.split == split],
            skipped=[row for row in self.skipped if row.split == split],
        )

    def limit(self, videos: int) -> "Dataset":
        """Return the first few videos that have captions, for a quick look."""
        named = dict.fromkeys(caption.video for caption in self.captions)
        kept = set(list(named)[:videos])
        return self.of_captions([c for c in self.captions if c.video in kept])

    def of_captions(self, captions: Sequence[Caption]) -> "Dataset":
        """Return the same dataset with some of its captions, and the videos they name."""
        named = {caption.video for caption in captions}
        videos = [video for video in self.videos if video.name in named]
        return replace(self, videos=videos, captions=list(captions))
