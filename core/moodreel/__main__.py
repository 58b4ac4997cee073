"""`python -m moodreel`."""

from moodreel.cli import main

main()
