"""The old place of `moodreel.fusion.shrinkage`."""

from moodreel.compat.deprecation import moved_module

__getattr__ = moved_module("moodreel.shrinkage", "moodreel.fusion.shrinkage", removed_in="0.3")
