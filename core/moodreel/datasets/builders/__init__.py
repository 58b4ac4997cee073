"""Datasets that moodreel makes itself."""
