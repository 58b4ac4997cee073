"""What a video says and how it sounds is indexed beside its pictures, each part by itself."""

from contextlib import closing

import numpy as np
import pytest

import listening_plugins
from beeps import FORMS, write_beeps
from hard_videos import write_video
from listening_plugins import RUNS
from moodreel import Engine, Segment, Sound, UnreadableVideo
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.moods import read_emotions
from moodreel.catalog.tracks import load_texts, texts_in
from moodreel.decoding.listening import STRETCH, listen_ahead
from moodreel.explanation.explaining import explain
from moodreel.media import TimedText
from moodreel_plugins.encoders.conse import ConseVideoEncoder

EVERYTHING = ("video_emotion=mixed", "transcriber=beeps", "text_spotter=whiteness")
CONFIG = """
components:
  emotion_extractor:
    heard: {plugin: said-sad, transcriber: beeps}
    mixed: {plugin: most, loud: loud, said: heard, white: white}
"""


@pytest.fixture
def open_index(tmp_path, registry, registry_with):
    """Open FOLDER/index with overrides, with the session's encoders."""
    (tmp_path / "mine.yaml").write_text(CONFIG)

    def run(*overrides):
        mine = registry_with(
            listening_plugins,
            config=tmp_path / "mine.yaml",
            overrides=["captioner=null", *overrides],
        )
        mine._built = dict(registry._built)
        return Engine(mine, tmp_path / "index")

    return run


@pytest.fixture
def folder(tmp_path):
    """A video that beeps, and one without sound."""
    (tmp_path / "videos").mkdir()
    write_beeps(tmp_path / "videos" / "beeps.mp4", *FORMS["clip.mp4"])
    write_video(tmp_path / "videos" / "silent.mp4", frames=50, size=(64, 48))
    RUNS.clear()
    return tmp_path


def stored(engine):
    """Return what is stored: moods by video and segment, and the words of each track by video."""
    parts = engine.components
    with closing(Catalog(engine.folder)) as catalog:
        videos = {video.id: video.path.rsplit("/")[-1] for video in catalog.videos()}
        ids, scores = read_emotions(catalog, parts.video_emotion)
        places = {moment.id: moment for video in videos for moment in catalog.segments(video)}
        moods = {
            (places[id].video.rsplit("/")[-1], places[id].segment.start): dict(mood)
            for id, mood in zip(ids.tolist(), scores, strict=True)
        }
        words = {
            name: [
                text.text
                for part in parts.trackers
                for text in load_texts(catalog, part).get(id, [])
            ]
            for id, name in videos.items()
        }
    return moods, words


def test_what_is_heard_said_and_written_is_stored_by_when(folder, open_index):
    with open_index(*EVERYTHING, "segments.length=3", "segments.stride=3") as engine:
        assert not engine.index(folder / "videos").failed
        moods, words = stored(engine)
    assert words["beeps.mp4"][:3] == ["beep", "beep", "sad beep"]
    assert set(words["beeps.mp4"][3:]) == {"white"}
    assert words["silent.mp4"] == []
    early, late = moods["beeps.mp4", 0.0], moods["beeps.mp4", 3.0]
    assert early["anger"] == pytest.approx(0.5, abs=0.15)
    assert (early["sadness"], late["sadness"]) == (0.0, 1.0)
    assert moods["silent.mp4", 0.0].keys() == {"joy"}, "where nothing is heard, nothing is known"


def test_a_new_signal_runs_alone_over_an_index_and_encodes_no_picture(
    folder, open_index, monkeypatch
):
    with open_index("video_emotion=white") as engine:
        engine.index(folder / "videos")
    monkeypatch.setattr(ConseVideoEncoder, "encode", None)
    RUNS.clear()
    with open_index(*EVERYTHING[:2]) as engine:
        monkeypatch.setattr(engine.components.decoder, "read", None)
        report = engine.index(folder / "videos")
        moods, words = stored(engine)
    assert not report.failed
    assert sorted(set(RUNS)) == ["beeps", "loud", "said"]
    assert words["beeps.mp4"] == ["beep", "beep", "sad beep"]
    assert moods["beeps.mp4", 0.0].keys() == {"joy", "anger", "sadness"}


def test_a_reader_of_speech_that_comes_later_reads_what_is_stored(folder, open_index):
    with open_index("video_emotion=white", "transcriber=beeps") as engine:
        engine.index(folder / "videos")
    RUNS.clear()
    with open_index(*EVERYTHING[:2]) as engine:
        engine.index(folder / "videos")
        moods, _ = stored(engine)
    assert "beeps" not in RUNS
    assert moods["beeps.mp4", 0.0]["sadness"] == 1.0


def test_without_anything_that_listens_no_sound_is_decoded(folder, open_index, monkeypatch):
    with open_index("video_emotion=white") as engine:
        monkeypatch.setattr(engine.components.decoder, "listen", None)
        assert len(engine.index(folder / "videos").added) == 2


def test_a_copy_has_the_words_of_its_original(folder, open_index):
    with open_index(*EVERYTHING) as engine:
        engine.index(folder / "videos")
        (folder / "videos" / "copy.mp4").write_bytes((folder / "videos" / "beeps.mp4").read_bytes())
        assert len(engine.index(folder / "videos").copied) == 1
        _, words = stored(engine)
    assert words["copy.mp4"] == words["beeps.mp4"] != []


def test_sound_that_cannot_be_read_is_told_and_the_pictures_are_kept(
    folder, open_index, monkeypatch
):
    with open_index(*EVERYTHING) as engine:

        def fail(path, *_, **__):
            raise UnreadableVideo(path, "the decoder crashed (signal 11)")

        monkeypatch.setattr(engine.components.decoder, "listen", fail)
        report = engine.index(folder / "videos")
    assert len(report.added) == 2
    assert {why for _, why in report.partial} == {
        "its sound cannot be read: the decoder crashed (signal 11)"
    }


def test_a_picture_is_an_example_for_what_sees_alone(folder, open_index, tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 48), (255, 255, 255)).save(tmp_path / "white.png")
    with open_index(*EVERYTHING) as engine:
        engine.index(folder / "videos")
        assert engine.search(image=tmp_path / "white.png")


def sounding(start, end, rate=10):
    return Sound(np.ones(round((end - start) * rate), np.float32), rate, start)


def test_long_videos_are_heard_in_stretches_and_nothing_twice():
    segments = [Segment(float(at), float(at + 10)) for at in range(0, 700, 5)]
    chunks = list(listen_ahead(sounding, segments))
    assert [s for chunk in chunks for s in chunk.segments] == segments
    assert all(sound.duration == pytest.approx(10) for c in chunks for sound in c.sounds)
    ends = [0.0, *(chunk.stretch.end for chunk in chunks)]
    assert [chunk.stretch.start for chunk in chunks] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(705)
    assert max(chunk.stretch.duration for chunk in chunks) <= STRETCH


def test_a_segment_of_hours_is_heard_to_its_end():
    chunks = list(listen_ahead(sounding, [Segment(0.0, 2000.0)]))
    assert [len(chunk.segments) for chunk in chunks] == [1, 0, 0, 0, 0, 0, 0]
    assert sum(chunk.stretch.duration for chunk in chunks) == pytest.approx(2000)
    assert max(chunk.stretch.duration for chunk in chunks) <= STRETCH


def test_a_text_belongs_to_the_segments_that_hold_half_of_it():
    text = TimedText("words", 4.0, 7.0)
    assert texts_in([text], Segment(5.0, 10.0)) == [text]
    assert texts_in([text], Segment(0.0, 5.0)) == []
    assert texts_in([TimedText("all along", 3.0, 14.0)], Segment(5.0, 10.0))


def test_an_explanation_says_which_signal_said_what(folder, open_index):
    with open_index(*EVERYTHING) as engine:
        engine.index(folder / "videos")
        told = explain(engine.search_index, "a sad scene", f"{folder / 'videos' / 'beeps.mp4'}@0")
    assert told.signals["said"] == {"sadness": 1.0}
    assert told.signals.keys() == {"loud", "said", "white"}
    assert set(told.seen) == {"anger", "sadness", "joy"}
