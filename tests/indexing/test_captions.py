"""Captions from end to end: made, given, replaced, shown, and searched."""

import shutil

import pytest

from moodreel import Engine, Registry
from moodreel.errors import CatalogError, ConfigurationError
from moodreel.indexing.captions import CaptionEncoder
from moodreel.registry.settings import load_settings
from nearness import HALVES, ROUNDING, assert_near
from numbered_videos import KINDS

SUBTITLES = """WEBVTT

00:00.000 --> 00:04.500
We should have taken the train to Vienna.

00:05.500 --> 00:09.000
The soup tastes of pepper and onions.
"""


@pytest.fixture
def folder(demo, tmp_path):
    """A folder with two of the sample videos."""
    for name in ("bikes.mp4", "coffee.mp4"):
        shutil.copy2(demo / "videos" / name, tmp_path)
    return tmp_path


@pytest.fixture
def open_index(folder, engine):
    """Open an index with the components of the session's engine, which are loaded already."""

    def open_engine(*overrides):
        registry = Registry(load_settings("starter", overrides=["video_emotion=null", *overrides]))
        registry._built = engine.registry._built
        return Engine(registry, folder / "index")

    return open_engine


def captions(engine, name="bikes.mp4"):
    """Return the captions of a video's segments, in time."""
    (video,) = [video for video in engine.catalog.videos() if video.path.endswith(name)]
    ids = [moment.id for moment in engine.catalog.segments(video.id)]
    found = engine.catalog.load_captions(engine.components.captioner, ids)
    return [found.get(id, "") for id in ids]


def test_captions_of_the_demo_say_what_is_certain_in_at_most_16_words(engine):
    segments = [m.id for v in engine.catalog.videos() for m in engine.catalog.segments(v.id)]
    found = engine.catalog.load_captions(engine.components.captioner)
    assert set(found) < set(segments), "where nothing is certain, nothing is said"
    assert "a cup of coffee" in found.values()
    assert max(len(caption.split()) for caption in found.values()) <= 16


def test_captions_stay_in_step_with_a_picture_that_starts_late(tmp_path, engine_at):
    """Subtitles count from where players begin, which is where the sound does."""
    KINDS["late.mkv"](tmp_path / "late.mkv")
    (tmp_path / "late.srt").write_text("1\n00:00:11,000 --> 00:00:13,500\nHere comes the train.\n")
    with engine_at(tmp_path / "index", "captioner=null", "video_emotion=null") as engine:
        engine.index(tmp_path)
        assert captions(engine, "late.mkv") == ["", "", "Here comes the train."]


def test_a_hit_has_the_caption_of_its_best_part(engine):
    hit = engine.search("a cup of coffee", top=1)[0]
    assert hit.video.endswith("coffee.mp4")
    assert "coffee" in hit.caption
    assert hit.to_dict()["caption"] == hit.caption


def test_captions_are_searched_instead_of_frames(engine):
    hits = engine.search("a tripod", top=3, inside="captions")
    assert "tripod" in hits[0].caption
    meant = "three wooden legs that carry something"  # none of these words is in a caption
    (best,) = engine.search(meant, top=1, inside="captions")
    vector = engine.encode_text(meant) @ engine.encode_text(best.caption)
    assert best.score == pytest.approx(vector, abs=HALVES)
    said = engine.encode_text("a tripod") @ engine.encode_text(hits[0].caption)
    assert hits[0].score == pytest.approx(said, abs=HALVES), "its words add nothing to its meaning"


def test_captions_are_searched_by_mood_as_frames_are(engine):
    mood = engine.search("a bow tie", emotions={"fear": 1}, weight=0.9, inside="captions", top=1)[0]
    assert mood.emotion_score != 0
    parts = mood.content_score + mood.emotion_score
    assert mood.score == pytest.approx(parts, abs=ROUNDING)


def test_subtitles_beside_a_video_are_its_captions(folder, open_index):
    (folder / "bikes.vtt").write_text(SUBTITLES)
    with open_index() as engine:
        engine.index(folder)
        assert captions(engine) == [
            "We should have taken the train to Vienna.",
            "The soup tastes of pepper and onions.",
        ]
        hit = engine.search("cooking with vegetables", inside="captions", top=1)[0]
        assert (hit.start, hit.caption) == (5.0, "The soup tastes of pepper and onions.")
        assert "coffee" in captions(engine, "coffee.mp4")[0]


def test_changed_subtitles_are_read_again_and_nothing_is_decoded(folder, open_index):
    with open_index() as engine:
        engine.index(folder)
        made = captions(engine)
        (folder / "bikes.srt").write_text("1\n00:00:00,000 --> 00:00:04,000\nOn to Vienna!\n")
        report = engine.index(folder)
        assert len(report.unchanged) == 2
        assert captions(engine) == ["On to Vienna!", made[1]]
        assert engine.search("Vienna", inside="captions")[0].caption == "On to Vienna!"
        (folder / "bikes.srt").unlink()
        engine.index(folder)
        assert captions(engine) == made
        assert engine.search("Vienna", inside="captions")[0].caption != "On to Vienna!"


def test_a_video_that_is_gone_keeps_its_captions(folder, open_index):
    (folder / "bikes.vtt").write_text(SUBTITLES)
    with open_index() as engine:
        engine.index(folder)
        given = captions(engine)
        (folder / "bikes.mp4").unlink()
        (folder / "bikes.vtt").unlink()
        assert engine.index(folder).missing
        assert captions(engine) == given


def test_nothing_is_written_when_nothing_has_changed(folder, open_index):
    (folder / "bikes.vtt").write_text(SUBTITLES)
    with open_index() as engine:
        engine.index(folder)
        revision = engine.catalog.revision
        engine.index(folder)
        assert engine.catalog.revision == revision


def test_json_about_something_else_is_passed_over(folder, open_index):
    (folder / "bikes.json").write_text('{"camera": "mine"}')
    with open_index() as engine:
        report = engine.index(folder / "bikes.mp4")
        assert not report.partial
        assert not any("mine" in text for text in captions(engine))


def test_captions_that_cannot_be_read_are_named_and_the_video_is_indexed(folder, open_index):
    (folder / "bikes.json").write_text("{")
    with open_index() as engine:
        report = engine.index(folder)
        assert len(report.added) == 2
        ((path, reason),) = report.partial
        assert path.endswith("bikes.mp4")
        assert "bikes.json: holds no captions that can be read" in reason
        assert len(captions(engine)) == 2


def test_without_a_captioner_only_given_captions_are_there(folder, open_index):
    (folder / "bikes.vtt").write_text(SUBTITLES)
    with open_index("captioner=null") as engine:
        engine.index(folder)
        assert captions(engine, "coffee.mp4") == [""]
        assert len(engine.search("a cup of coffee", inside="captions", merge=False)) == 2
        assert engine.search("a cup of coffee", top=1)[0].caption == ""
        with pytest.raises(ConfigurationError, match="set captioner"):
            engine.components.caption_encoder.encode([])


def test_an_index_without_captions_says_how_to_get_some(folder, open_index):
    with open_index("captioner=null") as engine:
        engine.index(folder / "bikes.mp4")
        with pytest.raises(CatalogError, match="choose a captioner"):
            engine.search("a cup of coffee", inside="captions")


def test_a_caption_stands_for_its_clip(engine):
    clips = [engine.clip(engine.catalog.videos()[0].location)]
    encoder = CaptionEncoder(engine.components.captioner, engine.components.text_encoder)
    said = engine.components.captioner.caption(clips)
    assert_near(encoder.encode(clips).pooled, engine.components.text_encoder.encode(said).pooled)
    assert (encoder.space, encoder.dim) == (
        engine.components.text_encoder.space,
        engine.components.text_encoder.dim,
    )
