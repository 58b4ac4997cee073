"""Features of datasets and queries: encoded once, cached on disk."""
