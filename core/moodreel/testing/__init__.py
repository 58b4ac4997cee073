"""Conformance checks that any plugin's author can call on a component, one for each kind.

    from moodreel.testing import check_fusion

    def test_my_strategy():
        check_fusion(MyStrategy())

Each raises AssertionError with what the contract says and what the component does.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from moodreel.testing.captioners import check_captioner
from moodreel.testing.encoders import check_text_encoder, check_video_encoder
from moodreel.testing.extractors import check_emotion_extractor
from moodreel.testing.readers import check_video_reader
from moodreel.testing.samples import (
    no_emotion,
    sample_clips,
    sample_emotions,
    sample_text,
    sample_video,
)
from moodreel.testing.stores import check_search, check_vector_store
from moodreel.testing.strategies import check_fusion

CHECKS: Mapping[str, Callable[[Any], None]] = MappingProxyType(
    {
        "video_reader": check_video_reader,
        "video_encoder": check_video_encoder,
        "text_encoder": check_text_encoder,
        "emotion_extractor": check_emotion_extractor,
        "captioner": check_captioner,
        "fusion_strategy": check_fusion,
        "vector_store": check_vector_store,
    }
)
"""The check of each kind of component."""

__all__ = [
    "CHECKS",
    "check_captioner",
    "check_emotion_extractor",
    "check_fusion",
    "check_search",
    "check_text_encoder",
    "check_vector_store",
    "check_video_encoder",
    "check_video_reader",
    "no_emotion",
    "sample_clips",
    "sample_emotions",
    "sample_text",
    "sample_video",
]
