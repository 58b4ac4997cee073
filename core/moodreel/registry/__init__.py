"""Named components: configuration, discovery of plugins, and construction."""

from typing import TYPE_CHECKING

from moodreel.compat.lazy import lazy_names

if TYPE_CHECKING:
    from moodreel.registry.registry import Registry, create, default_registry

__all__ = ["Registry", "create", "default_registry"]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(
        __name__, {"Registry": "registry", "create": "registry", "default_registry": "registry"}
    )
