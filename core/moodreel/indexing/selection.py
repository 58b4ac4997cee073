"""Which entries of a folder `--include` and `--exclude` name."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Selection:
    """Globs that take or pass over what lies below the paths to index. An excluded entry stays out.

    A glob without a slash is compared with the name of a file or folder, one with a slash with its
    path below the folder to index. `*` stands for any characters, a slash too; case is ignored.

    Args:
        include: takes files and folders that are passed over otherwise: hidden ones, bins, linked
            folders, and files with another suffix than a video's. A hidden name is taken by a glob
            that begins with a dot alone, as in a shell. What a folder that is taken holds is
            looked through as usual.
        exclude: passes over files, and folders with all that they hold, included or not.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def excludes(self, inside: str) -> bool:
        """Whether an entry, by its path below the folder to index, is passed over."""
        return any(matches(inside, glob) for glob in self.exclude)

    def includes(self, inside: str) -> bool:
        """Whether an entry, by its path below the folder to index, is taken in any case."""
        hidden = is_hidden(last_part(inside))
        return any(
            matches(inside, glob)
            for glob in self.include
            if not hidden or is_hidden(last_part(glob.rstrip("/")))
        )


def matches(inside: str, glob: str) -> bool:
    """Whether a glob names a path.

    >>> matches("a/Clip.MP4", "clip.*"), matches("a/b/c.mp4", "a/*"), matches("b/a/c.mp4", "a/*")
    (True, True, False)
    """
    glob = glob.rstrip("/")
    compared = inside if "/" in glob else last_part(inside)
    return fnmatchcase(compared.casefold(), glob.lstrip("/").casefold())


def last_part(path: str) -> str:
    """Return what follows the last slash."""
    return path.rpartition("/")[2]


def is_hidden(name: str) -> bool:
    """Whether a name begins with a dot."""
    return name.startswith(".")
