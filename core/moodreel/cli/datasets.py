"""Options of the commands that work on datasets, and what they describe."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from moodreel.cli.index import progress_bar, segment_overrides
from moodreel.cli.options import (
    check_overrides,
    configuration_options,
    index_option,
    open_engine,
    split_overrides,
)

if TYPE_CHECKING:
    from moodreel.datasets import Caption, Dataset
    from moodreel.evaluation.material import Material, Reading

Function = TypeVar("Function", bound=Callable[..., Any])
SHOWN = 5  # names of missing videos that are listed; the reports have all of them


def dataset_options(function: Function) -> Function:
    """Add what says which part of a dataset is taken, and how it is asked."""
    options = [
        place_options,
        click.option(
            "--emotions",
            "reading",
            type=click.Choice(["text", "given"]),
            default="text",
            show_default=True,
            help="Ask with the emotions read in the captions, or with those the dataset gives.",
        ),
        click.option(
            "--group/--no-group",
            "grouped",
            default=None,
            help="Take captions with the same words as one query.  [default: all but benchmarks]",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def place_options(function: Function) -> Function:
    """Add where a dataset lies, which part of it is taken, and how its videos are cut."""
    options = [
        click.option("--root", metavar="DIR", help="Where a benchmark's annotation files lie."),
        click.option("--videos", metavar="DIR", help="Where the video files lie."),
        click.option(
            "--split",
            metavar="NAME",
            help="Captions of this split; 'all' for all.  [default: test, where there is one]",
        ),
        click.option(
            "--limit", type=click.IntRange(min=1), metavar="N", help="The first N videos alone."
        ),
        click.option(
            "--segment",
            type=click.FloatRange(min=0),
            default=0.0,
            show_default=True,
            metavar="S",
            help="Cut videos into segments of S seconds, of which the best counts; 0: whole ones.",
        ),
        click.option(
            "--cache",
            default=".moodreel/datasets",
            envvar="MOODREEL_CACHE",
            show_default=True,
            show_envvar=True,
            metavar="DIR",
            help="Where the features of datasets are kept.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def comparison_options(function: Function) -> Function:
    """Add what `evaluate` and `compare` share."""
    options = [
        dataset_options,
        click.option(
            "--report",
            multiple=True,
            metavar="FILE",
            help="Also write a report: FILE.html, FILE.md or FILE.json; may repeat.",
        ),
        click.option("--trec", metavar="DIR", help="Also write TREC's run and qrels files."),
        click.option(
            "--dual-softmax",
            "dual",
            is_flag=True,
            help="Add figures with dual softmax, which a search cannot have.",
        ),
        click.option(
            "--resamples",
            type=click.IntRange(min=100),
            default=5000,
            show_default=True,
            metavar="N",
            help="Draws of the bootstrap and of the randomisation test.",
        ),
        click.option("--seed", default=0, show_default=True, metavar="N", help="Of the draws."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        configuration_options,
    ]
    for option in reversed(options):
        function = option(function)
    return function


def collection_options(function: Function) -> Function:
    """Add what `track` and `map` share: an index, or a dataset, and labels."""
    options = [
        index_option,
        click.option(
            "--dataset",
            metavar="DATASET",
            help="Take the videos of a dataset instead of those of an index.",
        ),
        click.option(
            "--labels",
            metavar="FILE",
            help="Rows of (video, emotions) that say what the indexed videos hold, or a folder of "
            "reaction-clips.",
        ),
        place_options,
        configuration_options,
    ]
    for option in reversed(options):
        function = option(function)
    return function


def open_dataset(
    source: str, root: str | None, videos: str | None, split: str | None, limit: int | None
) -> "Dataset":
    """Load a dataset, its test split unless another is asked for, and say what is missing."""
    from moodreel.datasets import load_dataset

    dataset = load_dataset(source, root, videos, None if split == "all" else split)
    if split is None and "test" in dataset.splits:
        dataset = dataset.part("test")
    tell_missing(dataset.missing)
    return dataset if limit is None else dataset.limit(limit)


def tell_missing(missing: Sequence[str]) -> None:
    """Name the videos that were not found, on stderr."""
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        names = ", ".join(missing[:SHOWN])
        click.echo(f"missing: {len(missing)} videos were not found: {names}{more}", err=True)


@contextmanager
def open_material(
    source: str,
    overrides: Sequence[str],
    root: str | None,
    videos: str | None,
    split: str | None,
    limit: int | None,
    segment: float,
    cache: str,
    reading: "Reading",
    grouped: bool | None,
    preset: str,
    config: str | None,
) -> "Iterator[Material]":
    """Yield a dataset with its features; the engine is closed in the end."""
    from moodreel.evaluation.material import gather_material

    settings = [*segment_overrides(segment, None), *check_overrides(overrides)]
    dataset = open_dataset(source, root, videos, split, limit)
    with open_engine(str(Path(cache) / "index"), preset, config, settings) as engine:
        with progress_bar() as on_progress:
            material = gather_material(
                dataset, engine.components, cache, reading, grouped, on_progress
            )
        for path, reason in material.videos.failed:
            click.echo(f"failed: {path}: {reason}", err=True)
        yield material


@contextmanager
def open_collection(
    arguments: Sequence[str],
    index_folder: str,
    dataset: str | None,
    labels: str | None,
    root: str | None,
    videos: str | None,
    split: str | None,
    limit: int | None,
    segment: float,
    cache: str,
    preset: str,
    config: str | None,
    needs_query: bool = True,
) -> "Iterator[Material]":
    """Yield queries over the videos of an index or of a dataset; the engine is closed then.

    Args:
        needs_query: False takes a dataset's own captions, or nothing, where no query is given.
    """
    from moodreel.evaluation.queries import ask, index_videos, read_labels, read_queries
    from moodreel.features.videos import video_features

    texts, overrides = split_overrides(arguments)
    queries = read_queries(texts) if texts or needs_query else []
    chosen = open_dataset(dataset, root, videos, split, limit) if dataset else None
    settings = [*(segment_overrides(segment, None) if chosen else []), *overrides]
    with open_engine(index_folder, preset, config, settings) as engine:
        if chosen is None:
            known = read_labels(Path(labels)) if labels else None
            yield ask(
                engine.components, index_videos(engine.search_index, known), queries, index_folder
            )
            return
        with progress_bar() as on_progress:
            held = video_features(chosen, engine.components, cache, True, on_progress)
        yield ask(engine.components, held, queries or own_queries(chosen), chosen.name)


def own_queries(dataset: "Dataset") -> "list[Caption]":
    """Return a dataset's captions, those with the same words once."""
    return list({caption.text: caption for caption in dataset.captions}.values())
