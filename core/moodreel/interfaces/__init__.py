"""The kinds of component: what each offers, how moodreel calls it, and what it must return."""

from moodreel.interfaces.features import TextFeatures, VideoFeatures
from moodreel.interfaces.fitting import (
    FitReport,
    Fittable,
    SignalFitReport,
    SignalFittable,
    SoundFitReport,
    SoundFittable,
    TextFitReport,
    TextFittable,
)
from moodreel.interfaces.hub_models import TRANSFORMERS, HubForm, HubModel, named_model
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
    "TRANSFORMERS",
    "AddedTokens",
    "Captioner",
    "Component",
    "Converter",
    "EmotionExtractor",
    "FitReport",
    "Fittable",
    "HubForm",
    "HubModel",
    "Inject",
    "InjectVideo",
    "Injection",
    "Requirement",
    "Segmenter",
    "SignalFitReport",
    "SignalFittable",
    "SoundFitReport",
    "SoundFittable",
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
    "named_model",
]
