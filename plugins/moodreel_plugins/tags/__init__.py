"""What pixels tell of a clip beside its objects' names: people, framing, light, colours, motion."""
