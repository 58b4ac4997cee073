"""reaction-clips as the fusion benchmark sees them: made, read and cross-fitted once.

The face classifier's last layer is fitted to faces for training. A layer knows the faces that it
was fitted to better than it will know any others, so a strategy trained on them would trust it too
much: clips for training are read by a layer that was fitted without their faces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel import Clip, EmotionScores, Engine, create
from moodreel.datasets import Caption, Dataset, load_dataset
from moodreel.datasets.builders.reaction_clips import Face, make_reactions
from moodreel.interfaces import EmotionExtractor, Fittable, VideoFeatures
from moodreel.media import Progress
from moodreel.training.examples import Examples, load_examples

TRAINED = ("train", "val", "rest")
FOLDS = 4  # of the people whose faces are trained on
OVERRIDES = ["segments.length=0", "video_emotion=null"]  # whole clips; faces are read here


@dataclass(frozen=True, eq=False)
class Split:
    """Examples, and the emotions of each frame by itself, [V * T, 8]."""

    examples: Examples
    each_frame: EmotionScores


def open_engine(preset: str, work: Path) -> Engine:
    """Return the engine that takes each clip as a whole."""
    return Engine.from_preset(preset, index=work / "index", overrides=OVERRIDES)


def make_clips(faces: Path, work: Path, seed: int) -> Dataset:
    """Make the clips, or find them made."""
    make_reactions(work / "reaction-clips", faces, seed=seed, on_progress=show)
    return load_dataset(work / "reaction-clips")


def load_splits(engine: Engine, dataset: Dataset, work: Path) -> tuple[Split, Split]:
    """Return what strategies train on, and what they are tested on."""
    chosen = [caption for caption in dataset.captions if caption.split in TRAINED]
    extractors = [
        fitted_extractor(engine, dataset, captions, work / f"head-{name}.safetensors")
        for name, captions in (*kept_out(chosen), ("all", chosen))
    ]
    train = load_split(engine, dataset, TRAINED, extractors[:FOLDS], work)
    test = load_split(engine, dataset, ("test",), extractors[FOLDS:], work)
    return train, test


def kept_out(captions: Sequence[Caption]) -> list[tuple[str, list[Caption]]]:
    """Return for each fold the captions of all other folds."""
    folds = range(FOLDS)
    return [
        (f"without-{fold}", [caption for caption in captions if fold_of(caption) != fold])
        for fold in folds
    ]


def fold_of(caption: Caption) -> int:
    """Return the fold of the person in a clip."""
    person = Face(Path(caption.labels["face"]), caption.labels["expression"]).person
    return sum(person.encode()) % FOLDS


def fitted_extractor(
    engine: Engine, dataset: Dataset, captions: Sequence[Caption], head: Path
) -> EmotionExtractor:
    """Return a reader of faces whose last layer is fitted to one clip of each face."""
    if not head.exists():
        chosen = list({caption.labels["face"]: caption for caption in captions}.values())
        paths = {video.name: str(video.path) for video in dataset.videos}
        clips = [middle_frame(engine.clip(paths[caption.video])) for caption in chosen]
        plain = create("emotion_extractor", "face")
        assert isinstance(plain, Fittable)
        plain.fit(clips, [caption.labels["expression"] for caption in chosen], head)
    return create("emotion_extractor", "face", head=str(head))


def middle_frame(clip: Clip) -> Clip:
    """Return the middle frame of a clip."""
    return clip.frame(len(clip) // 2)


def load_split(
    engine: Engine,
    dataset: Dataset,
    splits: Sequence[str],
    extractors: Sequence[EmotionExtractor],
    work: Path,
) -> Split:
    """Return the features of some splits, each clip's faces read by its fold's extractor."""
    part = dataset.of_captions([c for c in dataset.captions if c.split in splits])
    examples = load_examples(
        part, engine.components, frames=True, tokens=True, cache=work / "cache", on_progress=show
    )
    file = work / f"faces-{'-'.join(splits)}.npz"
    if not file.exists():
        values, observed = read_faces(engine, part, extractors)
        np.savez(file, values=values, observed=observed)
    held = np.load(file)
    values, observed = held["values"], held["observed"]
    return Split(
        replace(examples, seen=EmotionScores(values[:, 0], observed[:, 0])),
        EmotionScores(values[:, 1:].reshape(-1, 8), observed[:, 1:].reshape(-1, 8)),
    )


def read_faces(
    engine: Engine, dataset: Dataset, extractors: Sequence[EmotionExtractor]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the emotions [V, 1 + T, 8] of each clip as a whole and of its frames."""
    shown_in = {caption.video: caption for caption in dataset.captions}
    parts = []
    for done, video in enumerate(dataset.videos):
        show(Progress(video.name, done, len(dataset.videos)))
        clip = engine.clip(str(video.path))
        frames = [clip.frame(place) for place in range(len(clip))]
        extractor = extractors[fold_of(shown_in[video.name]) % len(extractors)]
        parts.append(extractor.extract([clip, *frames]))
    return np.stack([part.values for part in parts]), np.stack([part.observed for part in parts])


def single_frames(split: Split) -> Examples:
    """Return examples in which every frame is a video of its own, with its own emotion."""
    examples, frames = split.examples, split.examples.video.frames
    assert frames is not None
    each = frames.shape[1]
    video = VideoFeatures(torch.nn.functional.normalize(frames.flatten(0, 1), dim=-1), None)
    place = np.arange(each)
    return replace(
        examples,
        captions=[caption for caption in examples.captions for _ in place],
        video_of=(examples.video_of[:, None] * each + place).reshape(-1),
        text_of=np.repeat(examples.text_of, each),
        video=video,
        seen=split.each_frame,
    )


def show(progress: Progress) -> None:
    """Say how far the work is, now and then."""
    if progress.done % 200 == 0:
        print(f"{progress.done} of {progress.total} {progress.label}", flush=True)
