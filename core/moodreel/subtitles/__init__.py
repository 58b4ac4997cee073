"""Captions that lie beside a video: named, decoded, read, and fitted to segments."""
