"""Extractors of emotion."""
