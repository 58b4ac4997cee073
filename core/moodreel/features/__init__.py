"""Features of datasets: encoded once, kept on disk."""
