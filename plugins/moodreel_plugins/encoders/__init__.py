"""Encoders of videos and texts."""
