"""What identifies a component's outputs, so that stored features are never mixed up.

What is costly to make, such as features, is stored under plugin, version, options and weights: an
author raises `version` when the same options would give other outputs. What is cheap to make
again, the vectors of a fusion strategy, is stored under its code too.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from inspect import Parameter
from json import dumps
from pathlib import Path
from typing import Any

from moodreel.errors import ConfigurationError
from moodreel.interfaces import Component
from moodreel.registry.entries import Entry
from moodreel.registry.source_code import code_digest
from moodreel.storage.digests import digest, file_digest

CHEAP = ("fusion_strategy",)
"""The kinds whose outputs are made again whenever their code has changed."""


def fingerprint(entry: Entry, component: Component, arguments: Mapping[str, Any]) -> str:
    """Identify a component's outputs: plugin, version, options and weights, 16 hex digits.

    The code of a strategy's class, and of its bases outside moodreel, counts as well.
    """
    described = [
        entry.kind,
        entry.registration.name,
        component.version,
        hashed_options(entry, component, arguments),
        [weights_digest(path) for path in component.weights()],
    ]
    if entry.kind in CHEAP:
        described.append(code_digest(type(component)))
    return digest(dumps(described, sort_keys=True))


def hashed_options(
    entry: Entry, component: Component, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options that the outputs depend on, set or by default, as JSON can hold them."""
    defaults = {
        name: parameter.default
        for name, parameter in entry.parameters.items()
        if parameter.default is not Parameter.empty
    }
    options = {**defaults, **arguments}
    usual = {name for name in component.hashed_if_set if options.get(name) == defaults.get(name)}
    return {
        name: described_value(value)
        for name, value in options.items()
        if name not in component.unhashed | usual
    }


def described_value(value: Any) -> Any:
    """Return an option as JSON can hold it; a component is described by its fingerprint."""
    if isinstance(value, Component):
        return value.fingerprint
    if isinstance(value, Mapping):
        return {str(key): described_value(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [described_value(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


@cache
def weights_digest(path: Path) -> str:
    """Return the digest of a weights file's contents, read once a process.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return file_digest(path)
    except OSError as error:
        raise ConfigurationError(f"{path}: weights cannot be read: {error.strerror}") from None
