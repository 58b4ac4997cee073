"""Captions of an index: read from files beside the videos, and encoded to be searched."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.damage import damaged_by
from moodreel.catalog.records import CAPTION_ENCODER, SegmentFeatures, VideoRecord
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel.indexing.sidecars import Sidecars, sidecar_version
from moodreel.interfaces import Captioner, TextEncoder, VideoEncoder, VideoFeatures
from moodreel.media import Clip
from moodreel.subtitles.cues import read_cues
from moodreel.subtitles.fitting import segment_captions

VIDEOS_AT_ONCE = 32  # videos whose captions are encoded together: a judgement, not measured


class CaptionEncoder(VideoEncoder):
    """Encodes a clip by its caption: the text encoder's vector of what the captioner says.

    So captions are searched as frames are, with the same fusion, in vectors of their own.

    Args:
        captioner: the captioner; None where captions only come from files beside the videos.
        text_encoder: the encoder of captions and queries alike.
    """

    kind: ClassVar[str] = CAPTION_ENCODER

    def __init__(self, captioner: Captioner | None, text_encoder: TextEncoder) -> None:
        self.captioner = captioner
        self.text_encoder = text_encoder
        parts = [part.fingerprint for part in (captioner, text_encoder) if part]
        self.fingerprint = "captions-" + "-".join(parts)

    @property
    def space(self) -> str:
        """The text encoder's space."""
        return self.text_encoder.space

    @property
    def dim(self) -> int:
        """D, the length of the text encoder's vectors."""
        return self.text_encoder.dim

    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:
        """Return features [B, D] of clips."""
        if self.captioner is None:
            raise ConfigurationError("no captioner is chosen; set captioner")
        return VideoFeatures(self.text_encoder.encode(self.captioner.caption(clips)).pooled)

    @torch.inference_mode()
    def encode_captions(self, captions: Sequence[str]) -> SegmentFeatures:
        """Return the features [n, D] of n captions, as the catalog stores them."""
        pooled = self.text_encoder.encode(captions).pooled.float().cpu().numpy()
        return SegmentFeatures(pooled, [None] * len(captions))


def follow_sidecars(catalog: Catalog, videos: Sequence[VideoRecord]) -> list[tuple[str, str]]:
    """Update the captions of videos from the files beside them.

    Returns:
        The paths of videos whose captions cannot be read, each with the reason.
    """
    problems: list[tuple[str, str]] = []
    sidecars = Sidecars()
    for video in videos:
        try:
            follow_sidecar(catalog, video, sidecars)
        except InvalidInput as error:
            problems.append((video.path, f"captions beside it: {error}"))
    return problems


def follow_sidecar(catalog: Catalog, video: VideoRecord, sidecars: Sidecars) -> None:
    """Store the captions beside one video, or forget them, if they have changed.

    A video that is gone keeps its captions, as it keeps its features.
    """
    file = sidecars.find(video.location)
    path = Path(video.location).with_name(file.name) if file else None
    version = sidecar_version(path) if path else ""
    if version == video.sidecar or video.id is None or not os.path.exists(video.location):
        return
    segments = [moment.segment for moment in catalog.segments(video.id)]
    cues = read_cues(path, file.tags.language, video.fps) if file and path else []
    catalog.put_given(video.with_sidecar(version), segment_captions(cues, segments))


def embed_captions(
    catalog: Catalog, encoder: CaptionEncoder, videos: Sequence[VideoRecord]
) -> None:
    """Turn the captions of videos into features, where that is not done yet."""
    done = catalog.finished(encoder) - damaged_by(catalog, encoder)
    todo = [video.id for video in videos if video.id is not None and video.id not in done]
    for start in range(0, len(todo), VIDEOS_AT_ONCE):
        embed_some(catalog, encoder, todo[start : start + VIDEOS_AT_ONCE])


def embed_some(catalog: Catalog, encoder: CaptionEncoder, videos: Sequence[int]) -> None:
    """Turn the captions of a few videos into features. A segment without a caption has none."""
    ids = [moment.id for video in videos for moment in catalog.segments(video)]
    captions = catalog.load_captions(encoder.captioner, ids)
    features = SegmentFeatures(np.zeros((0, encoder.dim), np.float32), [])
    if captions:
        features = encoder.encode_captions(list(captions.values()))
    catalog.add_features(encoder, list(captions), features, videos)
