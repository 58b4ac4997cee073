"""Names, options and plugins: what is wrong is said, with what was meant."""

import textwrap

import pytest

from moodreel import create, hookimpl
from moodreel.emotions import Emotion
from moodreel.errors import ConfigurationError, MissingPackage, PluginError
from moodreel.fusion.strategy import FusionStrategy
from moodreel.hookspecs import HOOKS
from moodreel.interfaces import (
    EmotionExtractor,
    Requirement,
    TextEncoder,
    TextFeatures,
    VideoReader,
)
from moodreel.registry.discovery import discover, import_plugin
from moodreel.registry.settings import load_settings
from moodreel.registry.sources import PluginSource


class Doubling(FusionStrategy):
    """A third party's strategy."""

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__()
        self.factor = factor

    def fuse_video(self, video, seen):
        return video.pooled * self.factor


class Letters(TextEncoder):
    """A third party's text encoder, in a space of its own."""

    space, dim = "letters", 26

    def encode(self, texts, inject=None) -> TextFeatures:
        raise AssertionError("only its space is looked at")


class Reading(EmotionExtractor):
    """A third party's extractor, built on a text encoder."""

    modality = "text"
    observes = frozenset(Emotion)

    def __init__(self, text_encoder: TextEncoder, others: list[EmotionExtractor] | None = None):
        self.text_encoder = text_encoder
        self.others = others

    def extract(self, inputs):
        raise AssertionError("never run here")


class Rare(FusionStrategy):
    """A strategy whose package is not installed."""

    requires = (Requirement("no_such_package", "pip install no-such-package"),)


class ThirdParty:
    __name__ = "third-party"

    @hookimpl
    def register_fusion_strategies(self, register):
        register("doubling", Doubling)
        register("rare", Rare)

    @hookimpl
    def register_text_encoders(self, register):
        register("letters", Letters)

    @hookimpl
    def register_emotion_extractors(self, register):
        register("reading", Reading)


def plugin(name, **hooks):
    """A plugin made of functions named after hooks."""
    return type(name, (), {hook: staticmethod(hookimpl(call)) for hook, call in hooks.items()})


@pytest.fixture
def write(tmp_path):
    def write_config(text):
        path = tmp_path / "mine.yaml"
        path.write_text(textwrap.dedent(text))
        return path

    return write_config


def test_a_strangers_component_is_chosen_by_name_without_an_entry(registry_with):
    registry = registry_with(ThirdParty(), overrides=["fusion_strategy=doubling"])
    assert isinstance(registry.slot("fusion_strategy"), Doubling)


def test_a_users_file_configures_a_strangers_component(registry_with, write):
    config = write("""
        presets: {starter: {fusion_strategy: triple}}
        components: {fusion_strategy: {triple: {plugin: doubling, factor: 3}}}
    """)
    registry = registry_with(ThirdParty(), config=config)
    assert registry.slot("fusion_strategy").factor == 3


def test_key_value_overrides_beat_the_users_file(registry_with, write):
    config = write("components: {fusion_strategy: {late: {weight: 0.2}}}")
    assert registry_with(config=config).slot("fusion_strategy").weight == 0.2
    override = ["components.fusion_strategy.late.weight=0.3"]
    registry = registry_with(config=config, overrides=override)
    assert registry.slot("fusion_strategy").weight == 0.3
    registry = registry_with(config=config, overrides=["fusion_strategy.weight=0.4"])
    assert registry.slot("fusion_strategy").weight == 0.4


def test_another_plugin_for_a_packaged_name_forgets_its_options(registry_with, write):
    config = write("components: {text_encoder: {minilm: {plugin: letters}}}")
    registry = registry_with(ThirdParty(), config=config)
    assert isinstance(registry.slot("text_encoder"), Letters)


def test_a_component_that_another_one_names_is_built_once_and_shared(registry_with, write):
    config = write("""
        components:
          emotion_extractor:
            mine: {plugin: reading, text_encoder: minilm, others: [words]}
    """)
    registry = registry_with(ThirdParty(), config=config)
    mine = registry.create("emotion_extractor", "mine")
    assert mine.text_encoder is registry.slot("text_encoder")
    assert mine.others == [registry.slot("text_emotion")]


def test_an_option_that_names_a_component_takes_a_built_one_too_and_nothing_else():
    words = create("emotion_extractor", "words")
    given, named = (
        create("emotion_extractor", "calibrated", extractor=one) for one in (words, "words")
    )
    assert given.extractor is words
    assert given.fingerprint == named.fingerprint
    assert create("emotion_extractor", "calibrated", extractor=words) is not given
    for wrong in (3, ["words"], create("text_encoder", "minilm")):
        with pytest.raises(ConfigurationError, match="of the kind emotion_extractor, or one") as e:
            create("emotion_extractor", "calibrated", extractor=wrong)
        assert "\n" not in str(e.value)


def test_fingerprints_tell_options_apart_and_nothing_else(registry_with):
    first, again = registry_with(ThirdParty()), registry_with(ThirdParty())
    name = ("fusion_strategy", "doubling")
    assert first.create(*name).fingerprint == again.create(*name).fingerprint
    assert first.create(*name, factor=2.0).fingerprint == first.create(*name).fingerprint
    assert first.create(*name, factor=3.0).fingerprint != first.create(*name).fingerprint


class Placed(Doubling):
    """A later release of the strategy, with an option of where it runs and one of what it does."""

    unhashed = frozenset({"device"})
    hashed_if_set = frozenset({"power"})

    def __init__(self, device: str = "auto", power: int = 1, **options) -> None:
        super().__init__(**options)


class Later:
    @hookimpl
    def register_fusion_strategies(self, register):
        register("doubling", Placed)


def test_options_of_a_later_release_keep_the_fingerprint_while_outputs_stay(
    registry_with, monkeypatch
):
    """As for encoders, whose code does not count: the two classes here are strategies."""
    monkeypatch.setattr("moodreel.registry.fingerprints.CHEAP", ())
    name = ("fusion_strategy", "doubling")
    before = registry_with(ThirdParty()).create(*name).fingerprint
    later = registry_with(Later())
    for same in ({}, {"device": "cuda:0"}, {"power": 1}, {"factor": 2.0}):
        assert later.create(*name, **same).fingerprint == before, same
    for other in ({"power": 2}, {"factor": 3.0}):
        assert later.create(*name, **other).fingerprint != before, other


def test_presets_extend_one_another(write):
    config = write("""
        presets:
          mine: {extends: starter, fusion_strategy: baseline}
          ours: {extends: mine, segments: {length: 10}}
    """)
    settings = load_settings("ours", config)
    assert settings.slots["fusion_strategy"] == "baseline"
    assert settings.slots["video_encoder"] == "starter"
    assert settings.segments == {"length": 10, "stride": 5.0}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("presets: {mine: {extends: mine}}", "preset 'mine' extends itself"),
        ("presets: {mine: {extends: startr}}", "Did you mean 'starter'"),
        ("presets: {mine: {video_encodr: clip}}", "Did you mean 'video_encoder'"),
        ("componets: {}", "Did you mean 'components'"),
        ("components: {fusion_stratgy: {}}", "Did you mean 'fusion_strategy'"),
        ("components: {fusion_strategy: {late: 3}}", "must be a mapping"),
        ("- a list", "not a list"),
        ("presets: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_file_is_named_with_what_was_meant(write, text, says):
    config = write(text)
    with pytest.raises(ConfigurationError, match=says) as caught:
        load_settings("mine" if "mine: {e" in text else "starter", config)
    assert "\n" not in str(caught.value)


def test_an_entry_with_an_unknown_plugin_is_refused_when_it_is_used(registry_with, write):
    config = write("components: {fusion_strategy: {mine: {plugin: bseline}}}")
    registry = registry_with(config=config)
    assert registry.slot("fusion_strategy")
    with pytest.raises(ConfigurationError, match="Did you mean 'baseline'"):
        registry.create("fusion_strategy", "mine")


def test_a_slot_can_be_left_empty(registry_with):
    registry = registry_with(overrides=["text_emotion=null"])
    assert registry.emotion_slot("text_emotion", "text") is None


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none\.yaml: no such"):
        load_settings(config=tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            ("fusion_strategy", "bseline"),
            "unknown fusion_strategy 'bseline'. Did you mean 'baseline'",
        ),
        (("fusion_stratgy", "late"), "Did you mean 'fusion_strategy'"),
        (("fusion_strategy", "late", {"wieght": 1}), "no option 'wieght'. Did you mean 'weight'"),
        (("fusion_strategy", "late", {"weight": "heavy"}), "option weight='heavy'"),
        (("fusion_strategy", "late", {"weight": 7}), "from 0 to 1"),
    ],
)
def test_unknown_names_and_wrong_options_list_the_known_ones(call, says):
    kind, name, *options = call
    with pytest.raises(Exception, match=says) as caught:
        create(kind, name, **(options[0] if options else {}))
    assert caught.value.exit_code == 2


def test_an_option_without_a_value_is_asked_for(registry_with):
    with pytest.raises(ConfigurationError, match="needs the option 'text_encoder'"):
        registry_with(ThirdParty()).create("emotion_extractor", "reading")


def test_a_missing_package_gives_the_command_that_installs_it(registry_with):
    with pytest.raises(MissingPackage, match="pip install no-such-package"):
        registry_with(ThirdParty()).create("fusion_strategy", "rare")


def test_a_factory_of_another_kind_is_refused(registry_with):
    made = plugin("made", register_video_readers=lambda register: register("x", lambda: Doubling()))
    with pytest.raises(PluginError, match="registered as video_reader but builds Doubling"):
        registry_with(made).create("video_reader", "x")


def test_a_name_registered_twice_is_refused(registry_with):
    again = plugin("again", register_fusion_strategies=lambda register: register("late", Doubling))
    with pytest.raises(
        PluginError, match=r"plugin 'again' .*'late', which plugin 'late' \(moodreel"
    ):
        registry_with(again)


def test_a_misspelled_hook_is_refused_with_the_closest():
    wrong = plugin("wrong", register_fusion_strategys=lambda register: None)
    (problem,) = discover(extra=[wrong]).problems
    assert "Did you mean 'register_fusion_strategies'" in str(problem)


def test_a_registration_without_a_usable_name_or_factory_is_refused(registry_with):
    for name, factory in (("", Doubling), (3, Doubling), ("x", "not callable")):
        bad = plugin(
            "bad", register_fusion_strategies=lambda register, n=name, f=factory: register(n, f)
        )
        with pytest.raises(PluginError, match=r"plugin 'bad' \(given\) registers"):
            registry_with(bad)


def test_a_plugin_that_cannot_be_imported_is_named_with_the_way_past_it():
    from importlib.metadata import EntryPoint

    gone = EntryPoint("gone", "no_such_module", "moodreel")
    with pytest.raises(PluginError, match="MOODREEL_DISABLE_PLUGINS=gone"):
        import_plugin(PluginSource.installed(gone), gone)


def test_a_plugin_can_be_left_out(monkeypatch):
    monkeypatch.setenv("MOODREEL_DISABLE_PLUGINS", "late")
    assert ("fusion_strategy", "late") not in discover().registrations


def test_every_hook_is_named_after_its_kind_and_takes_register():
    from moodreel import hookspecs

    for kind, hook in HOOKS.items():
        assert hook.startswith(f"register_{kind[:-1]}")
        assert getattr(hookspecs, hook).__doc__


def test_a_reader_kind_needs_its_methods():
    with pytest.raises(TypeError, match="abstract"):
        VideoReader()
