"""Named components: configuration, discovery of plugins, and construction."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from moodreel.registry.registry import Registry, create, default_registry
else:
    __getattr__, __dir__, _ = lazy_loader.attach(
        __name__, submod_attrs={"registry": ["Registry", "create", "default_registry"]}
    )

__all__ = ["Registry", "create", "default_registry"]
