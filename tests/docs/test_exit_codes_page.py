"""docs/exit-codes.md: every call in its table ends with the code that stands beside it."""

import re
import shlex
import shutil
from json import dumps

import pytest

import places
from copies import copy_index
from hard_videos import text
from inputs import CLIP_VIP, publish_clip_vip, write_expressions
from labelled_texts import labelled_rows
from moodreel.cli import COMMANDS
from voices import write_voices

PAGE = (places.DOCS / "exit-codes.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-z-]+) \| (\d+) \| ([^|]+) \| `moodreel ([^`]+)` \|$", PAGE, re.M)
SHOWN = {"astronaut": "a happy woman", "cat": "a cat", "coffee": "a cup of coffee"}


@pytest.fixture(scope="module")
def folder(demo, engine_at, world, faces, scenes, reaction_clips, tmp_path_factory):
    """The folder that the page tells of."""
    home = tmp_path_factory.mktemp("exit-codes")
    for name in ("videos", "broken", "empty", "moodreel-demo"):
        (home / name).mkdir()
    for name in SHOWN:
        (home / "videos" / f"{name}.mp4").symlink_to(demo / "videos" / f"{name}.mp4")
    text(home / "broken" / "text.mp4")
    rows = "".join(f"{name}.mp4,{caption}\n" for name, caption in SHOWN.items())
    (home / "captions.csv").write_text(f"video,caption\n{rows}")
    (home / "broken.csv").write_text(f"video,caption\n{rows}text.mp4,a text\n")
    publish_clip_vip(home / "published.pt")
    shutil.copy(CLIP_VIP / "config.json", home)
    write_expressions(home / "expressions")
    write_voices(home / "voices")
    (home / "labelled.jsonl").write_text("\n".join(map(dumps, labelled_rows())))
    links = {"features": world, "faces": faces, "scenes": scenes, "clips": reaction_clips}
    for name, target in links.items():
        (home / name).symlink_to(target)
    (home / "moodreel-demo" / "videos").symlink_to(demo / "videos")
    copy_index(demo / "index", home / "moodreel-demo" / "index")
    with pytest.MonkeyPatch.context() as patch, engine_at(home / ".moodreel") as engine:
        patch.chdir(home)
        engine.index("videos")
    return home


@pytest.mark.parametrize(
    ("code", "call"), [(code, call) for _, code, _, call in ROWS], ids=[row[3] for row in ROWS]
)
def test_a_call_ends_with_the_code_of_its_row(moodreel, folder, monkeypatch, code, call):
    monkeypatch.chdir(folder)
    done = moodreel(*shlex.split(call))
    assert done.code == int(code), done.err
    if done.code == 2:
        assert done.out == ""
        assert done.err.startswith("moodreel: ")
        assert done.err.count("\n") == 1


def test_every_row_is_of_its_command_and_every_command_has_rows():
    assert all(call.split()[0] == name for name, _, _, call in ROWS)
    assert len(ROWS) == PAGE.count("| `moodreel ")
    codes = {name: {code for other, code, _, _ in ROWS if other == name} for name in COMMANDS}
    assert all("2" in found for found in codes.values())
    assert all("0" in found for name, found in codes.items() if name != "serve")
