"""The old place of `moodreel.registry.fingerprints`."""

from moodreel.deprecation import moved_module

__getattr__ = moved_module(__name__, "moodreel.registry.fingerprints", removed_in="0.3")
