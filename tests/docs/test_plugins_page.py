"""docs/plugins.md: a heading for each hook with its exact signature, and examples that pass."""

import ast
import importlib
import inspect
import re
import tomllib

import pytest
from omegaconf import OmegaConf

import places
from moodreel import fusion, hookspecs, interfaces, testing
from moodreel.errors import ConfigurationError, MissingPackage
from moodreel.interfaces import Component
from moodreel.registry.fingerprints import weights_digest
from moodreel.registry.settings import load_settings
from moodreel.registry.slots import SLOTS

PAGE = (places.DOCS / "plugins.md").read_text(encoding="utf-8")
KINDS = sorted(hookspecs.HOOKS)
OPTIONS = "Options and their annotations"
NEEDS = "Packages that a component needs: `Requirement`"
VERSION = "`version`, `weights` and the fingerprint"


def signature(hook):
    """Return a hook's signature as its source has it."""
    (function,) = ast.parse(inspect.getsource(getattr(hookspecs, hook))).body
    return f"{function.name}({ast.unparse(function.args)}) -> {ast.unparse(function.returns)}"


def section(heading):
    """Return what stands between a heading and the next one; it is there exactly once."""
    parts = re.split(r"^#+ (.*)$", PAGE, flags=re.M)
    found = [body for title, body in zip(parts[1::2], parts[2::2], strict=True) if title == heading]
    assert len(found) == 1, f"docs/plugins.md needs one heading: {heading}"
    return found[0]


def hook_section(kind):
    """Return the section of a hook."""
    return section(f"`{signature(hookspecs.HOOKS[kind])}`")


def code(text, language="python"):
    """Return the only block of code in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", text, re.S)
    return found


def base_class(kind):
    """Return the interface of a kind."""
    known = [*vars(interfaces).values(), fusion.FusionStrategy]
    (found,) = [c for c in known if inspect.isclass(c) and getattr(c, "kind", None) == kind]
    return found


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Import a section's block of code as the module that a package would hold."""

    def load(text):
        number = len(list(tmp_path.iterdir()))
        name = f"page_plugin_{tmp_path.name.replace('-', '_')}_{number}"
        (tmp_path / f"{name}.py").write_text(code(text), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(name)

    return load


@pytest.fixture
def registered(plugin, registry_with):
    """Return the registry that a section's plugin is part of, and what it registers."""

    def load(text, **settings):
        module = plugin(text)
        registry = registry_with(module, **settings)
        return registry, [r for r in registry.registrations.values() if r.module == module.__name__]

    return load


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_has_one_heading_with_its_exact_signature(kind):
    assert hook_section(kind).strip()


@pytest.mark.parametrize("kind", KINDS)
def test_a_hooks_example_registers_a_component_that_keeps_its_kinds_contract(kind, registered):
    registry, found = registered(hook_section(kind))
    assert [one.kind for one in found] == [kind]
    testing.CHECKS[kind](registry.create(kind, found[0].name))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hooks_section_names_what_its_interface_demands_and_its_check(kind):
    text, base = hook_section(kind), base_class(kind)
    assert f"`{testing.CHECKS[kind].__name__}`" in text
    for name in (base.__name__, *base.__abstractmethods__):
        assert re.search(rf"\b{name}\b", re.sub(r"```.*?```", "", text, flags=re.S)), name


def test_every_hooks_signature_that_the_page_has_is_a_hooks():
    shown = re.findall(r"^### `(register_.*)`$", PAGE, re.M)
    assert sorted(shown) == sorted(map(signature, hookspecs.HOOKS.values()))


def test_the_callbacks_type_is_the_one_in_the_code():
    assert code(section("The hooks"), "py") in inspect.getsource(hookspecs)


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_kinds_is_complete(kind):
    slots = ", ".join(f"`{slot}`" for slot, held in SLOTS.items() if held == kind)
    base = base_class(kind)
    home = (
        "moodreel.fusion"
        if base is fusion.FusionStrategy
        else base.__module__.removesuffix(".kinds")
    )
    row = f"| `{kind}` | `{hookspecs.HOOKS[kind]}` | `{home}.{base.__name__}` | {slots} |"
    assert row in PAGE.splitlines()


def test_the_table_of_checks_is_complete():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)\(", section("Conformance checks"), re.M)
    assert dict(rows) == {kind: check.__name__ for kind, check in testing.CHECKS.items()}


def test_options_are_converted_checked_and_renamed_as_the_page_says(registered):
    registry, (found,) = registered(section(OPTIONS))
    made = registry.create("fusion_strategy", "sided", text_encoder="minilm", share="0.4")
    assert (made.share, made.dim) == (0.4, 384)
    testing.check_fusion(made)
    for wrong in ({"share": "much"}, {"side": "left"}):
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            registry.create("fusion_strategy", "sided", text_encoder="minilm", **wrong)
    with pytest.raises(ConfigurationError, match="needs the option 'text_encoder'"):
        registry.create("fusion_strategy", "sided")
    with pytest.warns(DeprecationWarning, match="'strength' is called 'share' now"):
        old = registry.create("fusion_strategy", "sided", text_encoder="minilm", strength=0.1)
    assert old.share == 0.1
    assert issubclass(found.factory, Component)


def test_a_missing_package_is_told_with_the_command_that_installs_it(registered):
    registry, _ = registered(section(NEEDS))
    assert "pip install no-such-package" in registry.find("captioner", "whisperer").problem
    with pytest.raises(MissingPackage, match="pip install no-such-package"):
        registry.create("captioner", "whisperer")


def test_weights_and_version_enter_the_fingerprint(registered, tmp_path_factory):
    registry, (found,) = registered(section(VERSION))
    file = tmp_path_factory.mktemp("words") / "words.txt"
    entry, prints = registry.find("emotion_extractor", "word-list"), []
    for words, version in (("joyful", "2"), ("joyful happy", "2"), ("joyful happy", "3")):
        file.write_text(words)
        weights_digest.cache_clear()  # as in another process
        found.factory.version = version
        made = registry.build(entry, {"file": str(file)})
        prints.append(made.fingerprint)
    assert len(set(prints)) == 3
    testing.check_emotion_extractor(made)


def test_the_packaging_example_has_an_entry_point_of_the_group():
    project = tomllib.loads(code(section("Packaging: the entry point"), "toml"))
    ((_, module),) = project["project"]["entry-points"]["moodreel"].items()
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"] == [f"{module}.py"]


def test_the_packaging_examples_configuration_is_one(registered, tmp_path_factory):
    file = tmp_path_factory.mktemp("config") / "mine.yaml"
    file.write_text(code(section("Packaging: the entry point"), "yaml"))
    assert load_settings("mine", file).slots["fusion_strategy"] == "gentle-echo"
    registry, _ = registered(hook_section("fusion_strategy"), config=file)
    assert registry.create("fusion_strategy", "gentle-echo").share == 0.1


def test_the_kinds_that_new_plugin_takes_are_named():
    from moodreel.scaffold.scaffold import KINDS as SHORT

    sentence = section("Packaging: the entry point")
    assert all(f"`{name}`" in sentence for name in SHORT)


def test_the_first_try_names_all_three_ways():
    text = section("A first try without packaging")
    for way in ("--plugin my_strategy.py", "MOODREEL_PLUGINS", "engine.register(MyStrategy)"):
        assert way in text
    assert OmegaConf.create(code(text, "yaml")).plugins == ["my_strategy.py"]
