"""What each signal of mood sees in the videos of a dataset, for fitting their weights."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from moodreel.components import Components
from moodreel.datasets.dataset import Dataset
from moodreel.emotions import EmotionScores
from moodreel.errors import InvalidInput
from moodreel.features.videos import CACHE, video_features
from moodreel.interfaces import EmotionExtractor
from moodreel.media import Progress
from moodreel.registry.registry import Registry


class SignalComponents(Components):
    """The components of a configuration, with another extractor of videos' emotions.

    Args:
        registry: the configuration.
        extractor: the extractor.
    """

    def __init__(self, registry: Registry, extractor: EmotionExtractor) -> None:
        super().__init__(registry)
        self.video_emotion = extractor


def signal_emotions(
    dataset: Dataset,
    registry: Registry,
    joining: EmotionExtractor,
    cache: str | Path = CACHE,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> tuple[Mapping[str, EmotionScores], EmotionScores]:
    """Return what each signal sees in V labelled videos, [V, 8] each, and their labels [V, 8].

    A video's emotions are the most that is seen in any of its segments. What an index of the
    dataset's cache holds already is not made again.

    Args:
        dataset: the videos with their labelled emotions.
        registry: the configuration.
        joining: the extractor that joins the signals.
        cache: the folder where features are kept.
        on_progress: called with the progress.

    Raises:
        InvalidInput: no video has labels.
    """
    labelled = replace(dataset, videos=[v for v in dataset.videos if v.emotions is not None])
    if not labelled.videos:
        raise InvalidInput(f"{dataset.name}: no video has labels: a row's labels.emotions")
    together = SignalComponents(registry, joining)  # all of them in one pass over the files
    labels = video_features(labelled, together, cache, on_progress=on_progress).labels
    seen: dict[str, EmotionScores] = {}
    for name, signal in joining.signals.items():
        videos = video_features(labelled, SignalComponents(registry, signal), cache)
        seen[name] = replace(videos, labels=None).video_emotions()
    assert labels is not None
    return seen, labels
