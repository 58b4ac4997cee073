"""Packages for new plugins."""
