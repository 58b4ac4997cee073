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
    Segmenter,
    TextEncoder,
    TextSpotter,
    Transcriber,
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
    "Segmenter",
    "TextEncoder",
    "TextFeatures",
    "TextFitReport",
    "TextFittable",
    "TextSpotter",
    "Transcriber",
    "VectorStore",
    "VideoEncoder",
    "VideoFeatures",
    "VideoReader",
    "VideoTokens",
]
