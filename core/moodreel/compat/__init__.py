"""Names: public ones that load late, and old ones that still work."""
