"""A video that an earlier moodreel stored badly is left out, named, and made again."""

import sqlite3
import warnings
from contextlib import closing
from json import dumps

import pytest

from copies import copy_index
from damaged_index import CAPTION_DAMAGES, DAMAGES, damage, turned_to, video_id
from hard_videos import write_video
from moodreel.catalog.damage import damaged_videos
from moodreel.errors import DamagedVideo, MoodreelError, Note
from moodreel.evaluation.queries import index_videos
from moodreel.explanation.explaining import explain

NAMED = r"what is stored of \S*b\.mp4 is damaged, so it is left out.*moodreel index"
SORTS = ("ragged frames", "moods that are NaN", "a time beyond all", "an endless video")
SUBTITLES = "WEBVTT\n\n00:00.000 --> 00:01.000\nSoup tastes of pepper.\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory, engine_at):
    """A folder with three small videos with captions beside them, and their index, looked at."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "videos").mkdir()
    for name, size in (("a", (64, 48)), ("b", (80, 48)), ("c", (64, 64))):
        write_video(folder / "videos" / f"{name}.mp4", frames=30, size=size)
        (folder / "videos" / f"{name}.vtt").write_text(SUBTITLES)
    with engine_at(folder / "index") as engine:
        assert len(engine.index(folder / "videos").added) == 3
        assert len(engine.index(folder / "videos").unchanged) == 3
    return folder


@pytest.fixture(scope="module")
def working(whole, engine_at):
    """An engine, which is turned to one index after the other."""
    with engine_at(whole / "index") as engine:
        yield engine


@pytest.fixture
def spoil(whole, tmp_path):
    """Copy the index, and damage what it holds of the second video."""

    def copy(command):
        copy_index(whole / "index", tmp_path / "index")
        damage(tmp_path / "index", "b.mp4", command)
        return tmp_path / "index"

    return copy


def names(hits):
    return sorted({hit.video[-5:] for hit in hits})


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.filterwarnings("ignore::moodreel.errors.Note")
def test_a_damaged_video_is_left_out_and_made_again(kind, spoil, whole, working):
    with turned_to(working, spoil(DAMAGES[kind])) as engine:
        with pytest.warns(Note, match=NAMED):
            assert names(engine.search("a cat", top=5)) == ["a.mp4", "c.mp4"]
        report = engine.index(whole / "videos")
        assert ([path[-5:] for path in report.updated], len(report.unchanged)) == (["b.mp4"], 2)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert names(engine.search("a cat", top=5)) == ["a.mp4", "b.mp4", "c.mp4"]


# One of each sort: of features, of moods, of times, and of a whole video.
@pytest.mark.parametrize("kind", SORTS)
@pytest.mark.filterwarnings("ignore::moodreel.errors.Note")
def test_every_verb_leaves_it_out(kind, spoil, whole, working):
    videos = whole / "videos"
    with turned_to(working, spoil(DAMAGES[kind])) as engine:
        assert "b.mp4" not in names(engine.mood({"joy": 1.0}))
        assert names(engine.similar(str(videos / "a.mp4"))) == ["c.mp4"]
        liked = engine.recommend([str(videos / "a.mp4")])
        assert [found.hit.video[-5:] for found in liked] == ["c.mp4"]
        with pytest.warns(Note, match=NAMED):
            held = index_videos(engine.search_index)
        assert [video.name[-5:] for video in held.videos] == ["a.mp4", "c.mp4"]
        for ask in (
            lambda: engine.similar(str(videos / "b.mp4")),
            lambda: engine.search("a cat", like=[str(videos / "b.mp4")]),
            lambda: explain(engine.search_index, "a cat", str(videos / "b.mp4")),
        ):
            with pytest.raises(DamagedVideo, match=r"b\.mp4: what is stored of it is damaged"):
                ask()
        assert explain(engine.search_index, "a cat", str(videos / "a.mp4")).frames
        assert engine.timeline(videos / "b.mp4").duration > 1


@pytest.mark.parametrize("kind", CAPTION_DAMAGES)
@pytest.mark.filterwarnings("ignore::moodreel.errors.Note")
def test_damaged_captions_are_left_out_and_made_again(kind, spoil, whole, working):
    with turned_to(working, spoil(CAPTION_DAMAGES[kind])) as engine:
        with pytest.warns(Note, match=NAMED):
            found = engine.search("soup", top=5, inside="captions")
        assert names(found) == ["a.mp4", "c.mp4"]
        assert len(names(engine.search("a cat", top=5))) == 3
        assert not engine.index(whole / "videos").updated
        assert len(names(engine.search("soup", top=5, inside="captions"))) == 3


COMMANDS = {
    "search": (("search", "a cat"), 0, "left out"),
    "captions": (("search", "soup", "--in", "captions"), 0, "left out"),
    "explained": (("search", "a cat", "--explain"), 0, "left out"),
    "similar": (("similar", "a.mp4"), 0, "left out"),
    "similar to it": (("similar", "b.mp4"), 1, "b.mp4: what is stored of it is damaged"),
    "timeline": (("mood", "b.mp4"), 1, "left out"),
    "recommend": (("recommend", "--like", "a.mp4"), 0, "left out"),
    "explain": (("explain", "a cat", "b.mp4"), 1, "b.mp4: what is stored of it is damaged"),
    "track": (("track", "a cat", "--fusion", "late"), 0, "left out"),
    "map": (("map", "a cat", "a cup", "a car", "--fusion", "late"), 0, "left out"),
}


@pytest.mark.parametrize("kind", ["moods cut short", "an endless segment"])
def test_every_command_tells_it_in_one_line(kind, spoil, whole, moodreel, monkeypatch):
    folder = spoil(DAMAGES[kind])
    monkeypatch.chdir(whole / "videos")
    for name, (command, code, told) in COMMANDS.items():
        done = moodreel(*command, "--index", folder)
        assert done.code == code, (name, done.err)
        lines = [line for line in done.err.splitlines() if told in line]
        assert len(lines) == 1, (name, done.err)
        assert "b.mp4" in lines[0], name
        assert "unexpected" not in done.err, name
        assert "nan" not in done.out.lower(), name
    if kind == "an endless segment":
        assert "left out" in moodreel("annotate", folder).err
    done = moodreel("index", ".", "--index", folder)
    assert (done.code, "1 updated" in done.out) == (0, True), done.out
    assert "left out" not in moodreel("search", "a cat", "--index", folder).err


@pytest.mark.parametrize("kind", ["moods below zero", "a time in words", "an endless video"])
def test_the_api_answers_around_it(kind, spoil, engine_at):
    from starlette.testclient import TestClient

    from moodreel.web.adding import Recipe
    from moodreel.web.app import create_app
    from moodreel.web.state import AppState

    folder = spoil(DAMAGES[kind])
    with engine_at(folder) as engine:
        state = AppState(Recipe("starter", str(folder)), engine.registry, engine, {}, [])
        address = "http://127.0.0.1:8765"
        client = TestClient(create_app(state), base_url=address, raise_server_exceptions=False)
        health = client.get("/api/health").json()
        assert any("b.mp4 is damaged" in lack["problem"] for lack in health["lacks"])
        answer = client.post("/api/search", json={"text": "a cat"}).json()
        assert {hit["name"] for hit in answer["hits"]} == {"a.mp4", "c.mp4"}
        assert any("b.mp4 is damaged" in note for note in answer["notes"])
        points = client.get("/api/map").json()["points"]
        assert {point["name"] for point in points} == {"a.mp4", "c.mp4"}
        assert client.get("/api/moods").status_code == 200
        listed = [video["name"] for video in client.get("/api/videos").json()]
        assert listed in (["a.mp4", "c.mp4"], ["a.mp4", "b.mp4", "c.mp4"])
        for name in "ab":
            place = f"/api/videos/{video_id(folder, f'{name}.mp4')}"
            for path in ("/timeline", "/similar"):
                answered = client.get(place + path)
                right = (200,) if name == "a" else (200, 404, 503)
                assert answered.status_code in right, answered.text
                dumps(answered.json(), allow_nan=False)


def test_what_was_looked_at_once_is_not_read_again(whole, tmp_path, engine_at, monkeypatch):
    from moodreel.catalog import damage as checks

    copy_index(whole / "index", tmp_path / "index")
    looked = []
    look_at = checks.look_at
    monkeypatch.setattr(checks, "look_at", lambda *given: looked.append(given) or look_at(*given))
    write_video(tmp_path / "d.mp4", frames=30, size=(48, 48))
    for _ in range(2):
        with engine_at(tmp_path / "index") as engine:
            assert len(engine.index([whole / "videos", tmp_path / "d.mp4"]).unchanged) >= 3
            assert len(names(engine.search("a cat", top=9))) == 4
    assert not looked
    damage(tmp_path / "index", "b.mp4", DAMAGES["features cut short"])
    with engine_at(tmp_path / "index") as engine:
        assert damaged_videos(engine.catalog, [engine.components.video_encoder])
        count = len(looked)
        assert damaged_videos(engine.catalog, [engine.components.video_encoder])
    assert count == len(looked) == 2


def test_an_older_index_without_marks_is_looked_at_and_a_damaged_one_stays_known(spoil, engine_at):
    """Also where the damaged video cannot be made again, and where others change."""
    folder = spoil(DAMAGES["features cut short"])
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        connection.execute("DELETE FROM facts WHERE key LIKE 'checked:%'")
        connection.commit()
    with engine_at(folder) as engine:
        encoder = engine.components.video_encoder
        damaged = damaged_videos(engine.catalog, [encoder])
        engine.catalog.set_fact("any", "change")
        assert damaged_videos(engine.catalog, [encoder]) == damaged
        assert len(damaged) == 1
        engine.catalog.remove_videos(damaged)
        assert damaged_videos(engine.catalog, [encoder]) == {}


def test_moods_below_zero_do_not_come_in(engine_at, whole, tmp_path, monkeypatch):
    import numpy as np

    from moodreel import EmotionScores
    from moodreel_plugins.emotion.face import FaceExtractor

    def extract(self, clips):
        return EmotionScores(np.full((len(clips), 8), -0.5), np.ones((len(clips), 8)))

    bad = type("Bad", (FaceExtractor,), {"extract": extract})
    monkeypatch.setattr(FaceExtractor, "extract", bad.extract)
    with engine_at(tmp_path / "index") as engine:
        report = engine.index(whole / "videos" / "a.mp4")
        assert "below 0" in report.failed[0][1]
        with pytest.raises(MoodreelError):
            engine.similar("a.mp4")
