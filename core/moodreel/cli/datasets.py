"""Options of the commands that work on datasets, and the videos and queries that they describe."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.groups import option_group
from moodreel.cli.index import segment_overrides
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_components, open_index
from moodreel.cli.options import ConfigurationOptions
from moodreel.cli.progress import progress_bar

if TYPE_CHECKING:
    from moodreel.components import Components
    from moodreel.datasets import Caption, Dataset
    from moodreel.datasets.dataset import SkippedRow
    from moodreel.engine.engine import Engine
    from moodreel.evaluation.material import Material, Reading

SHOWN = 5  # names of missing videos that are listed; the reports have all of them


@dataclass(frozen=True)
class DatasetOptions:
    """Where a dataset lies, which part of it is taken, and how its videos are cut.

    Args:
        root: the folder of a benchmark's annotation files.
        videos: the folder of the video files.
        split: captions of this one; "all": of all; None: of the test split, if there is one.
        limit: the first videos alone.
        segment: the length of a segment in seconds; 0: whole videos.
        cache: the folder where features are kept.
        columns: which columns are "video" and "caption", as "video=NAME,caption=NAME".
    """

    root: str | None = None
    videos: str | None = None
    split: str | None = None
    limit: int | None = None
    segment: float = 0.0
    cache: str = ".moodreel/datasets"
    columns: str | None = None

    def read(self, source: str) -> "Dataset":
        """Return the part of a dataset."""
        from moodreel.datasets import load_dataset
        from moodreel.datasets.rows import parse_columns

        split = None if self.split == "all" else self.split
        columns = parse_columns(self.columns)
        dataset = load_dataset(source, self.root, self.videos, split, columns=columns)
        if self.split is None and "test" in dataset.splits:
            dataset = dataset.part("test")
        return dataset

    def load(self, source: str) -> "Dataset":
        """Load the part of a dataset, and name on stderr what was not found or left out."""
        dataset = self.read(source)
        tell_missing(dataset.missing)
        tell_skipped(dataset.skipped)
        return dataset if self.limit is None else dataset.limit(self.limit)

    def cut(self, configuration: ConfigurationOptions) -> ConfigurationOptions:
        """Return a configuration that cuts videos so; its own settings of segments win."""
        overrides = (*segment_overrides(self.segment, None), *configuration.overrides)
        return replace(configuration, overrides=overrides)


@dataclass(frozen=True)
class ReadingOptions:
    """How captions become queries.

    Args:
        reading: ask with the emotions read in the "text", or with those "given" by the dataset.
        grouped: whether captions with the same words are one query; None: as the dataset says.
    """

    reading: "Reading" = "text"
    grouped: bool | None = None


@dataclass(frozen=True)
class CollectionOptions:
    """The videos that `track` and `map` look at: those of an index, or of a dataset.

    Args:
        dataset: the dataset; None: the index.
        labels: a file that says which emotions the indexed videos hold.
    """

    dataset: str | None = None
    labels: str | None = None


def tell_failed(path: str, reason: str) -> None:
    """Name a video that cannot be read, on stderr."""
    click.echo(f"failed: {path}: {reason}", err=True)


def tell_missing(missing: Sequence[str]) -> None:
    """Name the videos that were not found, on stderr."""
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        names = ", ".join(missing[:SHOWN])
        click.echo(f"missing: {len(missing)} videos were not found: {names}{more}", err=True)


def tell_skipped(skipped: "Sequence[SkippedRow]") -> None:
    """Name the rows that were left out, on stderr."""
    if skipped:
        more = f" and {len(skipped) - SHOWN} more" if len(skipped) > SHOWN else ""
        told = "; ".join(map(str, skipped[:SHOWN]))
        click.echo(f"left out: {len(skipped)} rows: {told}{more}", err=True)


root_option = click.option(
    "--root", metavar="DIR", help="The folder of a benchmark's annotation files."
)
videos_option = click.option("--videos", metavar="DIR", help="The folder of the video files.")
columns_option = click.option(
    "--columns",
    metavar="VIDEO,CAPTION",
    help="Which columns of a file say what: video=NAME,caption=NAME, one of them or both. Usual "
    "names are known.",
)
cache_option = click.option(
    "--cache",
    default=DatasetOptions.cache,
    envvar="MOODREEL_CACHE",
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="The folder where features of datasets are kept; all commands share it.",
)
dataset_options = option_group(
    "place",
    DatasetOptions,
    root_option,
    videos_option,
    columns_option,
    click.option(
        "--split",
        metavar="NAME",
        help="The split whose captions are taken; 'all' takes all.  [default: test, where there "
        "is one]",
    ),
    click.option(
        "--limit", type=click.IntRange(min=1), metavar="N", help="Take the first N videos alone."
    ),
    click.option(
        "--segment",
        type=click.FloatRange(min=0),
        default=0.0,
        show_default=True,
        metavar="S",
        help="Cut videos into segments of S seconds, of which the best one counts; 0 takes whole "
        "videos.",
    ),
    cache_option,
)
reading_options = option_group(
    "asked",
    ReadingOptions,
    click.option(
        "--emotions",
        "reading",
        type=click.Choice(["text", "given"]),
        default="text",
        show_default=True,
        help="The emotions that queries ask with: those read in their text, or those given by the "
        "dataset.",
    ),
    click.option(
        "--group/--no-group",
        "grouped",
        default=None,
        help="Take captions with the same words as one query, whatever their capitals and marks at "
        "the ends.  [default: for all datasets but the published benchmarks]",
    ),
)
collection_options = option_group(
    "collection",
    CollectionOptions,
    click.option(
        "--dataset",
        metavar="DATASET",
        help="Take the videos of a dataset instead of those of the index.",
    ),
    click.option(
        "--labels",
        metavar="FILE",
        help="The emotions that indexed videos hold: rows of (video, emotions), or a folder of "
        "reaction-clips.",
    ),
)


@contextmanager
def open_material(
    source: str,
    place: DatasetOptions,
    asked: ReadingOptions,
    configuration: ConfigurationOptions,
    fusions: Sequence[str | None],
) -> "Iterator[Material]":
    """Yield a dataset with its features; its components are closed in the end."""
    chosen = place.cut(configuration)
    check_names(chosen, fusions)
    dataset = place.load(source)
    with open_components(chosen, fusions) as components:
        from moodreel.evaluation.material import gather_material

        with progress_bar() as bar:
            material = gather_material(
                dataset, components, place.cache, asked.reading, asked.grouped, bar
            )
        for path, reason in material.videos.failed:
            tell_failed(path, reason)
        yield material


@contextmanager
def open_collection(
    queries: Sequence[str],
    collection: CollectionOptions,
    place: DatasetOptions,
    configuration: ConfigurationOptions,
    fusions: Sequence[str | None],
) -> "Iterator[Material]":
    """Yield queries over the videos of an index or of a dataset; what was opened is closed then.

    Args:
        queries: texts, and files of them; none: the dataset's own captions, or nothing.
    """
    if collection.dataset is None:
        with open_index(configuration, fusions) as engine:
            yield ask_index(engine, queries, collection.labels)
        return
    chosen = place.cut(configuration)
    check_names(chosen, fusions)
    dataset = place.load(collection.dataset)
    with open_components(chosen, fusions) as components:
        yield ask_dataset(components, dataset, queries, place.cache)


def ask_index(engine: "Engine", queries: Sequence[str], labels: str | None) -> "Material":
    """Return queries over the videos of an index."""
    from moodreel.evaluation.queries import ask, index_videos, read_labels, read_queries

    asked = read_queries(queries) if queries else []
    known = read_labels(Path(labels)) if labels else None
    held = index_videos(engine.search_index, known)
    return ask(engine.components, held, asked, str(engine.folder))


def ask_dataset(
    components: "Components", dataset: "Dataset", queries: Sequence[str], cache: str
) -> "Material":
    """Return queries over the videos of a dataset; without any, its own captions."""
    from moodreel.evaluation.queries import ask, read_queries
    from moodreel.features.videos import video_features

    asked = read_queries(queries) if queries else own_queries(dataset)
    with progress_bar() as bar:
        held = video_features(dataset, components, cache, frames=True, on_progress=bar)
    for path, reason in held.failed:
        tell_failed(path, reason)
    return ask(components, held, asked, dataset.name, dataset)


def own_queries(dataset: "Dataset") -> "list[Caption]":
    """Return a dataset's captions, those with the same words once."""
    from moodreel.datasets.relevance import same_words

    return list({same_words(caption.text): caption for caption in dataset.captions}.values())
