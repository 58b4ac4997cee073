"""Weights from a hub: listing what a model consists of, and fetching it."""
