"""Atomic replacement of files and folders: what is read is whole, the old or the new."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def atomic_path(target: str | Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the target's place when the block ends well.

    The path has the target's name and lies in a hidden folder beside it, of this writer alone: so
    it is on the same disk, concurrent writers do not meet, and what looks at suffixes sees the
    right one. A symbolic link stays, and what it points to is replaced. Whatever ends the block
    otherwise (an exception, a full disk, Ctrl-C) leaves the target as it was, and nothing beside
    it.

    Args:
        target: a file, or a folder, which the block then makes at the yielded path. A file that is
            there is replaced, a folder only if it is empty. Its parent must exist.

    Raises:
        OSError: it cannot be written, or the target is a folder with something in it.

    >>> with TemporaryDirectory() as folder:
    ...     with atomic_path(Path(folder) / "moods.txt") as path:
    ...         _ = path.write_text("joy")
    ...     [file.name for file in Path(folder).iterdir()]
    ['moods.txt']
    """
    place = os.path.realpath(target)
    beside = os.path.dirname(place)
    with TemporaryDirectory(prefix=".partial-", dir=beside, ignore_cleanup_errors=True) as home:
        partial = Path(home) / Path(target).name
        yield partial
        os.replace(partial, place)
