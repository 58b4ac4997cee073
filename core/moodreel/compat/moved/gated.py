"""The old place of `moodreel.fusion`."""

from moodreel.compat.deprecation import moved_module

__getattr__ = moved_module("moodreel.gated", "moodreel.fusion", removed_in="0.3")
