"""Searching an index: from a query to ranked moments."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from moodreel.search.query import Query
else:
    __getattr__, __dir__, _ = lazy_loader.attach(__name__, submod_attrs={"query": ["Query"]})

__all__ = ["Query"]
