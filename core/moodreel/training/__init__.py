"""Training of fusion strategies: objectives, features, batches, the trainer, checkpoints."""
