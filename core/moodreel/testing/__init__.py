"""Conformance checks that any plugin's author can call on a component, one for each kind.

    from moodreel.testing import check_fusion

    def test_my_strategy():
        check_fusion(MyStrategy())

Each raises AssertionError with what the contract says and what the component does.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType

from moodreel.testing.captioners import check_captioner
from moodreel.testing.encoders import check_text_encoder, check_video_encoder
from moodreel.testing.extractors import check_emotion_extractor
from moodreel.testing.listeners import check_text_spotter, check_transcriber
from moodreel.testing.readers import check_video_reader
from moodreel.testing.samples import (
    no_emotion,
    sample_clips,
    sample_emotions,
    sample_sounds,
    sample_text,
    sample_video,
)
from moodreel.testing.segmenters import check_segmenter
from moodreel.testing.stores import check_search, check_vector_store
from moodreel.testing.strategies import check_fusion

Check = Callable[..., None]


def kind_checked(check: Check) -> str:
    """Return the kind of component that a check takes first."""
    component = next(iter(signature(check).parameters.values()))
    kind: str = component.annotation.kind
    return kind


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        kind_checked(check): check
        for check in (
            check_video_reader,
            check_video_encoder,
            check_text_encoder,
            check_emotion_extractor,
            check_captioner,
            check_transcriber,
            check_text_spotter,
            check_segmenter,
            check_fusion,
            check_vector_store,
        )
    }
)
"""The check of each kind of component."""

__all__ = [
    "CHECKS",
    "check_captioner",
    "check_emotion_extractor",
    "check_fusion",
    "check_search",
    "check_segmenter",
    "check_text_encoder",
    "check_text_spotter",
    "check_transcriber",
    "check_vector_store",
    "check_video_encoder",
    "check_video_reader",
    "no_emotion",
    "sample_clips",
    "sample_emotions",
    "sample_sounds",
    "sample_text",
    "sample_video",
]
