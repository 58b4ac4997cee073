"""`moodreel search` and `moodreel mood`: the same hits as from Python, and what can go wrong."""

import os

import pytest
from PIL import Image

from nearness import ROUNDING, assert_same, assert_same_hits

FIELDS = {"rank", "video", "start", "end", "score", "content_score", "emotion_score", "emotions"}


def place(demo):
    return ("--index", demo / "index")


def files(hits):
    return [os.path.basename(hit["video"]) for hit in hits]


def test_the_command_line_and_python_give_the_same_hits(moodreel, engine, demo):
    found = moodreel("search", "a happy person", "--json", *place(demo)).objects
    assert_same(found, [hit.to_dict() for hit in engine.search("a happy person")])
    assert found[0].keys() >= FIELDS
    found = moodreel("mood", "joy=0.8", "anger=-1", "--json", *place(demo)).objects
    assert_same(found, [hit.to_dict() for hit in engine.mood({"joy": 0.8, "anger": -1})])


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
    assert files(moodreel("mood", "joy", "--json", *place(demo)).objects)[0] == "astronaut.mp4"


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


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("search", ""), "an empty query finds nothing"),
        (("search", "a cat", "--emotion", "joi"), "Did you mean 'joy'"),
        (("search", "a cat", "--emotion", "joy=9"), "from -1 to 1"),
        (("search", "a cat", "--emotion", "none", "--emotion", "joy"), "cannot be combined"),
        (("search", "a cat", "--weight", "3"), "from 0 to 1"),
        (("search", "a cat", "--weight", "0.5", "--fusion", "baseline"), "no weight to set"),
        (("search", "a cat", "--fusion", "lat"), "Did you mean 'late'"),
        (("search", "a cat", "--top", "0"), "1 or more"),
        (("search", "a", "cat"), "quote a text of several words"),
        (("search", "a cat", "fusion_stratgy=late"), "Did you mean 'fusion_strategy'"),
        (("search", "a cat", "--preset", "startr"), "Did you mean 'starter'"),
        (("search", "a cat", "--config", "none.yaml"), "no such configuration file"),
        (("mood", "hapiness=1"), "unknown emotion 'hapiness'"),
        (("mood", "joy=0"), "an empty query finds nothing"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(moodreel, demo, arguments, says):
    done = moodreel(*arguments, *place(demo))
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert done.err.count("\n") == 1


def test_a_folder_without_an_index_is_named_with_the_command_that_makes_one(moodreel, tmp_path):
    done = moodreel("search", "a cat", "--index", tmp_path / "none")
    assert done.code == 1
    assert "moodreel index VIDEOS" in done.err
    assert not (tmp_path / "none").exists()


def test_a_very_long_text_and_strange_ones_are_answered(moodreel, demo):
    for text in ("word " * 100_000, "😡", "화난 남자", "\x07bell"):
        assert moodreel("search", text, "--json", *place(demo)).code == 0
