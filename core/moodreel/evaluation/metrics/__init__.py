"""Retrieval metrics, tests of significance and measures of an embedding space."""

from typing import TYPE_CHECKING

from moodreel.compat.lazy import lazy_names

if TYPE_CHECKING:
    from moodreel.evaluation.metrics.ranking import retrieval_metrics
    from moodreel.evaluation.metrics.relevance import Relevance

__all__ = ["Relevance", "retrieval_metrics"]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, {"Relevance": "relevance", "retrieval_metrics": "ranking"})
