"""What has moved or was renamed works for one more release, and says what took its place."""

from importlib import import_module, reload

import pytest

from moodreel import Registry, create
from moodreel.compat.deprecation import moved_module, renamed_option
from moodreel.fusion.checkpoints import load_strategy
from moodreel.fusion.gated import GatedFusion
from moodreel.fusion.shrinkage import Shrinkage
from moodreel.registry.fingerprints import fingerprint

MOVED = [
    ("moodreel.gated", "GatedFusion", GatedFusion),
    ("moodreel.shrinkage", "Shrinkage", Shrinkage),
    ("moodreel.fingerprints", "fingerprint", fingerprint),
]

FILE = """
presets:
  mine: {{extends: starter, fusion_strategy: small}}
components:
  fusion_strategy:
    small: {{plugin: concat-fc, {option}: 8}}
"""


@pytest.mark.parametrize(("old", "name", "now"), MOVED)
def test_a_moved_module_gives_the_very_object_and_says_where_it_is(old, name, now):
    module = import_module(old)
    with pytest.warns(DeprecationWarning, match=rf"write `from moodreel\.\S+ import {name}`"):
        assert getattr(module, name) is now


@pytest.mark.parametrize(("old", "name", "now"), MOVED)
def test_the_line_that_a_moved_module_advises_works(old, name, now):
    with pytest.warns(DeprecationWarning, match=old) as warned:
        getattr(import_module(old), name)
    _, line, _ = str(warned[0].message).split("`")
    scope = {}
    exec(line, scope)
    assert scope[name] is now


@pytest.mark.parametrize(("old", "name", "now"), MOVED)
def test_the_warning_is_of_the_line_that_uses_the_old_name(old, name, now):
    with pytest.warns(DeprecationWarning, match=old) as warned:
        exec(compile(f"from {old} import {name}", __file__, "exec"), {})
    assert warned[0].filename == __file__


@pytest.mark.parametrize(("old", "name", "now"), MOVED)
def test_importing_a_moved_module_alone_warns_of_nothing(old, name, now, recwarn):
    reload(import_module(old))
    assert not [one for one in recwarn if issubclass(one.category, DeprecationWarning)]


def test_a_moved_module_lacks_what_the_new_one_lacks():
    find = moved_module("moodreel.old", "moodreel.fusion", removed_in="0.3")
    with pytest.raises(AttributeError, match="NoSuchName"):
        find("NoSuchName")
    with pytest.raises(AttributeError, match=r"moodreel\.old"):
        find("__path__")


def test_a_renamed_option_names_both_names_and_the_release():
    with pytest.warns(DeprecationWarning, match=r"'room' is called 'mood_dim'.*0\.3"):
        renamed_option("room", "mood_dim", removed_in="0.3")


@pytest.mark.parametrize("name", ["concat-fc", "cross-attention", "video-side"])
def test_the_option_room_is_mood_dim(name):
    with pytest.warns(DeprecationWarning, match="mood_dim"):
        old = create("fusion_strategy", name, room=8)
    assert old.mood_dim == 8
    assert old.fingerprint == create("fusion_strategy", name, mood_dim=8).fingerprint
    assert old.recipe["options"] == {"mood_dim": 8}


def test_a_file_with_the_option_room_is_read_as_before(tmp_path):
    for option in ("room", "mood_dim"):
        (tmp_path / f"{option}.yaml").write_text(FILE.format(option=option))
    with pytest.warns(DeprecationWarning, match="mood_dim"):
        old = load_strategy(Registry.load("mine", tmp_path / "room.yaml"))
    new = load_strategy(Registry.load("mine", tmp_path / "mood_dim.yaml"))
    assert old.fingerprint == new.fingerprint
