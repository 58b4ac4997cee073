"""From names to components: `create("fusion_strategy", "late", weight=0.3)`."""

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from json import dumps
from pathlib import Path
from typing import Any

from moodreel.errors import ConfigurationError, Note, PluginError, closest
from moodreel.hookspecs import HOOKS
from moodreel.interfaces import Component
from moodreel.registry.construction import build_component
from moodreel.registry.discovery import Discovery, discover, installed_plugins
from moodreel.registry.entries import Entry, check_options, current_names
from moodreel.registry.needs import lacking, own_licences, preset_needs
from moodreel.registry.registrations import Registrar, Registrations
from moodreel.registry.settings import (
    Overrides,
    Settings,
    is_checkpoint,
    load_settings,
    names_folder,
)
from moodreel.registry.slots import SLOTS
from moodreel.registry.sources import PluginSource

FUSION = "fusion_strategy"
NOTEBOOK = PluginSource("register", "this process", "leave it out")


class Registry:
    """The components of one configuration. Each is built once and shared.

    Args:
        settings: the merged configuration; None takes the packaged one and MOODREEL_CONFIG.
        discovery: what plugins register; None takes the installed ones, and the files that the
            settings name.
        strict: whether a broken plugin is refused; False passes it by, see `problems`.

    Raises:
        PluginError: a plugin is broken.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        discovery: Discovery | None = None,
        strict: bool = True,
    ) -> None:
        self.settings = settings or load_settings()
        found = discovery or find_plugins(self.settings.plugins)
        self.problems = list(found.problems)
        if strict and self.problems:
            raise self.problems[0]
        self.registrations: Registrations = dict(found.registrations)
        self._built: dict[str, Component] = {}

    @classmethod
    def load(
        cls,
        preset: str = "starter",
        config: str | Path | None = None,
        overrides: Overrides = (),
        *,
        fusions: Sequence[str] = (),
        plugins: Sequence[str | Path] = (),
        strict: bool = True,
    ) -> "Registry":
        """Read the configuration (see `load_settings`) and check the names a preset uses.

        Args:
            preset: a name under `presets`.
            config: the user's file.
            overrides: settings over those of files.
            fusions: fusion strategies that will be used beside the configuration's.
            plugins: files with plugins that are not installed.
            strict: False passes broken plugins by.

        Raises:
            ConfigurationError: an unknown name, or an option that no chosen component takes.
        """
        settings = choose_settings(preset, config, overrides, fusions=fusions, plugins=plugins)
        registry = cls(settings, strict=strict)
        registry.check_names()
        for slot in settings.slots:
            registry.check_slot(slot)
        registry.check_fusions()
        return registry

    def check_names(self) -> None:
        """Refuse unknown components in slots and beside them, before any plugin is imported."""
        chosen = [(SLOTS[slot], name) for slot, name in self.settings.slots.items()]
        for kind, name in [*chosen, *((FUSION, name) for name in self.settings.fusions)]:
            if not (kind == FUSION and self.names_trained(name)):
                self.find(kind, name)

    def register(self, factory: Callable[..., Any], *, name: str | None = None) -> str:
        """Add a component of this process's own, such as a class in a notebook; return its name.

        A name that was registered so before is taken over by the new class.

        Args:
            factory: a class, derived from the base class of its kind.
            name: None makes one of the class's: `MyStrategy` is my-strategy.

        Raises:
            PluginError: no class of a component, or one that cannot be used.
        """
        kind = getattr(factory, "kind", "component")
        known = name or kebab_case(getattr(factory, "__name__", repr(factory)))
        mine = self.registrations.get((kind, known))
        if mine is not None and mine.module == NOTEBOOK.module:
            del self.registrations[kind, known]
        registrar = Registrar(self.registrations)
        registrar.accept(NOTEBOOK, [(kind, (known, factory), {})])
        self.__dict__.pop("entries", None)
        prefix = dumps([kind, known])[:-1]
        self._built = {k: part for k, part in self._built.items() if not k.startswith(prefix)}
        return known

    @cached_property
    def entries(self) -> dict[tuple[str, str], Entry]:
        """Every component by (kind, name): those in the configuration, then bare plugins.

        Entries whose plugin is not installed are left out; see `orphans`.
        """
        found = {
            (kind, name): Entry(kind, name, self.registrations[kind, plugin], options)
            for kind, name, plugin, options in self.configured()
            if (kind, plugin) in self.registrations
        }
        for (kind, name), registration in self.registrations.items():
            found.setdefault((kind, name), Entry(kind, name, registration, {}))
        return found

    @cached_property
    def orphans(self) -> dict[tuple[str, str], str]:
        """Entries of the configuration whose plugin is not installed, with what to say."""
        return {
            (kind, name): f"components.{kind}.{name} names the unknown plugin {plugin!r}."
            f"{closest(plugin, self.known_names(kind, self.registrations))}"
            for kind, name, plugin, _ in self.configured()
            if (kind, plugin) not in self.registrations
        }

    def configured(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield kind, name, plugin and options of every line of the configuration."""
        for kind, table in self.settings.components.items():
            for name, line in table.items():
                options = dict(line)
                yield kind, name, str(options.pop("plugin", name)), options

    @staticmethod
    def known_names(kind: str, table: Iterable[tuple[str, str]]) -> list[str]:
        """Return the names of one kind."""
        return [name for other, name in table if other == kind]

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of a component by kind and name."""
        if kind not in HOOKS:
            raise ConfigurationError(f"unknown kind of component {kind!r}.{closest(kind, HOOKS)}")
        if (kind, name) in self.entries:
            return self.entries[kind, name]
        if (kind, name) in self.orphans:
            raise ConfigurationError(self.orphans[kind, name])
        known = self.known_names(kind, self.entries)
        raise ConfigurationError(f"unknown {kind} {name!r}.{closest(name, known)}")

    def check_slot(self, slot: str) -> None:
        """Refuse an unknown component, or unknown options, in a preset's slot.

        The folder of a trained strategy is looked at when it is loaded (see `checkpoints`).
        """
        choice = self.settings.choices[slot]
        if slot == FUSION and self.names_trained(choice.name):
            return
        entry = self.find(SLOTS[slot], choice.name)
        given = {**entry.options, **choice.options}
        check_options(entry, current_names(entry.registration.factory, given))

    def check_fusions(self) -> None:
        """Refuse unknown strategies beside the configuration's, and options that none takes."""
        fusions = self.settings.fusions
        entries = [self.find(FUSION, name) for name in fusions if not self.names_trained(name)]
        for option in {option for given in fusions.values() for option in given}:
            if not any(entry.takes(option) for entry in entries):
                known = {name for entry in entries for name in entry.parameters}
                raise ConfigurationError(
                    f"none of {', '.join(fusions)} has the option {option!r}."
                    f"{closest(option, known)}"
                )

    def fusion_options(self, name: str) -> dict[str, Any]:
        """Return the options that the configuration gives a fusion strategy in its slot.

        Of several strategies that were named together, each has the options that it takes.
        """
        own = self.settings.choices.get(FUSION)
        if name not in self.settings.fusions:
            return dict(own.options) if own is not None and own.name == name else {}
        given = self.settings.fusions[name]
        if len(self.settings.fusions) == 1:
            return dict(given)
        if self.names_trained(name):
            return {}
        entry = self.find(FUSION, name)
        return {option: value for option, value in given.items() if entry.takes(option)}

    def slot(self, slot: str) -> Any:
        """Return the component that the preset puts into a slot, such as "text_encoder"."""
        options = self.settings.options.get(slot, {})
        return self.create(SLOTS[slot], self.slot_name(slot), **options)

    def fresh(self, slot: str, name: str | None = None, **options: Any) -> Any:
        """Return a new component for a slot, not shared; `name` picks another than the preset's.

        Options given for the slot hold for the preset's own component; `options` go over them.
        """
        chosen = self.slot_name(slot) if name is None else name
        own = self.settings.choices.get(slot)
        held = own.options if own is not None and own.name == chosen else {}
        given = self.fusion_options(chosen) if slot == FUSION else held
        return self.build(self.find(SLOTS[slot], chosen), {**given, **options})

    def names_trained(self, name: str) -> bool:
        """Whether a fusion strategy's name is the folder of a trained one, not a component."""
        component = (FUSION, name) in {**self.entries, **self.orphans}
        return not component and (is_checkpoint(name) or names_folder(name))

    def plugin_entry(self, kind: str, plugin: str) -> Entry:
        """Return what a plugin registered under a name, without any options."""
        if (kind, plugin) not in self.registrations:
            known = self.known_names(kind, self.registrations)
            raise ConfigurationError(f"unknown plugin {plugin!r}.{closest(plugin, known)}")
        return Entry(kind, plugin, self.registrations[kind, plugin], {})

    def slot_name(self, slot: str) -> str:
        """Return the name of the component in a slot."""
        if slot not in self.settings.choices:
            raise ConfigurationError(
                f"preset {self.settings.preset!r} has no {slot}; add one, or pass {slot}=NAME"
            )
        return self.settings.choices[slot].name

    def emotion_slot(self, slot: str, *modalities: str) -> Any:
        """Return the extractor in a slot, None where the preset has none."""
        if slot not in self.settings.choices:
            return None
        extractor = self.slot(slot)
        if extractor.modality not in modalities:
            raise ConfigurationError(
                f"{slot} needs an extractor of modality {' or '.join(modalities)}; "
                f"{self.slot_name(slot)!r} reads {extractor.modality}"
            )
        return extractor

    def uses(self, entry: Entry) -> bool:
        """Whether the preset has a component in one of its slots."""
        used = [(SLOTS[slot], name) for slot, name in self.settings.slots.items()]
        return (entry.kind, entry.name) in used

    def described(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield the facts of every component, or of one kind's, by kind and name.

        A plugin that turns out to be broken is left out, and added to `problems`.
        """
        order = list(HOOKS)
        entries = [entry for entry in self.entries.values() if kind in (None, entry.kind)]
        for entry in sorted(entries, key=lambda entry: (order.index(entry.kind), entry.name)):
            try:
                yield self.describe(entry)
            except PluginError as error:
                if str(error) not in map(str, self.problems):
                    self.problems.append(error)

    def describe(self, entry: Entry) -> dict[str, Any]:
        """Return the facts about one component by name, as `components --json` prints them."""
        registration = entry.registration
        return {
            "kind": entry.kind,
            "name": entry.name,
            "used": self.uses(entry),
            "plugin": registration.name,
            "package": registration.package,
            "options": entry.shown_options(),
            "needs": [need.module for need in entry.requires],
            "licences": own_licences(self, entry),
            "problem": lacking(self, entry),
        }

    def create(self, kind: str, name: str, **options: Any) -> Any:
        """Return a component, built once for the same name and options.

        An option that is a component itself makes a new one.

        Raises:
            ConfigurationError: an unknown kind, name or option, or a value of the wrong type.
            MissingPackage: a package it needs is not installed.
        """
        if any(isinstance(value, Component) for value in options.values()):
            return self.build(self.find(kind, name), options)
        key = dumps([kind, name, options], sort_keys=True, default=repr)
        if key not in self._built:
            self._built[key] = self.build(self.find(kind, name), options)
        return self._built[key]

    def build(self, entry: Entry, options: Mapping[str, Any]) -> Component:
        """Return a new component (see `build_component`)."""
        return build_component(entry, options, self.create)


def choose_settings(
    preset: str = "starter",
    config: str | Path | None = None,
    overrides: Overrides = (),
    *,
    fusions: Sequence[str] = (),
    plugins: Sequence[str | Path] = (),
) -> Settings:
    """Return the settings (see `load_settings`); a preset such as `auto` takes what can run here.

    What it took is said by a warning.
    """

    def pick(named: str, names: Sequence[str]) -> str:
        taken = first_ready(names, config, plugins)
        passed = list(names[: names.index(taken)])
        why = f", since the weights of {', '.join(passed)} are not here" if passed else ""
        warnings.warn(Note(f"preset {named} takes {taken}{why}"), stacklevel=2)
        return taken

    return load_settings(preset, config, overrides, fusions=fusions, plugins=plugins, pick=pick)


def first_ready(
    names: Sequence[str], config: str | Path | None = None, plugins: Sequence[str | Path] = ()
) -> str:
    """Return the first of several presets of which everything is here; the last where none is."""
    for name in names[:-1]:
        registry = Registry(load_settings(name, config, plugins=plugins), strict=False)
        if all(need.is_there for need in preset_needs(registry)):
            return name
    return names[-1]


def find_plugins(files: Sequence[Path]) -> Discovery:
    """Return what the installed plugins register, and those of files."""
    return discover(files) if files else installed_plugins()


def kebab_case(name: str) -> str:
    """Return a class's name as a component's.

    >>> kebab_case("MyStrategy"), kebab_case("ConcatFC")
    ('my-strategy', 'concat-fc')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


@cache
def default_registry() -> Registry:
    """Return the registry of the packaged configuration and MOODREEL_CONFIG."""
    return Registry()


def create(kind: str, name: str, **options: Any) -> Any:
    """Build a component by kind and name.

    >>> create("fusion_strategy", "bseline")
    Traceback (most recent call last):
    moodreel.errors.ConfigurationError: unknown fusion_strategy 'bseline'. Did you mean ...
    """
    return default_registry().create(kind, name, **options)
