"""Built-in readers of words on screen."""
