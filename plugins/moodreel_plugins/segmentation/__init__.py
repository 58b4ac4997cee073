"""Segmenters: where a video is cut."""
