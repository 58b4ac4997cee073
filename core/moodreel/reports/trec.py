"""TREC's run and qrels files, which evaluation tools of other projects read."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from moodreel.errors import MoodreelError
from moodreel.evaluation.candidates import Candidate, distinct_names, read_candidate
from moodreel.evaluation.comparison import distinct_runs
from moodreel.evaluation.material import Material
from moodreel.evaluation.scoring import Scoring
from moodreel.paths import shown_path
from moodreel.storage.atomic import atomic_path

DEPTH = 1000  # videos a query in a run, as TREC's tracks have it
UNWRITABLE = re.compile(r"[\s%\x00-\x1f\x7f-\x9f\ud800-\udfff]")
GRADES = 1000  # qrels hold whole numbers: a grade of 0.5 is written as 500


def write_trec(material: Material, names: Sequence[str | Candidate], folder: Path) -> list[Path]:
    """Write queries, qrels and the runs of each strategy; return the files.

    `qrels.txt` says which videos are right, `emotion-qrels.txt` how far they hold the emotions
    wanted, in thousandths. Queries are q0, q1..., with their words in `queries.tsv`; what would
    end a name (spaces and the like) is written as in addresses of the web: "a b" is "a%20b".
    """
    videos = [document_name(name) for name in material.videos.names]
    files = {
        "queries.tsv": (f"q{row}\t{text}" for row, text in enumerate(material.queries.texts)),
        "qrels.txt": qrels_lines(material.relevance.as_lists(), videos),
        "emotion-qrels.txt": emotion_lines(material, videos),
    }
    candidates = [name if isinstance(name, Candidate) else read_candidate(name) for name in names]
    runs = [run for candidate in candidates for run in distinct_runs(material, candidate)]
    for run, shown in zip(runs, distinct_names([run.name for run in runs]), strict=True):
        tag = plain_name(shown)
        files[f"run-{tag}.txt"] = run_lines(run, videos, tag)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [write_lines(folder / name, lines) for name, lines in files.items()]
    except OSError as error:
        raise MoodreelError(f"{folder}: cannot write: {error.strerror}") from error


def write_lines(path: Path, lines: Iterator[str]) -> Path:
    """Write lines to a file."""
    with atomic_path(path) as partial, partial.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def plain_name(name: str) -> str:
    """Return a name of printable characters without spaces or slashes.

    >>> plain_name("a b.mp4"), plain_name("checkpoints/mine/")
    ('a_b.mp4', 'checkpoints_mine')
    """
    return shown_path(re.sub(r"[\s/\\]+", "_", name.strip("/")))


def document_name(name: str) -> str:
    """Return a video's name without what would end it in a file of TREC's; no two become one.

    `urllib.parse.unquote` gives the name back.

    >>> document_name("a b.mp4"), document_name("a_b.mp4"), document_name("100%.mp4")
    ('a%20b.mp4', 'a_b.mp4', '100%25.mp4')
    """
    return UNWRITABLE.sub(lambda found: quote(found.group(), errors="surrogatepass"), name)


def qrels_lines(relevant: Sequence[np.ndarray], videos: Sequence[str]) -> Iterator[str]:
    """Yield the lines of qrels: query, 0, video, 1."""
    for row, columns in enumerate(relevant):
        yield from (f"q{row} 0 {videos[column]} 1" for column in columns)


def emotion_lines(material: Material, videos: Sequence[str]) -> Iterator[str]:
    """Yield the lines of graded qrels for the emotions wanted."""
    for row in range(len(material.queries.captions)):
        for column, grade in enumerate(material.emotion_grades(slice(row, row + 1))[0]):
            if whole := round(float(grade) * GRADES):
                yield f"q{row} 0 {videos[column]} {whole}"


def run_lines(scoring: Scoring, videos: Sequence[str], tag: str) -> Iterator[str]:
    """Yield the lines of a run: query, Q0, video, rank, score, tag; the best DEPTH videos."""
    row = 0
    for block in scoring.blocks():
        for scores in block:
            best = np.argsort(-scores, kind="stable")[:DEPTH]
            for place, column in enumerate(best, 1):
                yield f"q{row} Q0 {videos[column]} {place} {float(scores[column])!r} {tag}"
            row += 1
