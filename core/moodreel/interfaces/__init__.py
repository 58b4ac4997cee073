"""The kinds of component: what each offers, how moodreel calls it, and what it must return."""

from moodreel.interfaces.features import TextFeatures, VideoFeatures
from moodreel.interfaces.fitting import FitReport, Fittable, TextFitReport, TextFittable
from moodreel.interfaces.injection import (
    AddedTokens,
    Inject,
    Injection,
    InjectVideo,
    VideoTokens,
)
from moodreel.interfaces.kinds import (
    Captioner,
    Component,
    Converter,
    EmotionExtractor,
    Requirement,
    TextEncoder,
    VectorStore,
    VideoEncoder,
    VideoReader,
)

__all__ = [
    "AddedTokens",
    "Captioner",
    "Component",
    "Converter",
    "EmotionExtractor",
    "FitReport",
    "Fittable",
    "Inject",
    "InjectVideo",
    "Injection",
    "Requirement",
    "TextEncoder",
    "TextFeatures",
    "TextFitReport",
    "TextFittable",
    "VectorStore",
    "VideoEncoder",
    "VideoFeatures",
    "VideoReader",
    "VideoTokens",
]
