"""Configuration means one thing: on the command line, in a file, in Python, in every order."""

import textwrap
from itertools import permutations

import pytest

from moodreel.errors import ConfigurationError
from moodreel.registry import Registry
from moodreel.registry.settings import load_settings

PLUGIN = """
from moodreel import hookimpl
from moodreel.fusion import FusionStrategy

class Mine(FusionStrategy):
    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        self.share = share

@hookimpl
def register_fusion_strategies(register):
    register("mine", Mine)
"""


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return path

    return write_file


@pytest.fixture
def plugin(write):
    return write(PLUGIN, "mine.py")


ITEMS = ("fusion_strategy=late", "fusion_strategy.weight=0.9", "fusion_strategy.clamp=2")


@pytest.mark.parametrize("order", list(permutations(ITEMS)))
def test_name_and_options_combine_in_any_order_on_the_command_line(order):
    strategy = Registry.load("starter", overrides=order).slot("fusion_strategy")
    assert (strategy.weight, strategy.clamp) == (0.9, 2)


@pytest.mark.parametrize(
    "text",
    [
        "{fusion_strategy: late, fusion_strategy.weight: 0.9, fusion_strategy.clamp: 2}",
        "{fusion_strategy.weight: 0.9, fusion_strategy.clamp: 2, fusion_strategy: late}",
        "{fusion_strategy: {name: late, weight: 0.9, clamp: 2}}",
        "{fusion_strategy: {weight: 0.9, clamp: 2}}",
        "{presets: {starter: {fusion_strategy.weight: 0.9, fusion_strategy: {clamp: 2}}}}",
        "{presets: {starter: {fusion_strategy: {name: late, weight: 0.9, clamp: 2}}}}",
    ],
)
def test_a_users_file_says_the_same_in_every_form(write, text):
    strategy = Registry.load("starter", write(text)).slot("fusion_strategy")
    assert (strategy.weight, strategy.clamp) == (0.9, 2)


def test_python_takes_values_by_key():
    given = {"fusion_strategy.weight": 0.9, "fusion_strategy": "late", "segments.length": 0}
    registry = Registry.load("starter", overrides=given)
    assert registry.slot("fusion_strategy").weight == 0.9
    assert registry.settings.segments["length"] == 0


@pytest.mark.parametrize("order", list(permutations(("fusion_strategy=baseline", ITEMS[1]))))
def test_an_option_that_the_chosen_component_does_not_take_is_refused(order):
    with pytest.raises(ConfigurationError, match="'baseline' has no option 'weight'"):
        Registry.load("starter", overrides=order)


def test_an_option_for_an_empty_slot_is_refused():
    with pytest.raises(ConfigurationError, match=r"captioner\.top belongs to no component"):
        load_settings(overrides=["captioner.top=3", "captioner=null"])


def test_options_of_a_component_that_a_later_layer_replaces_are_forgotten(write):
    config = write("{fusion_strategy.weight: 0.9}")
    registry = Registry.load("starter", config, ["fusion_strategy=baseline"])
    assert type(registry.slot("fusion_strategy")).__name__ == "Baseline"
    kept = Registry.load("starter", config, ["fusion_strategy=late"])
    assert kept.slot("fusion_strategy").weight == 0.9


def test_a_strategy_named_beside_the_configuration_takes_the_options(plugin):
    given = {"overrides": ["fusion_strategy.share=5"], "plugins": [plugin]}
    registry = Registry.load("starter", fusions=["mine"], **given)
    assert registry.fresh("fusion_strategy", "mine").share == 5
    with pytest.raises(ConfigurationError, match="'late' has no option 'share'"):
        Registry.load("starter", **given)


def test_of_several_strategies_each_takes_the_options_that_it_has(plugin):
    given = {"fusions": ["late", "mine"], "plugins": [plugin]}
    options = ["fusion_strategy.share=5", "fusion_strategy.weight=0.3"]
    registry = Registry.load("starter", overrides=options, **given)
    assert registry.fresh("fusion_strategy", "mine").share == 5
    assert registry.fresh("fusion_strategy", "late").weight == 0.3
    with pytest.raises(ConfigurationError, match="none of late, mine has the option 'shar'"):
        Registry.load("starter", overrides=["fusion_strategy.shar=5"], **given)


def test_two_names_for_one_slot_are_refused():
    with pytest.raises(ConfigurationError, match="two fusion strategies are chosen"):
        Registry.load("starter", overrides=["fusion_strategy=late"], fusions=["baseline"])


def test_a_strategy_named_by_a_query_does_not_take_the_slots_options():
    registry = Registry.load("starter", overrides=["fusion_strategy.weight=0.9"])
    assert registry.fresh("fusion_strategy", "late").weight == 0.9
    assert registry.fresh("fusion_strategy", "baseline")


def test_a_file_of_plugins_is_found_from_where_the_configuration_lies(write, plugin):
    config = write("{plugins: [mine.py], fusion_strategy: mine, fusion_strategy.share: 3}")
    assert Registry.load("starter", config).slot("fusion_strategy").share == 3


def test_files_of_plugins_come_from_the_environment(plugin, monkeypatch):
    monkeypatch.setenv("MOODREEL_PLUGINS", str(plugin))
    assert Registry.load("starter", overrides=["fusion_strategy=mine"]).slot("fusion_strategy")


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["fusion_stratgy=late"], "Did you mean 'fusion_strategy'"),
        (["fusion_strategy.wieght=1"], "Did you mean 'weight'"),
        (["segments.lenght=1"], "Did you mean 'length'"),
        (["weight"], "is not key=value"),
        (["components.fusion_strategy.late.wieght=1"], "Did you mean 'weight'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_meant(overrides, says):
    with pytest.raises(ConfigurationError, match=says):
        Registry.load("starter", overrides=overrides)
