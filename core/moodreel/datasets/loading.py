"""`load_dataset`: from a name or a path to videos and captions."""

from pathlib import Path

from moodreel.datasets.benchmarks import BENCHMARKS
from moodreel.datasets.captioned import read_captions, split_name
from moodreel.datasets.dataset import Dataset
from moodreel.datasets.files import VideoFiles, assemble, first_file
from moodreel.datasets.precomputed import FEATURES, load_precomputed
from moodreel.datasets.rows import Columns, choose_columns
from moodreel.datasets.tables import read_rows
from moodreel.errors import InvalidInput, closest

CAPTION_FILES = ("captions.jsonl", "captions.json", "captions.csv", "captions.tsv")


def load_dataset(
    source: str | Path,
    root: str | Path | None = None,
    videos: str | Path | None = None,
    split: str | None = None,
    limit: int | None = None,
    columns: Columns | None = None,
) -> Dataset:
    """Return a dataset.

    Args:
        source: the name of a published benchmark, or a path: a file of captions (JSON, JSON
            lines, CSV, tab-separated), a folder with such a file and `videos/`, or a folder of
            features made elsewhere.
        root: the folder of a benchmark's annotation files. None: the present one.
        videos: the folder of the video files. None: near the annotations.
        split: captions of this one alone.
        limit: the first few videos alone.
        columns: which columns of a file are "video" and "caption", where they have no usual name.

    Raises:
        InvalidInput: an unknown name, a file that cannot be read, a split that is not there.
    """
    folder = None if videos is None else Path(videos)
    if str(source) in BENCHMARKS:
        name = str(source)
        if columns:
            raise InvalidInput(f"{name} has columns of its own; leave --columns out")
        dataset = BENCHMARKS[name].load(name, Path(root or "."), folder)
    else:
        dataset = load_path(Path(source), folder, columns)
    if split is not None:
        dataset = choose_split(dataset, split_name(split))
    return dataset if limit is None else dataset.limit(limit)


def load_path(path: Path, videos: Path | None, columns: Columns | None = None) -> Dataset:
    """Return the dataset that a file or a folder holds."""
    if path.is_file():
        return load_captions(path, videos or path.parent, columns)
    if not path.is_dir():
        names = ", ".join(BENCHMARKS)
        hint = closest(str(path), BENCHMARKS).partition(" Known")[0]
        raise InvalidInput(f"{path}: no such file, folder or benchmark ({names}).{hint}")
    captions = first_file([path], *CAPTION_FILES)
    if captions is None:
        raise InvalidInput(
            f"{path} holds no captions.jsonl; name the file of captions itself, or a benchmark "
            f"with --root {path}"
        )
    if (path / FEATURES).exists():
        return load_precomputed(path, captions, columns)
    return load_captions(captions, videos or path, columns)


def load_captions(path: Path, videos: Path, columns: Columns | None = None) -> Dataset:
    """Return the captions of a file with the videos that lie below a folder."""
    found = read_captions(choose_columns(read_rows(path), columns or {}, path), str(path))
    name = path.parent.name if path.name in CAPTION_FILES else path.stem
    return assemble(name or path.stem, found, VideoFiles(videos))


def choose_split(dataset: Dataset, split: str) -> Dataset:
    """Return one split of a dataset."""
    if split not in dataset.splits:
        known = closest(split, dataset.splits)
        raise InvalidInput(f"{dataset.name} has no split {split!r}.{known}")
    return dataset.part(split)
