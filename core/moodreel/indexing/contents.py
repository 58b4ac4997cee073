"""Whether two files hold the same, found out with as little reading as settles it.

Sizes differ between most files, and settle them unread. The ends of a file, where containers keep
their headers and indexes, settle nearly all others. The rest of the contents is read only where
two files agree in both and neither their times nor their places say that they are one.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import BinaryIO, Self

from moodreel.catalog.records import VideoRecord
from moodreel.indexing.scanning import VideoFile
from moodreel.storage.digests import digest, file_digest

END = 64 * 1024  # bytes of each end of a file: two reads, whatever its size. A judgement.
# Up to this size the whole of a file that has just been decoded is hashed, which takes a tenth of
# a second; of a larger one, samples. Judgements, not measured.
WHOLE = 64 * 1024 * 1024
SAMPLES, SAMPLE = 256, 16 * 1024
SAMPLED = "s"  # begins the digest of samples
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Digest:
    """What a catalog keeps of a file's contents, written "ENDS-REST".

    Args:
        ends: the digest of both ends; "" in an index of an older moodreel.
        rest: the digest of the whole, or of samples of a large file. "": nothing is known.
    """

    ends: str
    rest: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a digest as the catalog keeps it; an older one is that of the whole.

        >>> Digest.parse("0f-s1d"), Digest.parse("a3")
        (Digest(ends='0f', rest='s1d'), Digest(ends='', rest='a3'))
        """
        ends, _, rest = text.rpartition("-")
        return cls(ends, rest)

    def __str__(self) -> str:
        return f"{self.ends}-{self.rest}"


def stored_digest(file: VideoFile) -> str:
    """Return the digest to keep of a file that is being stored.

    Its rest is "", which no file has, where the file changed after it was found: what was decoded
    may be neither the old contents nor the new ones.

    Raises:
        OSError: the file cannot be read.
    """
    sampled = file.size > WHOLE
    made = Digest(ends_digest(file.location), rest_digest(file.location, sampled))
    return str(made if is_unchanged(file) else replace(made, rest=""))


def is_unchanged(file: VideoFile | VideoRecord) -> bool:
    """Whether a file still has the size and the time that are known of it."""
    try:
        facts = os.stat(file.location)
    except OSError:
        return False
    return (facts.st_size, facts.st_mtime_ns) == (file.size, file.modified)


def ends_digest(location: str) -> str:
    """Return the digest of both ends of a file; of the whole, if that is short."""
    with open(location, "rb") as file:
        head = file.read(END)
        file.seek(max(os.fstat(file.fileno()).st_size - END, len(head)))
        return digest(head, file.read(END), size=16)


def rest_digest(location: str, sampled: bool) -> str:
    """Return the digest of the whole of a file, or of samples spread evenly over it."""
    if not sampled:
        return content_digest(location)
    with open(location, "rb") as file:
        last = os.fstat(file.fileno()).st_size - SAMPLE
        samples = [read_at(file, last * i // (SAMPLES - 1)) for i in range(SAMPLES)]
    return SAMPLED + digest(*samples, size=16)


def read_at(file: BinaryIO, place: int) -> bytes:
    """Return a sample of a file from a place on."""
    file.seek(place)
    return file.read(SAMPLE)


def content_digest(location: str) -> str:
    """Return the digest of the whole of a file, 32 hexadecimal digits."""
    return file_digest(location, size=16)


@dataclass
class Contents:
    """Compares files of one run; each is read once, as far as it takes."""

    ends: dict[str, str] = field(default_factory=dict)
    rests: dict[tuple[str, bool], str] = field(default_factory=dict)

    def ends_of(self, location: str) -> str:
        """Return the digest of a file's ends."""
        if location not in self.ends:
            self.ends[location] = ends_digest(location)
        return self.ends[location]

    def rest_of(self, location: str, sampled: bool) -> str:
        """Return the digest of the whole of a file, or of samples."""
        if (location, sampled) not in self.rests:
            self.rests[location, sampled] = rest_digest(location, sampled)
        return self.rests[location, sampled]

    def holds(self, file: VideoFile, record: VideoRecord) -> bool:
        """Whether a file holds what a record was made of, whose own file is gone or changed.

        Where the time is that of the record as well, the ends settle it; else the rest does.

        Raises:
            OSError: the file cannot be read.
        """
        known = Digest.parse(record.digest)
        if file.size != record.size or not known.rest:
            return False
        if known.ends and known.ends != self.ends_of(file.location):
            return False
        if known.ends and file.modified == record.modified:
            return True
        return known.rest == self.rest_of(file.location, known.rest.startswith(SAMPLED))

    def may_be_equal(self, file: VideoFile, record: VideoRecord) -> bool:
        """Whether a file has the size and the ends of a record, as far as they are known.

        Raises:
            OSError: the file cannot be read.
        """
        ends = Digest.parse(record.digest).ends
        return file.size == record.size and ends in ("", self.ends_of(file.location))


def same_bytes(one: str, other: str) -> bool:
    """Whether two files hold the same bytes; reading ends at the first difference."""
    if os.path.samefile(one, other):
        return True
    with open(one, "rb") as first, open(other, "rb") as second:
        blocks = iter(partial(first.read, BLOCK), b"")
        return all(block == second.read(BLOCK) for block in blocks) and not second.read(1)


@dataclass
class Lookalikes:
    """Says which new files may be copies: of a video of the index, or of a file before them.

    Nothing is read of a file whose size no other has.

    Args:
        contents: reads the ends of files.
    """

    contents: Contents
    unread: dict[int, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    known: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, records: Iterable[VideoRecord]) -> Self:
        """Add videos of the index; the ends of most are known."""
        for record in records:
            self.unread[record.size].append((record.location, Digest.parse(record.digest).ends))
        return self

    def meet(self, file: VideoFile) -> bool:
        """Whether a file may be a copy of one that was added or met; from now on it is met, too."""
        seen = file.size in self.unread or file.size in self.known
        alike = seen and self.has_ends(file)
        self.unread[file.size].append((file.location, ""))
        return alike

    def has_ends(self, file: VideoFile) -> bool:
        """Whether another file has a file's size and ends. One that cannot be read has none."""
        known = self.known[file.size]
        for location, ends in self.unread.pop(file.size, []):
            with suppress(OSError):
                known.add(ends or self.contents.ends_of(location))
        with suppress(OSError):
            return self.contents.ends_of(file.location) in known
        return False
