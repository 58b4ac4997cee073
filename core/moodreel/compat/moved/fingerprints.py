"""The old place of `moodreel.registry.fingerprints`."""

from moodreel.compat.deprecation import moved_module

NEW = "moodreel.registry.fingerprints"
__getattr__ = moved_module("moodreel.fingerprints", NEW, removed_in="0.3")
