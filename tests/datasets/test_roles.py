"""The roles of texts about a video."""

import pytest

from moodreel.datasets import load_dataset
from moodreel.datasets.captioned import read_captions
from moodreel.datasets.relevance import make_queries
from moodreel.datasets.roles import AUXILIARY, CAPTION, SUBTITLE, row_role
from moodreel.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "role"),
    [
        (None, CAPTION),
        ("", CAPTION),
        ("Caption", CAPTION),
        ("speech", SUBTITLE),
        (" Subtitles ", SUBTITLE),
        ("auxiliary", AUXILIARY),
        ("Auxiliary caption", AUXILIARY),
    ],
)
def test_a_role_is_read_in_any_usual_spelling(written, role):
    assert row_role({"role": written}, "row 1") == role


def test_an_unknown_role_is_refused_with_its_row_and_the_closest():
    rows = [{"video": "a", "caption": "a cat", "role": "subtitel"}]
    with pytest.raises(InvalidInput, match=r"rows\.json, row 1: unknown role 'subtitel'.*subtitle"):
        read_captions(rows, "rows.json")


def test_auxiliary_captions_are_no_queries(tmp_path, demo):
    """What a captioner says of a video does not ask for it."""
    (tmp_path / "cat.mp4").symlink_to(demo / "videos" / "cat.mp4")
    (tmp_path / "captions.csv").write_text(
        "video,caption,role\ncat,a cat,caption\ncat,a tabby,auxiliary\ncat,meow,subtitle\n"
    )
    queries = make_queries(load_dataset(tmp_path / "captions.csv"))
    assert queries.texts == ["a cat", "meow"]
