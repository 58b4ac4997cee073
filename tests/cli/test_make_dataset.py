"""`moodreel make-dataset`: reaction-clips, and what can go wrong."""

from collections import Counter

import pytest

from moodreel.datasets.builders.reaction_clips import find_faces, find_scenes, plan_clips
from outcomes import check_refused


def test_it_says_what_it_made(moodreel, reaction_clips, faces, scenes):
    place = ("--faces", faces, "--scenes", scenes, "--seed", 3, "--to", reaction_clips)
    done = moodreel("make-dataset", "reaction-clips", *place)
    assert done.code == 0, done.err
    counts = Counter(plan.split for plan in plan_clips(find_faces(faces), find_scenes(scenes), 3))
    parts = ", ".join(f"{count} {split}" for split, count in counts.items())
    assert f"{reaction_clips}: {counts.total()} clips ({parts})" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["reaction-clips", "--faces", "."], "sub-folders named after emotions"),
        (["reaction-clips", "--faces", "none"], "none: no such folder"),
        (["reaction-clips"], "Missing option '--faces'"),
        (["reaction", "--faces", "."], "'reaction' is not"),
    ],
)
def test_a_wrong_call_is_one_line_and_makes_nothing(
    moodreel, tmp_path, monkeypatch, arguments, says
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "smiles").mkdir()
    check_refused(moodreel("make-dataset", *arguments), says)
    assert [path.name for path in tmp_path.iterdir()] == ["smiles"]
