"""The old place of `moodreel.fusion.shrinkage`."""

from moodreel.deprecation import moved_module

__getattr__ = moved_module(__name__, "moodreel.fusion.shrinkage", removed_in="0.3")
