"""Whatever a folder holds: taken, passed over and failed are all that was found."""

import os
import shutil
import socket
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hard_videos import write_video
from moodreel.catalog.catalog import Catalog
from moodreel.decoding.segmentation import Segmentation
from moodreel.features.videos import MomentIndexer
from moodreel.indexing.indexer import Indexer
from moodreel.interfaces import VideoEncoder, VideoFeatures
from moodreel.media import Segment
from moodreel_plugins.readers.pyav_reader import PyavReader

NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda name: name not in (".", ".."))
SUFFIXES = st.sampled_from(
    [
        ".mp4",
        ".MOV",
        ".ts",
        ".mod",
        ".gif",
        ".webp",
        ".h264",
        ".dat",
        ".txt",
        ".srt",
        "",
        ".mp4.part",
    ]
)
FOLDERS = st.sampled_from(["", "deeper", "deeper/still", ".hidden", "@eaDir", "$RECYCLE.BIN"])
KINDS = st.sampled_from(
    [
        "video",
        "copy",
        "link",
        "symlink",
        "broken",
        "loop",
        "folder",
        "fifo",
        "socket",
        "empty",
        "text",
        "zeros",
        "header",
        "sparse",
    ]
)
ENTRIES = st.lists(st.tuples(KINDS, FOLDERS, NAMES, SUFFIXES), min_size=1, max_size=60)


class Grey(VideoEncoder):
    """Encodes a clip by its mean level, in no time."""

    space, dim, fingerprint = "grey", 1, "grey"

    def encode(self, clips):
        import torch

        return VideoFeatures(torch.tensor([[float(clip.frames.mean())] for clip in clips]))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("sample") / "a.mp4", frames=5, size=(32, 32))


def huge_header(sample):
    """An MP4 whose header states a duration of centuries."""
    held = bytearray(sample.read_bytes())
    for box in (b"mvhd", b"mdhd", b"tkhd"):
        place = held.index(box) + (24 if box == b"tkhd" else 20)
        held[place : place + 4] = b"\x7f\xff\xff\xff"
    return bytes(held)


def make(path, kind, sample):
    """Make one entry; a name that is taken or too long for the disk makes none."""
    written = {
        "empty": b"",
        "text": b"some words\n",
        "zeros": bytes(5000),
        "header": huge_header(sample),
        "video": sample.read_bytes() + os.fsencode(path.name),
    }
    if kind in written:
        path.write_bytes(written[kind])
    elif kind == "copy":
        shutil.copy(sample, path)
    elif kind == "link":
        os.link(sample, path)
    elif kind in ("symlink", "broken", "loop", "folder"):
        target = {
            "symlink": sample,
            "broken": "nowhere",
            "loop": path.name,
            "folder": sample.parent,
        }
        os.symlink(target[kind], path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "sparse":
        shutil.copy(sample, path)
        os.truncate(path, 10_000_000_000)
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))


def fill(folder, entries, sample):
    for kind, below, name, suffix in entries:
        path = folder / below / (name + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(path):
            try:
                make(path, kind, sample)
            except OSError:
                continue


class Reading:
    """A decoder without processes, so that many folders can be tried."""

    def __init__(self):
        self.readers = [PyavReader()]

    def probe(self, path):
        return self.readers[0].probe(path)

    def read(self, path, times, facts=None):
        clip = self.readers[0].read(path, times, facts)
        return replace(clip, reader=self.readers[0].fingerprint)


@pytest.fixture
def index():
    """Index a folder with an encoder that takes no time."""

    def run(folder, index):
        catalog = Catalog(index, create=True)
        try:
            return Indexer(catalog, Reading(), Grey(), None, Segmentation()).run([folder])
        finally:
            catalog.close()

    return run


def test_copies_that_are_cut_in_other_ways_are_both_read(sample, tmp_path):
    """As in a data set whose videos are stretches of files."""
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        shutil.copy(sample, tmp_path / name)
    cut = {str(tmp_path / "b.mp4"): [Segment(0.0, 0.1)]}
    with closing(Catalog(tmp_path / "index", create=True)) as catalog:
        indexer = MomentIndexer(catalog, Reading(), Grey(), None, Segmentation(), moments=cut)
        report = indexer.run([tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "c.mp4"])
        ends = {r.path[-5]: catalog.segments(r.id)[-1].segment.end for r in catalog.videos()}
    assert report.copied == [str(tmp_path / "c.mp4")]
    assert ends["b"] < ends["a"] == ends["c"]


def check_account(report):
    assert report.found == len(report.taken) + len(report.passed_over) + len(report.failed)
    named = [*report.taken, *(path for path, _ in (*report.passed_over, *report.failed))]
    assert len(set(named)) == len(named)
    assert all(reason for _, reason in (*report.passed_over, *report.failed))


def entries_below(folder):
    """How many files a folder holds that is walked through, and folders that are not."""
    count = 0
    for place, folders, files in os.walk(folder):
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        left = [name for name in folders if name[0] in ".@$" and name not in linked]
        count += len(files) + len(linked) + len(left)
        folders[:] = [name for name in folders if name not in (*linked, *left)]
    return count


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries=ENTRIES)
def test_the_report_of_any_folder_adds_up(entries, sample, index, tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    (folder / "videos").mkdir()
    fill(folder / "videos", entries, sample)
    first = index(folder / "videos", folder / "index")
    check_account(first)
    assert first.found == entries_below(folder / "videos")
    second = index(folder / "videos", folder / "index")
    check_account(second)
    assert sorted(second.unchanged) == sorted(first.taken)
    assert sorted(second.failed) == sorted(first.failed)
    assert sorted(second.passed_over) == sorted(first.passed_over)
