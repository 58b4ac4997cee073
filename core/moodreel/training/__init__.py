"""Training of fusion strategies: objectives, loss terms, batches, the trainer, saved states."""
