"""What a component makes is checked where it comes in: one video fails by itself, and is named."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest
import torch

from hard_videos import write_video
from moodreel import EmotionScores
from moodreel.errors import Note
from moodreel.interfaces import VideoFeatures
from moodreel_plugins.captions.labels import LabelCaptioner
from moodreel_plugins.emotion.face import FaceExtractor
from moodreel_plugins.encoders.conse import ConseVideoEncoder


@pytest.fixture
def folder(tmp_path):
    """Three small videos, of which b has a size of its own."""
    (tmp_path / "videos").mkdir()
    for name, size in (("a", (64, 48)), ("b", (80, 48)), ("c", (64, 48))):
        write_video(tmp_path / "videos" / f"{name}.mp4", frames=30, size=size)
    return tmp_path


def is_second(clips):
    return clips[0].frames.shape[2] == 80


def spoiled(values, number):
    values = values.clone()
    values.view(-1)[3] = number
    return values


def with_pooled(number):
    return lambda made: VideoFeatures(spoiled(made.pooled, number), made.frames)


ENCODINGS = {
    "nan": (with_pooled(torch.nan), "NaN or infinite"),
    "infinite": (with_pooled(-torch.inf), "NaN or infinite"),
    "too large": (with_pooled(1e6), "numbers up to 1e+06, where 65504 is the largest"),
    "nan in a frame": (
        lambda made: VideoFeatures(made.pooled, spoiled(made.pooled[:, None], torch.nan)),
        "NaN or infinite",
    ),
    "one row more": (lambda made: VideoFeatures(torch.cat([made.pooled] * 2)), "of shape"),
    "another length": (lambda made: VideoFeatures(made.pooled[:, :5]), "of shape"),
    "flat": (lambda made: VideoFeatures(made.pooled[0]), "of shape"),
    "an array": (lambda made: VideoFeatures(made.pooled.numpy()), "ndarray, not as a torch.Tensor"),
    "nothing": (lambda made: None, "returns NoneType, not VideoFeatures"),
}


def spoil(monkeypatch, cls, name, change):
    """Let a method give other results for the second video, checked as a plugin's are."""
    whole = getattr(cls, name)

    def method(self, clips, *given):
        made = whole(self, clips, *given)
        return change(made) if is_second(clips) else made

    method.__name__ = name
    bad = type("Bad", (cls,), {name: method})
    monkeypatch.setattr(cls, name, getattr(bad, name))


def check_second_failed(report, message):
    assert sorted(path[-5:] for path in report.added) == ["a.mp4", "c.mp4"]
    ((path, reason),) = report.failed
    assert path.endswith("b.mp4")
    assert message in reason
    assert "unexpected" not in reason


@pytest.mark.parametrize("kind", ENCODINGS)
def test_a_video_of_bad_features_fails_by_itself(kind, folder, engine_at, monkeypatch):
    change, message = ENCODINGS[kind]
    spoil(monkeypatch, ConseVideoEncoder, "encode", change)
    with engine_at(folder / "index") as engine:
        check_second_failed(engine.index(folder / "videos"), message)
        assert len(engine.search("a cat", top=5)) == 2


def bad_scores(made):
    return EmotionScores(np.full_like(made.values, np.nan), np.ones_like(made.observed))


def test_bad_moods_and_captions_fail_by_themselves(folder, engine_at, monkeypatch):
    with monkeypatch.context() as patch:
        spoil(patch, FaceExtractor, "extract", bad_scores)
        with engine_at(folder / "index") as engine:
            report = engine.index(folder / "videos")
            assert [path[-5:] for path, _ in report.failed] == ["b.mp4"]
            assert "finite" in report.failed[0][1]
            assert len(engine.search("a cat", top=5)) == 2
    spoil(monkeypatch, LabelCaptioner, "caption", lambda made: [None, *made[1:]])
    with engine_at(folder / "second") as engine:
        check_second_failed(engine.index(folder / "videos"), "None as a caption, not a text")


def test_features_that_an_older_version_let_in_are_read_around_and_made_again(folder, engine_at):
    with engine_at(folder / "index") as engine:
        engine.index(folder / "videos")
        dim = engine.components.video_encoder.dim
    bad = np.full(dim, np.nan, np.float16).tobytes()
    find = "SELECT segments.id FROM segments JOIN videos ON video_id = videos.id WHERE path LIKE ?"
    with closing(sqlite3.connect(folder / "index" / "catalog.sqlite")) as connection:
        ids = [row[0] for row in connection.execute(find, ("%b.mp4",))]
        connection.execute("UPDATE features SET pooled = ? WHERE segment_id = ?", (bad, ids[0]))
        revision = "UPDATE facts SET value = value + 1 WHERE key = 'revision'"
        connection.execute(revision)
        connection.commit()
    with engine_at(folder / "index") as engine:
        with pytest.warns(Note, match=r"b\.mp4 is damaged.*moodreel index"):
            hits = engine.search("a cat", top=5)
        assert sorted(hit.video[-5:] for hit in hits) == ["a.mp4", "c.mp4"]
        assert [path[-5:] for path in engine.index(folder / "videos").updated] == ["b.mp4"]
        assert len(engine.search("a cat", top=5)) == 3
