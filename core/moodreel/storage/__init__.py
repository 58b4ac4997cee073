"""Files and folders: written whole or not at all, and named by digests."""
