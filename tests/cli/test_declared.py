"""What plugins' sources say that they register is what they register."""

import pytest

from moodreel.cli import declared
from moodreel.cli.declared import declared_components, read_plugin, stand_in
from moodreel.registry.entries import Entry
from moodreel.registry.registry import installed_components

HEAD = "from moodreel import hookimpl\nfrom moodreel.fusion import FusionStrategy\n"
HOOK = "@hookimpl\ndef register_fusion_strategies(register):\n    "


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read what a plugin of some source says that it registers."""
    from importlib.metadata import EntryPoint

    monkeypatch.syspath_prepend(tmp_path)
    count = iter(range(100))

    def read_source(code):
        name = f"plugin_of_a_test_{next(count)}_{tmp_path.name}"
        (tmp_path / f"{name}.py").write_text(HEAD + code)
        found = read_plugin(EntryPoint("mine", name, "moodreel"))
        return {made.name: Entry(made.kind, made.name, made, {}) for made in found}

    return read_source


def options(entry):
    """The options of a component: name -> whether it must be given, and whether any is taken."""
    return {n: p.default is p.empty for n, p in entry.parameters.items()}, entry.takes_any


def test_names_and_options_are_those_of_the_installed_plugins():
    found, real = declared_components(), installed_components()
    assert found.keys() == real.keys()
    for key in real:
        assert options(Entry(*key, found[key], {})) == options(Entry(*key, real[key], {})), key


def test_a_strategy_takes_the_options_of_its_base_classes_that_it_hands_on(read):
    base = "from moodreel.fusion import GatedFusion\n"
    own = "class Mine(GatedFusion):\n    def __init__(self, share, **more):\n        pass\n"
    found = read(f"{base}{own}{HOOK}register('mine', Mine)\n")
    taken, takes_any = options(found["mine"])
    assert taken["share"]
    assert taken.keys() >= {"share", "mood_dim"}
    assert not takes_any


@pytest.mark.parametrize(
    "code",
    [
        "class Base:\n    def __init__(self, share=1): pass\nclass Mine(wrap(Base)): pass\n",
        "from torch import nn\nclass Mine(nn.Module): pass\n",
        "@wrapped\nclass Mine(FusionStrategy): pass\n",
        "class Mine(FusionStrategy, metaclass=Meta): pass\n",
        "class Mine(FusionStrategy):\n    if True:\n        def __init__(self, share): pass\n",
        "Mine = make_strategy()\n",
        "from elsewhere import Mine\n",
    ],
)
def test_what_cannot_be_read_takes_any_options(read, code):
    assert options(read(f"{code}{HOOK}register('mine', Mine)\n")["mine"])[1]


@pytest.mark.parametrize(
    "code",
    [
        f"{HOOK}for name in ('a', 'b'):\n        register(name, FusionStrategy)\n",
        f"NAME = 'a'\n{HOOK}register(NAME, FusionStrategy)\n",
        f"{HOOK}from elsewhere import Mine\n    register('a', Mine)\n",
        f"from elsewhere import *\n{HOOK}register('a', FusionStrategy)\n",
        "from elsewhere import register_fusion_strategies\n",
        f"if True:\n    {HOOK.replace(chr(10), chr(10) + '    ')}register('a', FusionStrategy)\n",
        "def register_fusion_strategies(register):\n    register('a', FusionStrategy)\n",
        "@hookimpl\ndef register_fusions(register):\n    register('a', FusionStrategy)\n",
        "x = 1\n",
    ],
)
def test_a_plugin_that_does_more_than_register_names_has_to_be_imported(read, code):
    with pytest.raises(declared.Unclear):
        read(code)


def test_a_stand_in_builds_nothing():
    with pytest.raises(NotImplementedError):
        stand_in("moodreel_plugins.fusion.late", "Late")()
