"""Modules at their old places: `moodreel.gated` and others (see `moodreel.compat.deprecation`)."""
