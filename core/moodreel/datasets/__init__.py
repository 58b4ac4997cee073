"""Datasets of videos and captions, by name and by path, and their features."""

from moodreel.datasets.dataset import Caption, Dataset, Video
from moodreel.datasets.loading import load_dataset

__all__ = ["Caption", "Dataset", "Video", "load_dataset"]
