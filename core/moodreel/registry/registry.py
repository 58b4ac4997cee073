"""From names to components: `create("fusion_strategy", "late", weight=0.3)`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from json import dumps
from pathlib import Path
from typing import Any

from moodreel.errors import ConfigurationError, closest
from moodreel.hookspecs import HOOKS
from moodreel.interfaces import Component
from moodreel.registry.discovery import Registrations, gather_components, load_plugins
from moodreel.registry.entries import (
    Entry,
    check_component,
    check_options,
    check_packages,
    component_kind,
    convert_option,
    current_names,
    factory_hints,
)
from moodreel.registry.fingerprints import fingerprint
from moodreel.registry.settings import SLOTS, Settings, is_checkpoint, load_settings, names_folder


@cache
def installed_components() -> Registrations:
    """Return what the installed plugins register, found once a process."""
    return gather_components(load_plugins())


class Registry:
    """The components of one configuration. Each is built once and shared.

    Args:
        settings: the merged configuration; None takes the packaged one and MOODREEL_CONFIG.
        registrations: what plugins registered; None takes those of the installed plugins.
    """

    def __init__(
        self, settings: Settings | None = None, registrations: Registrations | None = None
    ) -> None:
        self.settings = settings or load_settings()
        self.registrations = installed_components() if registrations is None else registrations
        self._built: dict[str, Component] = {}

    @classmethod
    def load(
        cls,
        preset: str = "starter",
        config: str | Path | None = None,
        overrides: Sequence[str] = (),
    ) -> "Registry":
        """Read the configuration (see `load_settings`) and check the names a preset uses."""
        registry = cls(load_settings(preset, config, overrides))
        for slot in registry.settings.slots:
            registry.check_slot(slot)
        return registry

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
        if (kind, name) in self.orphans:
            raise ConfigurationError(self.orphans[kind, name])
        if (kind, name) not in self.entries:
            known = self.known_names(kind, self.entries)
            raise ConfigurationError(f"unknown {kind} {name!r}.{closest(name, known)}")
        return self.entries[kind, name]

    def check_slot(self, slot: str) -> None:
        """Refuse an unknown component, or unknown options, in a preset's slot.

        The folder of a trained strategy is looked at when it is loaded (see `checkpoints`).
        """
        name = self.settings.slots[slot]
        if slot == "fusion_strategy" and self.names_trained(name):
            return
        entry = self.find(SLOTS[slot], name)
        given = {**entry.options, **self.settings.options.get(slot, {})}
        check_options(entry, current_names(entry.registration.factory, given))

    def slot(self, slot: str) -> Any:
        """Return the component that the preset puts into a slot, such as "text_encoder"."""
        options = self.settings.options.get(slot, {})
        return self.create(SLOTS[slot], self.slot_name(slot), **options)

    def fresh(self, slot: str, name: str | None = None, **options: Any) -> Any:
        """Return a new component for a slot, not shared; `name` picks another than the preset's.

        Options given for the slot hold for the preset's own component; `options` go over them.
        """
        own = self.slot_name(slot) if name is None else self.settings.slots.get(slot)
        given = self.settings.options.get(slot, {}) if name in (None, own) else {}
        entry = self.find(SLOTS[slot], name or self.slot_name(slot))
        return self.build(entry, {**given, **options})

    def names_trained(self, name: str) -> bool:
        """Whether a fusion strategy's name is the folder of a trained one, not a component."""
        component = ("fusion_strategy", name) in {**self.entries, **self.orphans}
        return not component and (is_checkpoint(name) or names_folder(name))

    def plugin_entry(self, kind: str, plugin: str) -> Entry:
        """Return what a plugin registered under a name, without any options."""
        if (kind, plugin) not in self.registrations:
            known = self.known_names(kind, self.registrations)
            raise ConfigurationError(f"unknown plugin {plugin!r}.{closest(plugin, known)}")
        return Entry(kind, plugin, self.registrations[kind, plugin], {})

    def slot_name(self, slot: str) -> str:
        """Return the name of the component in a slot."""
        if slot not in self.settings.slots:
            raise ConfigurationError(
                f"preset {self.settings.preset!r} has no {slot}; add one, or pass {slot}=NAME"
            )
        return self.settings.slots[slot]

    def emotion_slot(self, slot: str, modality: str) -> Any:
        """Return the extractor in a slot, None where the preset has none."""
        if slot not in self.settings.slots:
            return None
        extractor = self.slot(slot)
        if extractor.modality != modality:
            raise ConfigurationError(
                f"{slot} needs an extractor of modality {modality}; "
                f"{self.slot_name(slot)!r} reads {extractor.modality}"
            )
        return extractor

    def uses(self, entry: Entry) -> bool:
        """Whether the preset has a component in one of its slots."""
        used = [(SLOTS[slot], name) for slot, name in self.settings.slots.items()]
        return (entry.kind, entry.name) in used

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
            "licences": entry.licences,
            "problem": entry.problem,
        }

    def create(self, kind: str, name: str, **options: Any) -> Any:
        """Return a component, built once for the same name and options.

        Raises:
            ConfigurationError: an unknown kind, name or option, or a value of the wrong type.
            MissingPackage: a package it needs is not installed.
        """
        key = dumps([kind, name, options], sort_keys=True, default=repr)
        if key not in self._built:
            self._built[key] = self.build(self.find(kind, name), options)
        return self._built[key]

    def build(self, entry: Entry, options: Mapping[str, Any]) -> Component:
        """Check the options, build the component and give it its fingerprint."""
        given = {**entry.options, **options}
        merged = current_names(entry.registration.factory, given)
        check_options(entry, merged)
        check_packages(entry)
        arguments = self.arguments(entry, merged)
        try:
            component = entry.registration.factory(**arguments)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{entry.kind} {entry.name!r}: {error}") from error
        check_component(entry, component)
        component.fingerprint = fingerprint(entry, component, arguments)
        component.recipe = {"plugin": entry.registration.name, "options": merged}
        return component

    def arguments(self, entry: Entry, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options as the factory's annotations want them.

        A parameter annotated with a kind of component takes a component's name.
        """
        hints = factory_hints(entry.registration.factory)
        return {
            name: self.argument(entry, name, hints.get(name, Any), value)
            for name, value in options.items()
        }

    def argument(self, entry: Entry, name: str, hint: Any, value: Any) -> Any:
        """Convert one option."""
        kind = component_kind(hint)
        if kind and isinstance(value, list):
            return [self.create(kind, item) for item in value]
        if kind and isinstance(value, str):
            return self.create(kind, value)
        return convert_option(entry, name, hint, value)


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
