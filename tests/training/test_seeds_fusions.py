"""All of the seed's fusions, tuned with a CLIP-ViP by the command line, and looked at together.

The videos are moving squares: only motion tells left from right, and brightness is the mood that
the extractor sees.
"""

import json

import pytest
from PIL import Image

from moodreel.cli import run
from moving_videos import write_encoder, write_videos

FUSIONS = (
    "published",
    "concat-fc",
    "token-concat-fc",
    "cross-attention",
    "video-side",
    "video-injection",
)
TEXTS = ["joyful red left", "sad blue right", "sad green left"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A CLIP-ViP that was tuned alone, and each fusion tuned on from there."""
    folder = tmp_path_factory.mktemp("seed")
    write_videos(folder, {"train": 24, "test": 12})
    write_encoder(folder, options=", frame_vectors: true")
    learn = ["--tune", "all", "--validation", "none", "plan.neutral=null", "plan.warmup=0"]
    train = ["train", *data(folder), *learn]
    first = ["--fusion", "baseline", "--steps", "20", "--batch", "12", "plan.encoder_rate=3e-3"]
    small = ["--preset", "small", "--config", str(folder / "small.yaml")]
    assert run([*train, *small, *first, "--to", str(folder / "base")]) == 0
    tuned = ["--preset", "tuned", "--config", str(folder / "base" / "tuned.yaml")]
    more = ["--steps", "4", "--batch", "8", "--rate", "0.02", "plan.encoder_rate=5e-4"]
    for name in FUSIONS:
        assert run([*train, *tuned, *more, "--fusion", name, "--to", str(folder / name)]) == 0
    return folder


def data(folder):
    where = ["--videos", str(folder), "--cache", str(folder / "cache")]
    return [str(folder / "captions.jsonl"), *where]


@pytest.fixture
def look(place, capsys, tmp_path):
    """Run one command over all of them; return what it prints as JSON, and its report."""

    def seen(command, *more):
        small = ["--preset", "small", "--config", str(place / "small.yaml")]
        names = ["baseline", *(str(place / name) for name in ("base", *FUSIONS))]
        chosen = [part for name in names for part in ("--fusion", name)]
        report = tmp_path / f"{command}.html"
        held = data(place) if command == "compare" else [*TEXTS, "--dataset", *data(place)]
        arguments = [command, *held, *small, *chosen, "--report", str(report), *more]
        capsys.readouterr()
        assert run([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out), report.read_text()

    return seen


def labels(found):
    return [name.rsplit("/", 1)[-1] for name in found]


def test_they_are_compared_tracked_and_mapped_in_one_command_each(look, tmp_path):
    compared, report = look("compare", "--split", "test", "--resamples", "200")
    rows = {labels([row["name"]])[0]: row for row in compared["strategies"]}
    assert list(rows) == ["baseline", "base", *FUSIONS]
    mrr = {name: row["metrics"]["all"]["MRR"] for name, row in rows.items()}
    assert all(0 < value <= 1 for value in mrr.values())
    assert len({round(value, 6) for value in mrr.values()}) > len(FUSIONS) // 2, "as each was tuned"
    assert all(name in report for name in FUSIONS)
    assert "trained with encoders of their own" in report

    tracked, report = look("track", "--split", "test")
    assert labels(tracked["overall"]) == ["base", *FUSIONS]
    assert all(summary["videos"] for summary in tracked["overall"].values())

    picture = tmp_path / "map.png"
    mapped, report = look("map", "--split", "test", "--report", str(picture))
    assert Image.open(picture).size == (2400, 1200), "panels in rows, large enough to be read"
    assert labels(mapped["places"]) == ["baseline", "base", *FUSIONS]
    assert "<svg" in report
    assert all(name in report for name in FUSIONS)
    moved = [row["cka_videos"] for row in mapped["numbers"].values()]
    assert moved[0] == pytest.approx(1, abs=1e-6)
    assert all(value < 0.999 for value in moved[1:])
