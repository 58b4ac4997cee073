"""Indexing: finding videos, decoding and encoding them, and storing what components make."""
