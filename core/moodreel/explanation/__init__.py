"""Explanations of hits: what content, each emotion and each word contributed to the score."""
