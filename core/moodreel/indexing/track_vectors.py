"""Vectors of what is said and written in segments, to be searched by meaning."""

from collections.abc import Sequence

import numpy as np

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.damage import damaged_by
from moodreel.catalog.records import SegmentFeatures, VideoRecord
from moodreel.catalog.tracks import load_texts, overlapping_words
from moodreel.indexing.captions import VIDEOS_AT_ONCE, CaptionEncoder
from moodreel.interfaces import TextEncoder, TextSpotter, Transcriber


class TrackEncoder(CaptionEncoder):
    """Encodes a segment by what is said or written in it: the text encoder's vector of the words.

    Args:
        tracker: the transcriber or the text spotter whose words they are.
        text_encoder: the encoder of the words and of queries alike.
    """

    def __init__(self, tracker: Transcriber | TextSpotter, text_encoder: TextEncoder) -> None:
        super().__init__(None, text_encoder)
        self.tracker = tracker
        self.fingerprint = f"track-{tracker.fingerprint}-{text_encoder.fingerprint}"


def embed_tracks(catalog: Catalog, encoder: TrackEncoder, videos: Sequence[VideoRecord]) -> None:
    """Turn the words of videos into features, where that is not done yet."""
    done = catalog.finished(encoder) - damaged_by(catalog, encoder)
    heard = catalog.finished(encoder.tracker)
    todo = [video.id for video in videos if video.id in heard and video.id not in done]
    for start in range(0, len(todo), VIDEOS_AT_ONCE):
        chosen = [video for video in todo[start : start + VIDEOS_AT_ONCE] if video is not None]
        embed_words(catalog, encoder, chosen)


def embed_words(catalog: Catalog, encoder: TrackEncoder, videos: Sequence[int]) -> None:
    """Turn the words of a few videos into features. A segment without words has none."""
    texts = load_texts(catalog, encoder.tracker, videos)
    words = {
        moment.id: found
        for video in texts
        for moment in catalog.segments(video)
        if (found := overlapping_words(texts[video], moment.segment))
    }
    features = SegmentFeatures(np.zeros((0, encoder.dim), np.float32), [])
    if words:
        features = encoder.encode_captions(list(words.values()))
    catalog.add_features(encoder, list(words), features, videos)
