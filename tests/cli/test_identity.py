"""A video is where it lies: two files of one path stay two in every command, of any name."""

import json
import os

import pytest

from named_videos import COMPOSED, DECOMPOSED, NAMES
from outcomes import check_refused


@pytest.fixture
def ask(moodreel, cards, monkeypatch):
    """Call a command on the cards' index, from a folder of theirs."""

    def call(*arguments, at="."):
        monkeypatch.chdir(cards / at)
        return moodreel(*arguments, "--index", cards / "index")

    return call


def a_of(cards, card):
    return str(cards / card / "DCIM" / "a.mp4")


@pytest.mark.parametrize(
    ("text", "card"), [("a cup of coffee", "card2"), ("a rocket on a launch pad", "card1")]
)
def test_each_of_two_files_with_one_path_is_found_as_itself(ask, cards, text, card):
    hits = ask("search", text, "--path", "DCIM", "--json").objects
    assert [hit["video"] for hit in hits] == ["DCIM/a.mp4"] * 2
    assert {hit["location"] for hit in hits} == {a_of(cards, "card1"), a_of(cards, "card2")}
    assert hits[0]["location"] == a_of(cards, card)
    (only,) = ask("search", text, "--path", card, "--json").objects
    assert only["location"] == a_of(cards, card)
    table = ask("search", text, "--path", "DCIM").out
    assert a_of(cards, "card1") in table
    assert a_of(cards, "card2") in table


def test_similar_takes_the_one_that_is_meant_or_asks(ask, cards):
    done = ask("similar", "DCIM/a.mp4@0.5")
    check_refused(done, "2 videos of the index have this path")
    assert a_of(cards, "card1") in done.err
    assert a_of(cards, "card2") in done.err
    for card, other in (("card1", "card2"), ("card2", "card1")):
        near = ask("similar", "DCIM/a.mp4@0.5", "--top", 9, "--json", at=card).objects
        same = ask("similar", f"{a_of(cards, card)}@0.5", "--top", 9, "--json").objects
        assert [hit["location"] for hit in near] == [hit["location"] for hit in same]
        assert a_of(cards, card) not in {hit["location"] for hit in near}
        assert a_of(cards, other) in {hit["location"] for hit in near}
        shows = {"card1": "rocket", "card2": "coffee"}[card]
        twin = next(name for name, shown in NAMES.items() if shown == shows)
        assert near[0]["location"] == str(cards / "names" / twin)


def test_mood_explain_and_recommend_take_the_one_that_is_meant(ask, cards, tmp_path):
    check_refused(ask("mood", "DCIM/a.mp4"), "2 videos of the index have this path")
    for card in ("card1", "card2"):
        plot = tmp_path / "mood.json"
        ask("mood", "DCIM/a.mp4", "--plot", plot, at=card)
        assert json.loads(plot.read_text())["location"] == a_of(cards, card)
        told = ask("explain", "a cup of coffee", "DCIM/a.mp4", "--json", at=card).objects[0]
        assert told["location"] == a_of(cards, card)
        assert (told["parts"]["content"] > 0.5) is (card == "card2")
    liked = ask("recommend", "--like", a_of(cards, "card1"), "--top", 9, "--json").objects
    assert a_of(cards, "card1") not in {hit["location"] for hit in liked}
    assert a_of(cards, "card2") in {hit["location"] for hit in liked}
    found = ask("mood", "joy", "--top", 20, "--json").objects
    assert len({hit["location"] for hit in found}) == len(NAMES) + 2


def test_examples_and_explained_hits_are_of_the_one_that_is_meant(ask, cards):
    for card in ("card1", "card2"):
        liked = ask("search", "--like", a_of(cards, card), "--path", "DCIM", "--json").objects
        assert liked[0]["location"] == a_of(cards, card)
    told = ask("search", "a cup of coffee", "--path", "DCIM", "--explain", "--json").objects
    for hit in told:
        parts = hit["explanation"]["parts"]
        assert parts["content"] == pytest.approx(hit["content_score"], abs=1e-4)


def test_exports_name_both(moodreel, cards, tmp_path):
    for suffix in (".json", ".jsonl", ".csv"):
        target = tmp_path / f"rows{suffix}"
        assert moodreel("annotate", cards / "index", "--to", target).code == 0
        text = target.read_text(encoding="utf-8")
        for card in ("card1", "card2"):
            assert json.dumps(a_of(cards, card))[1:-1] in text
    done = moodreel("annotate", cards / "index")
    assert len({row["video"] for row in done.objects}) == len(NAMES) + 2


def test_ranks_and_maps_name_both(ask, cards, tmp_path):
    (tmp_path / "labels.jsonl").write_text(
        "\n".join(
            json.dumps({"video": f"{card}/DCIM/a.mp4", "emotions": {"joy": grade}})
            for card, grade in (("card1", 0.9), ("card2", 0.7))
        )
    )
    fusions = ("--fusion", "baseline", "--fusion", "late")
    labels = ("--labels", tmp_path / "labels.jsonl", "--json")
    done = ask("track", "a joyful picture", *fusions, *labels)
    videos = json.loads(done.out)["queries"][0]["videos"]
    grades = {video["name"]: video["grade"] for video in videos}
    assert set(grades) == {a_of(cards, "card1"), a_of(cards, "card2")}
    assert grades[a_of(cards, "card1")] > grades[a_of(cards, "card2")]
    for report in ("map.html", "map.json", "map.png"):
        done = ask("map", "a cat", "--fusion", "baseline", "--report", tmp_path / report)
        assert done.code == 0, done.err
    points = json.loads((tmp_path / "map.json").read_text(encoding="utf-8"))["points"]
    assert {a_of(cards, "card1"), a_of(cards, "card2")} <= {point["name"] for point in points}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_of_any_name_is_searched_and_found_again(ask, cards, name):
    text = {"horse": "a horse", "moon": "the moon", "cat": "a cat"}.get(NAMES[name], NAMES[name])
    hits = ask("search", text, "--path", "names", "--top", 9, "--json").objects
    place = cards / "names" / name
    (hit,) = (hit for hit in hits if hit["location"] == str(place))
    assert os.path.samefile(hit["location"], place)
    assert hit["video"] == f"names/{name}"
    near = ask("similar", hit["video"], "--top", 9, "--json").objects
    assert str(place) not in {other["location"] for other in near}
    timed = ask("mood", hit["video"], "--json")
    assert {row["video"] for row in timed.objects} == {hit["video"]}


def test_tables_show_any_name_on_one_line(ask, cards, tmp_path):
    done = ask("search", "a picture", "--path", "names", "--top", 9, "--thumbnails", tmp_path)
    done.out.encode()
    for shown in (r"names/caf\xe9.mp4", "names/[red]x[bold].mp4", "names/a[/].mp4"):
        assert shown in done.out
    assert r"names/two\nlines \x1b[31m.mp4" in done.out
    assert "\x1b" not in done.out
    assert len(list(tmp_path.glob("*.jpg"))) == len(NAMES)
    assert ask("similar", r"names/caf\xe9.mp4", "--top", 1).code == 0


def test_a_filter_finds_either_composition_in_any_case(ask, cards):
    for typed in ("été", "ÉTÉ", "e\u0301te\u0301"):
        found = ask("search", "a picture", "--path", typed, "--json").objects
        names = {os.path.basename(hit["location"]) for hit in found}
        assert names == {COMPOSED, DECOMPOSED}


def test_a_bad_file_of_any_name_is_named_on_one_line(moodreel, tmp_path):
    for name in (b"bad\xff.mp4", b"two\nlines.mp4", b"[red].mp4"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"no video")
    done = moodreel("index", tmp_path, "--index", tmp_path / "index", "--json")
    assert done.code == 1
    failed = {os.path.basename(path) for path, _ in json.loads(done.out)["failed"]}
    assert {os.fsencode(name) for name in failed} == {
        b"bad\xff.mp4", b"two\nlines.mp4", b"[red].mp4"
    }  # fmt: skip
    lines = [line for line in done.err.splitlines() if line.startswith("failed: ")]
    assert len(lines) == 3
    assert any(r"bad\xff.mp4" in line for line in lines)
    assert any(r"two\nlines.mp4" in line for line in lines)


def test_a_video_that_is_not_there_is_named_as_it_was_written(ask):
    check_refused(ask("similar", os.fsdecode(b"x\xff\n[/].mp4")), r"x\xff\n[/].mp4", code=1)
