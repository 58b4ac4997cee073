"""`moodreel search`: the same hits as from Python, shown in every way, and what can go wrong."""

import os
from json import dumps, loads

import pytest
from PIL import Image

from nearness import ROUNDING, assert_same, assert_same_hits
from outcomes import check_refused

FIELDS = {"rank", "video", "start", "end", "score", "content_score", "emotion_score", "emotions"}


def place(demo):
    return ("--index", demo / "index")


def files(hits):
    return [os.path.basename(hit["video"]) for hit in hits]


def test_the_command_line_and_python_give_the_same_hits(moodreel, engine, demo):
    found = moodreel("search", "a happy person", "--json", *place(demo)).objects
    assert_same(found, [hit.to_dict() for hit in engine.search("a happy person")])
    assert found[0].keys() >= FIELDS


def test_a_hit_is_a_moment_whose_scores_sum(moodreel, demo):
    for hit in moodreel("search", "a joyful astronaut", "--json", *place(demo)).objects:
        assert 0 <= hit["start"] < hit["end"]
        total = hit["content_score"] + hit["emotion_score"]
        assert hit["score"] == pytest.approx(total, abs=1e-4)


def test_emotion_changes_the_ranking(moodreel, demo):
    """The astronaut is the only one who smiles."""
    plain = moodreel("search", "a person", "--emotion", "none", "--json", *place(demo))
    joyful = moodreel("search", "a person", "--emotion", "joy", "--json", *place(demo))
    averse = moodreel("search", "a person", "--emotion", "joy=-1", "--json", *place(demo))
    ranks = [files(found.objects).index("astronaut.mp4") for found in (joyful, plain)]
    assert ranks[0] <= ranks[1]
    assert files(joyful.objects)[0] == "astronaut.mp4"
    assert files(averse.objects)[0] != "astronaut.mp4"


def test_a_query_without_emotion_ranks_exactly_as_the_baseline(moodreel, demo):
    """Promise 2, through the whole engine."""
    for query in ("a brick wall", "rocket launch", "text on a page", "a cup of coffee"):
        late = moodreel("search", query, "--json", "--top", 30, *place(demo)).objects
        base = moodreel(
            "search", query, "--json", "--top", 30, "--fusion", "baseline", *place(demo)
        ).objects
        assert_same_hits(late, base)


def test_the_weight_goes_from_content_to_mood(moodreel, demo):
    def scores(weight):
        arguments = ("--emotion", "joy", "--weight", weight, "--json", *place(demo))
        return moodreel("search", "a person", *arguments).objects

    assert max(abs(hit["emotion_score"]) for hit in scores(0)) < ROUNDING
    assert max(abs(hit["content_score"]) for hit in scores(1)) < ROUNDING


def test_top_and_min_score_limit_the_hits(moodreel, demo):
    assert len(moodreel("search", "sky", "--top", 3, "--json", *place(demo)).objects) == 3
    done = moodreel("search", "sky", "--min-score", 99, *place(demo))
    assert (done.code, done.out) == (1, "")
    assert done.err == "moodreel: nothing found\n"


def test_the_table_shows_the_hits_and_thumbnails_their_frames(moodreel, demo, tmp_path):
    done = moodreel("search", "a cat", "--top", 2, "--thumbnails", tmp_path / "t", *place(demo))
    assert done.code == 0
    assert "cat.mp4" in done.out
    pictures = sorted(os.listdir(tmp_path / "t"))
    assert pictures[0] == "01-cat.jpg"
    assert Image.open(tmp_path / "t" / pictures[0]).size[1] == 300


def test_pictures_examples_and_filters_are_taken(moodreel, demo):
    def at(name):
        return str(demo / "videos" / name)

    unlike = ("--unlike", at("horse.mp4") + "@1")
    hits = moodreel("search", "an animal", *unlike, "--json", *place(demo)).objects
    assert files(hits)[0] != "horse.mp4"
    like = ("--like", at("cat.mp4"), "--path", "cat.mp4")
    hits = moodreel("search", *like, "--json", *place(demo)).objects
    assert [hit["video"] for hit in hits] == [at("cat.mp4")]
    done = moodreel("search", "--image", at("cat.mp4"), *place(demo))
    check_refused(done, "not a picture")


def test_it_says_when_nothing_matches(moodreel, demo):
    query = ("search", "two lawyers shake hands in an office", "--json", *place(demo))
    done = moodreel(*query)
    assert done.code == 0
    assert all(hit["weak"] for hit in done.objects)
    assert "nothing matches with confidence" in done.err
    check_refused(moodreel(*query, "--confident"), "nothing matches with confidence", code=1)


def test_captions_are_searched_and_shown(moodreel, engine, demo):
    call = ("search", "a tripod", "--in", "captions", "--top", 1, *place(demo))
    (hit,) = engine.search("a tripod", top=1, inside="captions")
    assert_same(moodreel(*call, "--json").objects, [loads(dumps(hit.to_dict()))])
    assert hit.caption in moodreel(*call).out


def test_hits_are_explained(moodreel, demo):
    query = ("search", "a happy woman", "--top", 2, "--explain", *place(demo))
    for hit in moodreel(*query, "--json").objects:
        parts = hit["explanation"]["parts"]
        assert parts["content"] == pytest.approx(hit["content_score"], abs=1e-4)
        assert sum(parts["emotions"].values()) == pytest.approx(hit["emotion_score"], abs=1e-4)
    assert "(mood in: happy)" in moodreel(*query).out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([""], "an empty query finds nothing"),
        (["a cat", "--emotion", "joi"], "Did you mean 'joy'"),
        (["a cat", "--emotion", "joy=9"], "from -1 to 1"),
        (["a cat", "--emotion", "none", "--emotion", "joy"], "cannot be combined"),
        (["a cat", "--weight", "3"], "from 0 to 1"),
        (["a cat", "--weight", "0.5", "--fusion", "baseline"], "no weight to set"),
        (["a cat", "--fusion", "lat"], "Did you mean 'late'"),
        (["a cat", "--fusion", "trained/none"], "holds no trained strategy"),
        (["a cat", "--top", "0"], "1 or more"),
        (["a", "cat"], "quote a text of several words"),
        (["a cat", "fusion_stratgy=late"], "Did you mean 'fusion_strategy'"),
        (["a cat", "fusion_strategy.wieght=1"], "Did you mean 'weight'"),
        (["a cat", "text_encoder.modle=x"], "Did you mean 'model'"),
        (["a cat", "--preset", "startr"], "Did you mean 'starter'"),
        (["a cat", "--config", "none.yaml"], "no such configuration file"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, demo, arguments, says):
    check_refused(moodreel("search", *arguments, *place(demo)), says)


def test_a_folder_without_an_index_is_named_with_the_command_that_makes_one(moodreel, tmp_path):
    done = moodreel("search", "a cat", "--index", tmp_path / "none")
    check_refused(done, "moodreel index VIDEOS")
    assert not (tmp_path / "none").exists()


def test_an_example_that_is_not_in_the_index_is_named(moodreel, demo):
    done = moodreel("search", "--like", "nowhere.mp4", *place(demo))
    check_refused(done, "nowhere.mp4: not in the index", code=1)


def test_a_very_long_text_and_strange_ones_are_answered(moodreel, demo):
    for text in ("word " * 100_000, "😡", "화난 남자", "\x07bell"):
        assert moodreel("search", text, "--json", *place(demo)).code == 0
