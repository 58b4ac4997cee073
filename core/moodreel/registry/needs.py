"""What a component needs before it runs: packages, and models of a hub; and whether it is here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moodreel.errors import ConfigurationError, PluginError, is_installed
from moodreel.interfaces import HubModel
from moodreel.registry.entries import Entry, component_kind, factory_hints
from moodreel.registry.slots import SLOTS

if TYPE_CHECKING:
    from moodreel.registry.registry import Registry

CARD = "as its model card says"


@dataclass(frozen=True)
class Need:
    """A package or a model that a component needs.

    Args:
        name: the module to import, or the model's name on the hub.
        source: the command that installs a package, or where a model lies.
        licence: the licence of the code or weights.
        megabytes: the size of its weights, in 10^6 bytes; None: it has none, or it is unknown.
        is_there: whether it is here.
        model: the model; None for a package.
    """

    name: str
    source: str
    licence: str
    megabytes: float | None
    is_there: bool
    model: HubModel | None = None

    @property
    def holds_weights(self) -> bool:
        """Whether it is, or brings, weights."""
        return self.model is not None or self.megabytes is not None


def entry_needs(registry: "Registry", entry: Entry) -> list[Need]:
    """Return what a component needs, with those that its options name, each once."""
    known = registry.settings.weights
    found: dict[str, Need] = {}
    for part in with_parts(registry, entry):
        for need in (*package_needs(part, known), *model_needs(part, known)):
            found.setdefault(need.name, need)
    return list(found.values())


def preset_needs(registry: "Registry") -> list[Need]:
    """Return what the components in a preset's slots need, each once."""
    chosen = [
        slot_entry(registry, slot)
        for slot, name in registry.settings.slots.items()
        if (SLOTS[slot], name) in registry.entries and not is_plain_strategy(registry, slot, name)
    ]
    found = {need.name: need for entry in chosen for need in entry_needs(registry, entry)}
    return list(found.values())


def is_plain_strategy(registry: "Registry", slot: str, name: str) -> bool:
    """Whether a component is a strategy of ours, which needs nothing and would import torch."""
    kind = SLOTS[slot]
    entry = registry.entries[kind, name]
    return kind == "fusion_strategy" and entry.registration.builtin


def slot_entry(registry: "Registry", slot: str) -> Entry:
    """Return the entry in a slot, with the options that are given there."""
    choice = registry.settings.choices[slot]
    entry = registry.find(SLOTS[slot], choice.name)
    return Entry(entry.kind, entry.name, entry.registration, {**entry.options, **choice.options})


def with_parts(
    registry: "Registry", entry: Entry, above: tuple[Entry, ...] = ()
) -> Iterator[Entry]:
    """Yield an entry and those that its options name."""
    yield entry
    for kind, name in named_parts(entry):
        try:
            part = registry.find(kind, name)
        except ConfigurationError:
            continue  # said when the component is built
        if part not in (entry, *above):
            yield from with_parts(registry, part, (*above, entry))


def named_parts(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield kind and name of each component that an entry's options name."""
    options = entry.shown_options()
    for option, hint in factory_hints(entry.registration.factory).items():
        kind, value = component_kind(hint), options.get(option)
        if kind is not None:
            names: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
            yield from ((kind, name) for name in names if isinstance(name, str))


def package_needs(entry: Entry, known: Mapping[str, Mapping[str, Any]]) -> Iterator[Need]:
    """Yield the packages that an entry needs itself."""
    for option in entry.unset:
        yield Need(f"the option {option}", "a file or folder of your own", "", None, False)
    for need in entry.requires:
        size = known.get(need.module, {}).get("megabytes")
        there = is_installed(need.module)
        yield Need(need.module, need.install, need.licence, size, there)


def model_needs(entry: Entry, known: Mapping[str, Mapping[str, Any]]) -> Iterator[Need]:
    """Yield the models of a hub that an entry needs itself."""
    for model in entry.hub_models:
        facts = known.get(model.name, {})
        licence = f"weights: {facts.get('licence', CARD)}"
        size = facts.get("megabytes")
        yield Need(model.name, hub_address(model.name), licence, size, model.is_there, model)


def hub_address(name: str) -> str:
    """Return where a model lies on the hub that the client is set to."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/{name}"


def lacking(registry: "Registry", entry: Entry) -> str:
    """Return why a component cannot run now, and what to do; nothing where it can."""
    if entry.problem:
        return entry.problem
    try:
        missing = [need for need in entry_needs(registry, entry) if not need.is_there]
    except PluginError as error:
        return str(error)
    for need in missing:
        if need.model is None:
            return f"needs {need.name}: {need.source}"
        return f"the weights {need.name} are not here: moodreel weights get {entry.name}"
    return ""


def own_licences(registry: "Registry", entry: Entry) -> dict[str, str]:
    """Return the licence of each package and model that a component itself needs."""
    models = {need.name: need.licence for need in model_needs(entry, registry.settings.weights)}
    return {**entry.licences, **models}
