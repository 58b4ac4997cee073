"""Texts are found in speech, on screen, in subtitles and names, and harm no other query."""

import cv2
import numpy as np
import pytest

from moodreel import Engine, InvalidInput
from moodreel.errors import CatalogError
from moodreel.search.chosen_tracks import read_chosen
from moodreel.search.surprise import TrackVectors, word_surprise
from speeches import RATE, needs_speech, picture, read_sound_file, write_spoken_video

NEUTRAL = ("a wall with stripes", "a chair in a room", "an airplane")
ASKED = "ask not what your country can do for you"
SPOKEN_FROM, SPOKEN_TO = 11.3, 18.4
SIZE = (240, 320)


def titled(words, begin, end):
    """Return what draws frames that show words for a while."""

    def draw(time):
        frame = cv2.resize(picture(time), SIZE[::-1])
        if begin <= time < end:
            at, white = (20, 120), (255, 255, 255)
            cv2.putText(frame, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, white, 2, cv2.LINE_AA)
        return frame

    return draw


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    silence = np.zeros(8 * RATE, np.float32)
    quiet = np.zeros(15 * RATE, np.float32)
    (folder / "harvest festival").mkdir()
    write_spoken_video(folder / "harvest festival" / "clip_01.mp4", quiet[: 5 * RATE], 5)
    write_spoken_video(folder / "clip_02.mp4", quiet, 15, titled("Grand opening", 5, 10))
    speech = np.concatenate([silence, read_sound_file().samples])
    write_spoken_video(folder / "clip_03.mp4", speech, 20)
    write_spoken_video(folder / "clip_04.mp4", quiet[: 10 * RATE], 10)
    (folder / "clip_04.srt").write_text(
        "1\n00:00:05,500 --> 00:00:09,000\nTake the ferry to Oslo\n"
    )
    return folder


@pytest.fixture(scope="module")
def engine(videos, tmp_path_factory):
    with Engine.from_preset("starter-all", index=tmp_path_factory.mktemp("index")) as engine:
        engine.index([videos])
        yield engine


def best(engine, text, **options):
    return engine.search(text, top=5, **options)[0]


@needs_speech
def test_what_is_said_is_found_and_told_with_its_time(engine):
    hit = best(engine, ASKED)
    (match,) = hit.matches
    assert hit.video.endswith("clip_03.mp4")
    assert not hit.weak
    assert match.track == "speech"
    assert match.start == pytest.approx(SPOKEN_FROM, abs=1)
    assert match.end == pytest.approx(SPOKEN_TO, abs=1)
    assert "your country" in match.text
    assert match.place == "said at 0:11"
    assert hit.start <= match.start <= match.end <= hit.end + 1


@needs_speech
def test_what_is_meant_is_found_in_other_words(engine):
    hit = best(engine, "what citizens owe their nation")
    assert [match.track for match in hit.matches] == ["speech"]
    assert not hit.weak


@needs_speech
@pytest.mark.parametrize(
    ("text", "video", "track", "told"),
    [
        ("grand opening", "clip_02.mp4", "screen", "opening"),
        ("a festival of the harvest", "clip_01.mp4", "names", "harvest festival"),
        ("ferries to Oslo", "clip_04.mp4", "subtitles", "Take the ferry"),
    ],
)
def test_titles_names_and_subtitles_are_found(engine, text, video, track, told):
    hit = best(engine, text)
    assert hit.video.endswith(video)
    assert not hit.weak
    assert [match.track for match in hit.matches] == [track]
    assert told in hit.matches[0].text


@needs_speech
def test_the_parts_of_a_score_sum_to_it(engine):
    for hit in engine.search(ASKED):
        assert hit.content_score + hit.emotion_score == pytest.approx(hit.score, abs=1e-5)
        assert (hit.text_score != 0) == bool(hit.matches)


@needs_speech
@pytest.mark.parametrize("text", NEUTRAL)
def test_a_query_that_no_track_answers_is_ranked_by_the_picture_alone(engine, text):
    assert engine.search(text) == engine.search(text, inside="video")
    assert engine.search(text, fusion="late") == engine.search(text, fusion="baseline")


@needs_speech
def test_each_track_can_be_chosen(engine):
    assert best(engine, ASKED, inside="video").matches == ()
    assert best(engine, ASKED, inside="speech").video.endswith("clip_03.mp4")
    assert (
        best(engine, "country", inside=["screen", "names", "speech"]).matches[0].track == "speech"
    )
    assert engine.search("country", inside=["screen", "names"]) == []
    assert engine.search("country", inside="names") == []
    found = engine.search("harvest", inside="names")
    assert [hit.video.endswith("clip_01.mp4") for hit in found] == [True]


@needs_speech
def test_quoted_words_have_to_occur(engine):
    found = engine.search('a speech, "your country"')
    assert found
    assert all(hit.video.endswith("clip_03.mp4") for hit in found)
    assert not any(hit.weak for hit in found)
    with pytest.warns(UserWarning, match="in none of"):
        assert engine.search('"country your"') == []
    with pytest.raises(InvalidInput, match="quoted words are looked for in"):
        engine.search('"country"', inside="video")


@needs_speech
def test_filters_and_moods_go_on_working(engine):
    path = engine.catalog.videos()[0].path
    from moodreel.catalog.records import Filter

    assert all(hit.video == path for hit in engine.search(ASKED, filter=Filter(path=path)))
    moody = best(engine, ASKED, emotions={"joy": 1.0}, weight=0.5)
    assert [match.track for match in moody.matches] == ["speech"]


@needs_speech
def test_the_command_prints_what_speaks_for_a_hit(engine, moodreel):
    place = ("--index", engine.folder, "--preset", "starter-all")
    shown = moodreel("search", ASKED, "--in", "speech", "--in", "video", "--top", 1, *place)
    assert "said at 0:11: Ask not what your country" in shown.out
    (hit,) = moodreel("search", ASKED, "--json", "--top", 1, *place).objects
    assert [match["track"] for match in hit["matches"]] == ["speech"]


@needs_speech
def test_an_index_without_tables_of_words_gets_them_also_where_it_may_only_be_read(engine, videos):
    for file in (engine.folder / "words").iterdir():
        file.unlink()
    (engine.folder / "words").rmdir()
    (engine.folder / "words").touch()  # nothing can be written there
    with Engine.from_preset("starter-all", index=engine.folder) as other:
        assert best(other, ASKED).matches
    (engine.folder / "words").unlink()
    with Engine.from_preset("starter-all", index=engine.folder) as other:
        assert best(other, ASKED).matches
    assert list((engine.folder / "words").glob("*.sqlite"))


@needs_speech
def test_a_preset_that_hears_nothing_says_so(engine):
    with Engine.from_preset("starter", index=engine.folder) as deaf:
        assert not any(m.track == "speech" for hit in deaf.search(ASKED) for m in hit.matches)
        with pytest.raises(CatalogError, match="holds no speech to search: choose a transcriber"):
            deaf.search(ASKED, inside="speech")


def test_what_can_be_looked_into_is_named():
    assert read_chosen("all").base == "video"
    assert read_chosen(["speech"]).base == "speech"
    with pytest.raises(InvalidInput, match="'sound'"):
        read_chosen("sound")
    with pytest.raises(InvalidInput, match="nothing to look into"):
        read_chosen([])


class Words:
    """A track of texts by id, as full-text search answers."""

    def __init__(self, texts):
        self.held = texts

    def with_word(self, track, word):
        return np.array([id for id, text in self.held.items() if word in text.split()], np.int64)


def test_words_that_most_texts_have_surprise_nobody():
    words = Words({id: "news today" if id < 190 else "news volcano" for id in range(200)})
    common, _ = word_surprise(words, "speech", "news", 200)
    ids, z = word_surprise(words, "speech", "the volcano", 200)
    assert ids.tolist() == list(range(190, 200))
    assert z == pytest.approx(np.full(10, 3.0), abs=1e-5)
    faint = word_surprise(words, "speech", "news", 200)[1]
    assert len(common) == 200
    assert faint.max() < 0.3


def test_half_of_a_query_is_no_match():
    words = Words({1: "a red balloon", 2: "a red car"})
    ids, _ = word_surprise(words, "speech", "a red car", 50)
    assert ids.tolist() == [2]


def test_meaning_counts_from_what_one_unrelated_text_in_a_hundred_reaches():
    draw = np.random.default_rng(0)
    texts, probes = draw.normal(size=(50, 64)), draw.normal(size=(128, 64))
    texts, probes = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (texts, probes))
    track = TrackVectors.fit(np.arange(50), texts.astype(np.float32), probes.astype(np.float32))
    unrelated = draw.normal(size=(500, 64))
    unrelated /= np.linalg.norm(unrelated, axis=1, keepdims=True)
    passing = [track.surprise(query.astype(np.float32)).max() > 0 for query in unrelated]
    assert np.mean(passing) < 0.03
    assert track.surprise(texts[7].astype(np.float32)).argmax() == 7
