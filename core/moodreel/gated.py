"""The old place of `moodreel.fusion`."""

from moodreel.deprecation import moved_module

__getattr__ = moved_module(__name__, "moodreel.fusion", removed_in="0.3")
