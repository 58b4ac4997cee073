"""Built-in transcribers of speech."""
