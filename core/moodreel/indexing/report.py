"""The report of an indexing run: what became of every file that was found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError, OperationalError

from moodreel.errors import CatalogError, MoodreelError, PluginError, UnreadableVideo
from moodreel.indexing.scanning import Scan


@dataclass
class IndexReport:
    """What a run did, by path. Taken, passed over and failed are all that was found.

    Args:
        added: new videos.
        updated: videos that were encoded again, or that lacked some component's work.
        moved: videos whose files lie elsewhere now, or have another name.
        copied: those of the new or updated that hold the same as another: its features were taken.
        unchanged: videos that were in the index as they are.
        touched: those of the unchanged whose files have another time.
        missing: videos of the paths whose files are gone.
        pruned: those of the missing that were forgotten.
        failed: paths that cannot be read, each with the reason.
        partial: videos of which a part cannot be read, each with the reason.
        reread: those of the updated whose frames have to be read again, each with the reason.
        passed_over: files and folders that were not read, each with the reason.
        away: those of the missing that `prune` does not forget, since their drive may be away,
            each with the reason.
        origins: the paths of what moved and copied videos were or are copies of, by their own.
        found: how many files were met, and folders that were not walked through.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    partial: list[tuple[str, str]] = field(default_factory=list)
    reread: list[tuple[str, str]] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    away: list[tuple[str, str]] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    found: int = 0

    @classmethod
    def of_scan(cls, scan: Scan) -> "IndexReport":
        """Begin the report of a run with what its scan passed over and could not read."""
        return cls(failed=[*scan.failed], passed_over=[*scan.passed_over], found=scan.found)

    @property
    def taken(self) -> list[str]:
        """The paths of the found files that the index holds now."""
        return [*self.added, *self.updated, *self.moved, *self.unchanged]

    @contextmanager
    def failing_alone(self, path: str) -> Iterator[None]:
        """Report what goes wrong with one file as its failure, so that the others go on.

        Raises:
            MoodreelError: it concerns every file, such as a full disk.
        """
        try:
            yield
        except UnreadableVideo as error:
            self.failed.append((path, error.reason))
        except PluginError as error:
            self.failed.append((path, str(error)))
        except MoodreelError as error:
            if not is_of_one_file(error):
                raise
            self.failed.append((path, f"cannot be stored: {error}"))
        except OSError as error:
            self.failed.append((path, f"cannot be read: {error.strerror or error}"))
        except Exception as error:
            what = " ".join(str(error).split())[:200]
            self.failed.append((path, f"unexpected {type(error).__name__}: {what}"))


def is_of_one_file(error: MoodreelError) -> bool:
    """Whether a database refuses one row, not every one as it does when the disk is full."""
    cause = error.__cause__
    is_row = isinstance(cause, DBAPIError) and not isinstance(cause, OperationalError)
    return isinstance(error, CatalogError) and is_row
