"""Copies of an index that this process has open."""

import subprocess
from pathlib import Path


def copy_index(index: Path, target: Path) -> Path:
    """Copy an index, by a process of its own.

    POSIX drops all locks of a process on a file when it closes the file anywhere: a copy made here
    would take SQLite's, and the next process to close the index would remove its log under it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-R", str(index), str(target)], check=True)
    return target
