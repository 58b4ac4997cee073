"""The record of an index: videos, segments, features, emotions and captions, in SQLite."""

from typing import TYPE_CHECKING

from moodreel.compat.lazy import lazy_names

if TYPE_CHECKING:
    from moodreel.catalog.catalog import Catalog

__all__ = ["Catalog"]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, {"Catalog": "catalog"})
