"""`python -m moodreel`, and so `accelerate launch -m moodreel train ...`."""

from moodreel.cli import main

if __name__ == "__main__":
    main()
