"""Reading frames from files, in worker processes."""
