"""The record of an index: videos, segments, features, emotions and captions, in SQLite."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from moodreel.catalog.catalog import Catalog
else:
    __getattr__, __dir__, _ = lazy_loader.attach(__name__, submod_attrs={"catalog": ["Catalog"]})

__all__ = ["Catalog"]
