"""Fusion strategies: the interface, what learned ones share, and trained ones on disk."""

from typing import TYPE_CHECKING

from moodreel.compat.lazy import lazy_names

if TYPE_CHECKING:
    from moodreel.fusion.gated import Form, GatedFusion, Sides, has_observation
    from moodreel.fusion.refinement import QueryRefinement, has_wish
    from moodreel.fusion.shrinkage import Shrinkage
    from moodreel.fusion.strategy import Dims, FusionStrategy, check_weight, to_tensors

__all__ = [
    "Dims",
    "Form",
    "FusionStrategy",
    "GatedFusion",
    "QueryRefinement",
    "Shrinkage",
    "Sides",
    "check_weight",
    "has_observation",
    "has_wish",
    "to_tensors",
]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(
        __name__,
        {
            "Dims": "strategy",
            "Form": "gated",
            "FusionStrategy": "strategy",
            "GatedFusion": "gated",
            "QueryRefinement": "refinement",
            "Shrinkage": "shrinkage",
            "Sides": "gated",
            "check_weight": "strategy",
            "has_observation": "gated",
            "has_wish": "refinement",
            "to_tensors": "strategy",
        },
    )
