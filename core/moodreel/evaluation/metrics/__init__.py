"""Retrieval metrics, tests of significance and measures of an embedding space."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from moodreel.evaluation.metrics.ranking import retrieval_metrics, similarity_blocks
    from moodreel.evaluation.metrics.relevance import Relevance
    from moodreel.evaluation.metrics.statistics import paired_difference
else:
    __getattr__, __dir__, _ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "ranking": ["retrieval_metrics", "similarity_blocks"],
            "relevance": ["Relevance"],
            "statistics": ["paired_difference"],
        },
    )

__all__ = ["Relevance", "paired_difference", "retrieval_metrics", "similarity_blocks"]
