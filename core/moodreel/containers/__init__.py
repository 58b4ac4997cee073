"""Containers of videos: what they say of a file, and frames with the times they are shown at."""
