"""Fusion strategies: the interface, the base of learned ones, and trained ones on disk."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from moodreel.fusion.gated import Form, GatedFusion, Sides, has_observation
    from moodreel.fusion.refinement import (
        QueryRefinement,
        full_strength,
        has_wish,
        wish_strength,
    )
    from moodreel.fusion.shrinkage import Shrinkage
    from moodreel.fusion.strategy import (
        Dims,
        FusionStrategy,
        check_weight,
        frame_tensors,
        to_tensors,
    )
else:
    __getattr__, __dir__, _ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "gated": ["Form", "GatedFusion", "Sides", "has_observation"],
            "refinement": ["QueryRefinement", "full_strength", "has_wish", "wish_strength"],
            "shrinkage": ["Shrinkage"],
            "strategy": [
                "Dims",
                "FusionStrategy",
                "check_weight",
                "frame_tensors",
                "to_tensors",
            ],
        },
    )

__all__ = [
    "Dims",
    "Form",
    "FusionStrategy",
    "GatedFusion",
    "QueryRefinement",
    "Shrinkage",
    "Sides",
    "check_weight",
    "frame_tensors",
    "full_strength",
    "has_observation",
    "has_wish",
    "to_tensors",
    "wish_strength",
]
