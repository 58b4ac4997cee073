"""Rows of captions and their emotions, and the published selection of emotional videos."""

import json

from moodreel import Emotion, EmotionScores
from moodreel.datasets.annotation import annotate, caption_rows
from moodreel.datasets.selection import select_by_sentiment
from moodreel.interfaces import EmotionExtractor

EMOTIONAL = {"didemo_test69_emotion": 63, "msrvtt_test34_emotion": 29, "msvd_test137_emotion": 136}
NEUTRAL = ("didemo_test69_neutural", "msrvtt_test34_neutral")


class JoyOnly(EmotionExtractor):
    """Sees joy, in every text that says so."""

    modality = "text"
    observes = frozenset([Emotion.JOY])

    def extract(self, inputs):
        return EmotionScores.of([{"joy": float("joy" in text)} for text in inputs])


def test_the_published_selection_is_reproduced(shared_data, registry):
    vader = registry.create("emotion_extractor", "vader")
    counts = {}
    for name in (*EMOTIONAL, *NEUTRAL):
        path = shared_data / "annotations" / f"{name}.json"
        rows = list(caption_rows(json.loads(path.read_text(encoding="utf-8")), name))
        counts[name] = len(select_by_sentiment(rows, vader))
    assert counts == {**EMOTIONAL, **dict.fromkeys(NEUTRAL, 0)}
    assert sum(EMOTIONAL.values()) == 228


def test_several_captions_of_a_row_become_rows():
    rows = list(caption_rows([{"video_id": "v1", "caption": ["one", "two"]}], "list"))
    assert [(row["video_id"], row["caption"]) for row in rows] == [("v1", "one"), ("v1", "two")]


def test_what_an_extractor_cannot_tell_is_null():
    rows = list(caption_rows([{"video": "v", "caption": "joy"}], "list"))
    (row,) = annotate(rows, JoyOnly())
    assert row["joy"] == 1
    assert {row[name] for name in ("trust", "positive", "negative", "neutral", "emotion")} == {None}
