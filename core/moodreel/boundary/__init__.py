"""What stands between moodreel and plugins: how they are called, checked and loaded."""
