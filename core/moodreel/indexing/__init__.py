"""From paths to rows of the catalog."""
