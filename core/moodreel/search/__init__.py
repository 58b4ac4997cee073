"""From a query to ranked moments."""

from typing import TYPE_CHECKING

from moodreel.compat.lazy import lazy_names

if TYPE_CHECKING:
    from moodreel.search.query import Query

__all__ = ["Query"]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, {"Query": "query"})
