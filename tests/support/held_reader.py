"""A plugin whose reader waits at one video, so that a run is met at a known place."""

import os
from time import sleep

from moodreel import hookimpl
from moodreel_plugins.readers.pyav_reader import PyavReader

HELD = "held.mp4"
LET_GO = "MOODREEL_TEST_LET_GO"
"""The environment variable that lets the reader come back."""


class HeldReader(PyavReader):
    """Reads as PyAV does, and never comes back from a video of the name `HELD`."""

    def probe(self, path):
        while path.name == HELD and LET_GO not in os.environ:
            sleep(1)
        return super().probe(path)


@hookimpl
def register_video_readers(register):
    register("held", HeldReader)
