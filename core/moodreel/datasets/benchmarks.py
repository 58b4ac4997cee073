"""Readers of the published benchmarks' annotation files: MSR-VTT, DiDeMo, MSVD and others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moodreel.datasets.captioned import (
    Captioned,
    clean_caption,
    read_captions,
    row_texts,
    row_video,
)
from moodreel.datasets.dataset import Caption, Dataset, SkippedRow
from moodreel.datasets.files import VideoFiles, assemble, first_file
from moodreel.datasets.rows import Row
from moodreel.datasets.tables import csv_rows, read_rows, read_text
from moodreel.datasets.video_names import video_key
from moodreel.errors import InvalidInput
from moodreel.media import Segment

Moments = Mapping[str, tuple[str, Segment]]
FOLDERS = (".", "annotations", "annotation", "msrvtt_data", "MSRVTT", "captions")
DIDEMO_SECONDS = 5  # its annotators chose among stretches of this length


@dataclass(frozen=True)
class Benchmark:
    """A published dataset.

    Args:
        title: the dataset's name as messages print it.
        read: reads the captions of annotation files, and the stretches of videos by name.
        wants: the names of the annotation files, for messages.
    """

    title: str
    read: Callable[["Annotations"], tuple[Captioned, Moments]]
    wants: str

    def load(self, name: str, root: Path, videos: Path | None = None) -> Dataset:
        """Return the dataset in a folder.

        Args:
            name: the benchmark's name on the command line.
            root: the folder of the annotation files.
            videos: the folder of the video files; None looks for them anywhere below `root`.
        """
        found, moments = self.read(Annotations(self, root))
        files = VideoFiles(videos or root)
        return assemble(name, found, files, grouped=False, moments=moments)


@dataclass(frozen=True)
class Annotations:
    """A benchmark's annotation files in a folder, or in a usual folder below it."""

    benchmark: Benchmark
    root: Path

    def path(self, *names: str) -> Path | None:
        """Return the first of some files that is there."""
        return first_file([self.root / folder for folder in FOLDERS], *names)

    def need(self, *names: str) -> Path:
        """Return the first of some files that is there, or say which are wanted."""
        found = self.path(*names)
        if found is None:
            raise InvalidInput(
                f"{self.root} holds no {' or '.join(names)}: {self.benchmark.title} is read from "
                f"{self.benchmark.wants}; say where they are: --root DIR"
            )
        return found


def msrvtt_test(files: Annotations) -> Captioned:
    """Return the 1,000 pairs of the 1k-A test (Yu et al. 2018)."""
    path = files.need("MSRVTT_JSFUSION_test.csv")
    rows = (row.with_values(video=need(row, "video_id")) for row in read_rows(path))
    return read_captions(rows, str(path), "test")


def msrvtt_1ka(files: Annotations) -> tuple[Captioned, Moments]:
    """Read the 1k-A test alone."""
    return msrvtt_test(files), {}


def msrvtt_with(size: str) -> Callable[[Annotations], tuple[Captioned, Moments]]:
    """Return what reads the training part of some size, with the 1k-A test."""

    def read(files: Annotations) -> tuple[Captioned, Moments]:
        listing = read_rows(files.need(f"MSRVTT_train.{size}.csv"))
        listed = {need(row, "video_id") for row in listing}
        path = files.need("MSRVTT_data.json", "train_val_videodatainfo.json")
        rows = [row for row in read_rows(path) if row.get("video_id") in listed]
        train = read_captions((row.with_values(split="train") for row in rows), str(path))
        return joined([train, msrvtt_test(files)]), {}

    return read


def joined(parts: Iterable[Captioned]) -> Captioned:
    """Join the captions of several files."""
    whole = Captioned()
    for part in parts:
        whole.captions.extend(part.captions)
        whole.skipped.extend(part.skipped)
        whole.emotions.update(part.emotions)
    return whole


def didemo(files: Annotations) -> tuple[Captioned, Moments]:
    """Read DiDeMo, all sentences of a video as one caption."""
    return paragraphs(didemo_sentences(files)), {}


def didemo_moments(files: Annotations) -> tuple[Captioned, Moments]:
    """Read DiDeMo, each sentence for the stretch that its annotators chose most often."""
    return in_moments(didemo_sentences(files))


def didemo_sentences(files: Annotations) -> Iterator["Sentence"]:
    """Yield DiDeMo's sentences."""
    for split, path in split_files(files, train="train_data", val="val_data", test="test_data"):
        for row in read_rows(path):
            for text in row_texts(row, row.place):
                yield Sentence(row_video(row, row.place), text, split, chosen_stretch(row))


def chosen_stretch(row: Row) -> Segment:
    """Return the stretch that most of a row's annotators chose; the first of several.

    Raises:
        InvalidInput: its times are not pairs of whole numbers.
    """
    try:
        times = [(int(first), int(last)) for first, last in row.get("times") or [(0, 0)]]
        first, last = max(times, key=times.count)
        return Segment(float(first * DIDEMO_SECONDS), float((last + 1) * DIDEMO_SECONDS))
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(f"{row.place}: its 'times' are not pairs of numbers") from None


def activitynet(files: Annotations) -> tuple[Captioned, Moments]:
    """Read ActivityNet Captions, all sentences of a video as one caption."""
    return paragraphs(activitynet_sentences(files)), {}


def activitynet_moments(files: Annotations) -> tuple[Captioned, Moments]:
    """Read ActivityNet Captions, each sentence for its own stretch."""
    return in_moments(activitynet_sentences(files))


def activitynet_sentences(files: Annotations) -> Iterator["Sentence"]:
    """Yield ActivityNet's sentences; the first validation file is what papers test on."""
    for split, path in split_files(files, train="train", test="val_1", val="val_2"):
        for row in read_rows(path):
            texts = row_texts(row, row.place)
            for text, stretch in zip(texts, stretches(row, len(texts)), strict=True):
                yield Sentence(row_video(row, row.place), text, split, stretch)


def stretches(row: Row, count: int) -> list[Segment]:
    """Return the stretches of a video's sentences.

    Raises:
        InvalidInput: there are more or fewer than sentences, or they are no pairs of seconds.
    """
    try:
        found = [Segment(float(start), float(end)) for start, end in row["timestamps"]]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InvalidInput(f"{row.place}: its 'timestamps' are not pairs of seconds") from None
    if len(found) != count:
        raise InvalidInput(f"{row.place}: {count} sentences have {len(found)} timestamps")
    return found


def split_files(files: Annotations, **names: str) -> Iterator[tuple[str, Path]]:
    """Yield the splits whose files are there; one at least must be."""
    found = [(split, files.path(f"{name}.json")) for split, name in names.items()]
    if not any(path for _, path in found):
        files.need(*(f"{name}.json" for name in names.values()))
    yield from ((split, path) for split, path in found if path)


@dataclass(frozen=True)
class Sentence:
    """A sentence about a stretch of a video."""

    video: str
    text: str
    split: str
    stretch: Segment


def paragraphs(sentences: Iterable[Sentence]) -> Captioned:
    """Return one caption a video: its sentences, in the order of the file.

    Rows write a video with several suffixes (DiDeMo does): it is one all the same.
    """
    texts: dict[tuple[str, str], list[str]] = {}
    named: dict[str, str] = {}
    for sentence in sentences:
        words = clean_caption(sentence.text).rstrip(".")
        video = named.setdefault(video_key(sentence.video), sentence.video)
        texts.setdefault((video, sentence.split), []).append(words)
    captions = (
        Caption(". ".join(filter(None, parts)), video, split=split)
        for (video, split), parts in texts.items()
    )
    return Captioned([caption for caption in captions if caption.text])


def in_moments(sentences: Iterable[Sentence]) -> tuple[Captioned, Moments]:
    """Return one caption a sentence, each for a stretch named VIDEO@START-END."""
    found, moments = Captioned(), {}
    for sentence in sentences:
        stretch, words = sentence.stretch, clean_caption(sentence.text)
        name = f"{sentence.video}@{stretch.start:g}-{stretch.end:g}"
        moments[name] = (sentence.video, stretch)
        if words and stretch.end > stretch.start:
            found.captions.append(Caption(words, name, split=sentence.split))
        else:
            reason = "its caption or its stretch is empty"
            found.skipped.append(SkippedRow(name, reason, sentence.split))
    return found, moments


def msvd(files: Annotations) -> tuple[Captioned, Moments]:
    """Read MSVD: about forty captions a video, each of which is a query."""
    splits = listed_splits(files)
    found = msvd_rows(files)
    rows = [row.with_values(split=splits.get(row_video(row, row.place), "")) for row in found]
    kept = [row for row in rows if row["split"] or not splits]
    return read_captions(kept, "MSVD"), {}


def listed_splits(files: Annotations) -> dict[str, str]:
    """Return the split of each video that is in train_list.txt, val_list.txt or test_list.txt."""
    return {
        name: split
        for split in ("train", "val", "test")
        if (path := files.path(f"{split}_list.txt"))
        for name in read_text(path).split()
    }


def msvd_rows(files: Annotations) -> Iterator[Row]:
    """Yield MSVD's captions, from any of the forms it has."""
    path = files.need("AllVideoDescriptions.txt", "video_corpus.csv", "raw-captions.json")
    if path.suffix == ".txt":
        for number, line in enumerate(read_text(path).splitlines(), 1):
            name, _, text = line.partition(" ")
            if text.strip() and not line.startswith("#"):
                yield Row({"video": name, "caption": text}, f"{path}:{number}")
    elif path.suffix == ".csv":
        english = (row for row in read_rows(path) if row.get("Language") in (None, "English"))
        for row in english:
            yield Row({"video": corpus_name(row), "caption": need(row, "Description")}, row.place)
    else:
        yield from read_rows(path)


def corpus_name(row: Row) -> str:
    """Return the name of a video's file in the original corpus."""
    return "_".join(need(row, name) for name in ("VideoID", "Start", "End"))


def need(row: Row, name: str) -> str:
    """Return a value that a row of this benchmark has, or say that it lacks it."""
    if name not in row:
        raise InvalidInput(f"{row.place}: has no column {name!r}; its columns: {', '.join(row)}")
    return str(row[name])


def lsmdc(files: Annotations) -> tuple[Captioned, Moments]:
    """Read LSMDC: one sentence a clip of a film."""
    names = {
        "train": ("LSMDC16_annos_training.csv",),
        "val": ("LSMDC16_annos_val.csv",),
        "test": ("LSMDC16_challenge_1000_publictect.csv", "LSMDC16_annos_test.csv"),
    }
    found = [(split, files.path(*options)) for split, options in names.items()]
    if not any(path for _, path in found):
        files.need(*(name for options in names.values() for name in options))
    return joined(lsmdc_part(path, split) for split, path in found if path), {}


def lsmdc_part(path: Path, split: str) -> Captioned:
    """Read one file of LSMDC: clip, four times, sentence; it has no head."""
    columns: Sequence[str] = ("video", "start", "end", "start2", "end2", "caption")
    return read_captions(csv_rows(path, "\t", columns), str(path), split)


def vatex(files: Annotations) -> tuple[Captioned, Moments]:
    """Read VATEX: ten English captions a video, each of which is a query.

    The public test is the test part. Where a list of videos says what is the test, as the published
    retrieval split of the validation part does (Chen et al. 2020, HGR), it decides instead; so do
    those of other parts.
    """
    listed = listed_splits(files)
    parts = []
    for split, path in split_files(files, **VATEX_SPLITS):
        own = "" if split in listed.values() else split
        rows = [
            row.with_values(split=listed.get(row_video(row, row.place), own))
            for row in read_rows(path)
        ]
        parts.append(read_captions([row for row in rows if row["split"]], str(path)))
    return joined(parts), {}


VATEX_SPLITS = {
    "train": "vatex_training_v1.0",
    "val": "vatex_validation_v1.0",
    "test": "vatex_public_test_english_v1.1",
}
MSRVTT_FILES = "MSRVTT_data.json and MSRVTT_train.9k.csv or .7k.csv, MSRVTT_JSFUSION_test.csv"
DIDEMO_FILES = "train_data.json, val_data.json, test_data.json"
ACTIVITYNET_FILES = "train.json, val_1.json, val_2.json"
LSMDC_FILES = (
    "LSMDC16_annos_training.csv, LSMDC16_annos_val.csv, LSMDC16_challenge_1000_publictect.csv"
)
MSVD_FILES = (
    "AllVideoDescriptions.txt, the corpus as video_corpus.csv, or raw-captions.json (a pickle is "
    "not read, since it can run code), and train_list.txt, val_list.txt, test_list.txt"
)

VATEX_FILES = (
    "vatex_training_v1.0.json, vatex_validation_v1.0.json, vatex_public_test_english_v1.1.json; "
    "train_list.txt, val_list.txt, test_list.txt choose another split"
)

BENCHMARKS: Mapping[str, Benchmark] = {
    "msrvtt-1k-a": Benchmark("MSR-VTT 1k-A", msrvtt_1ka, "MSRVTT_JSFUSION_test.csv"),
    "msrvtt-7k": Benchmark("MSR-VTT 7k", msrvtt_with("7k"), MSRVTT_FILES),
    "msrvtt-9k": Benchmark("MSR-VTT 9k", msrvtt_with("9k"), MSRVTT_FILES),
    "didemo": Benchmark("DiDeMo", didemo, DIDEMO_FILES),
    "didemo-moments": Benchmark("DiDeMo", didemo_moments, DIDEMO_FILES),
    "msvd": Benchmark("MSVD", msvd, MSVD_FILES),
    "msvd-multi": Benchmark("MSVD", msvd, MSVD_FILES),
    "vatex": Benchmark("VATEX", vatex, VATEX_FILES),
    "lsmdc": Benchmark("LSMDC", lsmdc, LSMDC_FILES),
    "activitynet": Benchmark("ActivityNet Captions", activitynet, ACTIVITYNET_FILES),
    "activitynet-moments": Benchmark(
        "ActivityNet Captions", activitynet_moments, ACTIVITYNET_FILES
    ),
}
