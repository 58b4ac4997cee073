"""The plugins that come with moodreel; they enter by the same door as anyone's."""
