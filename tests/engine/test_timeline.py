"""How a video feels over time: stored or read now, drawn in every format."""

import json
import sys
from xml.etree import ElementTree

import pytest
from PIL import Image

from moodreel import Emotion, EmotionScores, Engine, Segment
from moodreel.engine.timeline import Timeline
from moodreel.errors import (
    ConfigurationError,
    InvalidInput,
    MissingPackage,
    MoodreelError,
    UnreadableVideo,
)
from moodreel.reports.palette import EMOTIONS
from moodreel.reports.timeline import timeline_svg, write_timeline
from nearness import assert_near

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def carphone(demo):
    return str(demo / "videos" / "carphone.mp4")


@pytest.fixture
def timeline():
    """Four segments: joy rises, is unknown in the third, and anger is seen once."""
    segments = [Segment(5 * i, 5 * i + 5) for i in range(4)]
    rows = [{"joy": 0.1, "anger": 0.5}, {"joy": 0.4}, {}, {"joy": 0.9}]
    captions = ["a cat", "a <b>dog</b> & co", "", "a bird"]
    scores = EmotionScores.of(rows).counted([1, 2, 0, 3])
    return Timeline("videos/a&b.mp4", segments, scores, captions)


# What it holds


def test_an_indexed_video_is_not_read_again(engine, carphone, monkeypatch):
    monkeypatch.setattr(
        type(engine.components.decoder), "read", lambda *_: pytest.fail("was decoded")
    )
    timeline = engine.timeline(carphone)
    (moment,) = engine.catalog.segments_of(carphone)
    assert timeline.segments == [moment.segment]
    assert timeline.emotions.named(0) == engine.search_index.source.load_emotions(
        [moment.id]
    ).named(0)
    assert timeline.emotions.evidence[0] > 0
    assert timeline.captions[0]


def test_a_video_is_found_by_where_it_lies(engine, carphone, demo, monkeypatch):
    monkeypatch.chdir(demo)
    assert engine.timeline("videos/carphone.mp4").video == carphone


def test_a_file_that_is_not_indexed_is_read_now(engine, carphone, tmp_path):
    with Engine.from_preset("starter", index=tmp_path / "none") as bare:
        read = bare.timeline(carphone)
    stored = engine.timeline(carphone)
    assert read.segments == stored.segments
    assert_near(read.emotions.values, stored.emotions.values)
    assert read.captions == [""]
    assert not (tmp_path / "none").exists()


def test_neither_indexed_nor_a_file_is_said(engine, tmp_path):
    with pytest.raises(UnreadableVideo, match=r"gone\.mp4"):
        engine.timeline(tmp_path / "gone.mp4")


def test_without_an_extractor_there_is_no_timeline(tmp_path, carphone):
    with (
        Engine.from_preset("starter", index=tmp_path, overrides=["video_emotion=null"]) as bare,
        pytest.raises(ConfigurationError, match="set video_emotion"),
    ):
        bare.timeline(carphone)


def test_curves_have_gaps_where_nothing_is_known(timeline):
    joy = [value for _, value in timeline.curve(Emotion.JOY)]
    assert joy == pytest.approx([0.1, 0.4, None, 0.9])
    assert [emotion.value for emotion in timeline.observed] == ["joy", "anger"]
    assert timeline.duration == 20


# How it is drawn


def test_the_svg_has_a_line_for_each_unbroken_run(timeline):
    root = ElementTree.fromstring(timeline_svg(timeline))
    lines = [line.get("stroke") for line in root.findall(f"{SVG}polyline")]
    assert lines.count(EMOTIONS[Emotion.JOY]) == 2, "its first two points, and the legend"
    assert lines.count(EMOTIONS[Emotion.ANGER]) == 1, "the legend: single points have no line"
    points = [title.text for title in root.iter(f"{SVG}title")]
    assert "joy 0.40 at 0:07.5" in points
    assert len(root.findall(f"{SVG}circle")) == 4
    assert points[0] == "Emotions in a&b.mp4"


def test_values_above_one_fit_into_the_picture(timeline):
    counts = Timeline("a", timeline.segments[:1], EmotionScores.of([{"joy": 7}]), [""])
    root = ElementTree.fromstring(timeline_svg(counts))
    (point,) = root.findall(f"{SVG}circle")
    assert 0 < float(point.get("cy")) < 60
    assert "7" in [text.text for text in root.findall(f"{SVG}text")]


def test_a_page_needs_no_other_file_and_runs_no_script(timeline, tmp_path):
    write_timeline(timeline, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert "a &lt;b&gt;dog&lt;/b&gt; &amp; co" in page
    assert "src=" not in page
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_picture_shows_the_curves_in_their_colours(timeline, tmp_path):
    write_timeline(timeline, tmp_path / "a.png")
    picture = Image.open(tmp_path / "a.png").convert("RGB")
    seen = {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in picture.getcolors(1 << 20)}
    drawn = [emotion.value for emotion, colour in EMOTIONS.items() if colour in seen]
    assert drawn == ["joy", "anger"]


@pytest.mark.parametrize("suffix", [".html", ".svg", ".png", ".json"])
def test_a_video_without_emotions_is_drawn_too(tmp_path, suffix):
    empty = Timeline("a.mp4", [Segment(0, 0)], EmotionScores.unobserved(1), [""])
    write_timeline(empty, tmp_path / f"a{suffix}")
    assert (tmp_path / f"a{suffix}").stat().st_size > 0


def test_json_is_plain(timeline, tmp_path):
    write_timeline(timeline, tmp_path / "a.json")
    data = json.loads((tmp_path / "a.json").read_text())
    assert data == timeline.to_dict()
    assert data["segments"][2] == {
        "start": 10,
        "end": 15,
        "emotions": {},
        "evidence": 0,
        "caption": "",
    }


def test_other_suffixes_and_places_are_refused(timeline, tmp_path):
    with pytest.raises(InvalidInput, match=r"\.html, \.svg, \.png, \.json"):
        write_timeline(timeline, tmp_path / "a.gif")
    with pytest.raises(MoodreelError, match="cannot be written"):
        write_timeline(timeline, tmp_path / "nowhere" / "a.svg")


def test_png_without_matplotlib_says_what_to_install(timeline, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackage, match=r"moodreel\[plot\]"):
        write_timeline(timeline, tmp_path / "a.png")
