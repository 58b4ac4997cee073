"""Pictures, examples and filters in queries, by the engine."""

import numpy as np
import pytest
from PIL import Image

from moodreel.catalog.records import Filter
from moodreel.decoding.pictures import read_picture
from moodreel.errors import CatalogError, InvalidInput
from moodreel.media import MomentRef, parse_moment
from nearness import HALVES, assert_same_hits


def named(hits):
    return [hit.video.rpartition("/")[2] for hit in hits]


def at(demo, name):
    return str(demo / "videos" / name)


def test_a_picture_finds_what_it_shows_and_a_text_beside_it_counts(engine, demo, tmp_path):
    frame = engine.frame(at(demo, "coffee.mp4"), time=2.0)
    Image.fromarray(frame).save(tmp_path / "cup.jpg")
    assert named(engine.search(image=tmp_path / "cup.jpg", top=1)) == ["coffee.mp4"]
    both = engine.search("a cat", image=tmp_path / "cup.jpg", top=2)
    assert set(named(both)) == {"coffee.mp4", "cat.mp4"}


def test_unlike_changes_the_order_and_like_brings_its_own_kind_up(engine, demo):
    before = named(engine.search("an animal", top=30))
    worse = named(engine.search("an animal", unlike=[at(demo, before[0]) + "@0"], top=30))
    assert worse.index(before[0]) > 0
    better = named(engine.search("an animal", like=[at(demo, "moon.mp4")], top=30))
    assert better.index("moon.mp4") < before.index("moon.mp4")


def test_like_and_unlike_work_with_every_strategy_that_is_built_in(engine, demo):
    for fusion in ("baseline", "late", "concat-fc", "additive", "cross-attention"):
        hits = engine.search(
            "a cat", emotions={}, fusion=fusion, like=[at(demo, "horse.mp4")], top=2
        )
        assert set(named(hits)) == {"cat.mp4", "horse.mp4"}


def test_similar_leaves_the_video_itself_out(engine, demo):
    hits = engine.similar(at(demo, "bikes.mp4") + "@3", top=30)
    assert len(hits) == 20
    assert "bikes.mp4" not in named(hits)


def test_scores_of_similar_are_cosines_of_stored_features(engine, demo):
    hit = engine.similar(at(demo, "gravel.mp4"), emotions={}, top=1)[0]
    pair = [
        engine.search_index.example_of(video).content
        for video in (at(demo, "gravel.mp4"), hit.video)
    ]
    assert hit.content_score == pytest.approx(float(pair[0] @ pair[1]), abs=HALVES)


def test_filters_keep_the_order_of_what_is_left(engine):
    everything = [hit.to_dict() for hit in engine.search("an animal", top=30)]
    short = [
        hit.to_dict() for hit in engine.search("an animal", filter=Filter(shorter=6.5), top=30)
    ]
    kept = {hit["video"] for hit in short}
    assert_same_hits(short, [hit for hit in everything if hit["video"] in kept])
    assert 0 < len(short) < len(everything)
    assert named(engine.search("an animal", filter=Filter("HORSE"), top=5)) == ["horse.mp4"]
    assert engine.search("an animal", filter=Filter("%"), top=5) == []


@pytest.mark.parametrize("unknown", ["nowhere.mp4", "nowhere.mp4@3"])
def test_a_moment_that_is_not_indexed_is_named(engine, unknown):
    with pytest.raises(CatalogError, match=r"nowhere\.mp4: not in the index"):
        engine.search("a cat", like=[unknown])


@pytest.mark.parametrize("time", [-1, float("nan"), float("inf")])
def test_a_moment_has_a_time(time):
    with pytest.raises(InvalidInput, match="number of seconds"):
        MomentRef("a.mp4", time)


def test_an_at_sign_can_belong_to_the_path():
    assert parse_moment("me@home.mp4") == MomentRef("me@home.mp4")
    assert parse_moment("me@home.mp4@7") == MomentRef("me@home.mp4", 7.0)
    assert parse_moment("@5") == MomentRef("@5")


def test_a_picture_is_turned_upright_shrunk_and_in_colour(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("L", (1600, 800), 90).save(tmp_path / "turned.jpg", exif=exif)
    clip = read_picture(tmp_path / "turned.jpg")
    assert clip.frames.shape == (1, 960, 480, 3)


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000)])
def test_a_picture_of_any_shape_can_be_asked_for(engine, size, tmp_path):
    Image.new("RGBA", size, (200, 10, 10, 128)).save(tmp_path / "odd.png")
    assert engine.search(image=tmp_path / "odd.png", top=1)


@pytest.mark.parametrize("side", [9_000, 30_000])
def test_a_picture_bomb_is_refused_before_it_is_unpacked(tmp_path, side):
    Image.new("1", (side, side)).save(tmp_path / "bomb.png")
    assert (tmp_path / "bomb.png").stat().st_size < 1_000_000
    with pytest.raises(InvalidInput, match="too many pixels"):
        read_picture(tmp_path / "bomb.png")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"not a picture", b"\x89PNG\r\n\x1a\n" * 3])
def test_what_is_no_picture_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InvalidInput, match="cannot be read: not a picture"):
        read_picture(tmp_path / "a.png")


def test_a_picture_cut_short_is_refused(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_picture((tmp_path / "whole.png").read_bytes()[:2000])
