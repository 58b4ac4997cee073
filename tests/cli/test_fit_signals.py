"""`moodreel fit-signals`: weights of signals from labelled videos, or one line of refusal."""

from json import dumps, loads

import numpy as np
import pytest

import inputs
from hard_videos import write_video
from outcomes import check_refused

ALONE = [f"components.emotion_extractor.all.{name}=null" for name in ("sound", "speech")]


@pytest.fixture
def labelled(tmp_path):
    """Twelve videos of a face that smiles, labelled so, and twelve of nothing, labelled fear."""
    face = np.asarray(inputs.photograph("astronaut").crop((0, 0, 480, 480)).resize((240, 240)))
    rows = []
    for place in range(24):
        mood, shown = ("joy", face) if place % 2 else ("fear", face * 0)
        frames = (np.clip(shown.astype(int) + place, 0, 255).astype(np.uint8) for _ in range(10))
        write_video(tmp_path / f"{place}.mp4", size=(240, 240), pictures=frames)
        labels = {"emotions": {mood: 1.0}}
        rows.append(dumps({"video": f"{place}.mp4", "caption": "a person", "labels": labels}))
    (tmp_path / "captions.jsonl").write_text("\n".join(rows))
    return tmp_path


def test_weights_are_fitted_to_labelled_videos_and_can_be_used(moodreel, labelled, tmp_path):
    target = tmp_path / "weights.safetensors"
    cache = ("--cache", tmp_path / "cache")
    done = moodreel("fit-signals", labelled, "--to", target, "--json", *cache, *ALONE)
    assert done.code == 0, done.err
    report = loads(done.out)
    assert report["videos"] == 24
    assert report["weights"].keys() == {"face"}
    use = f"components.emotion_extractor.all.weights_file={target}"
    assert use in done.err
    assert moodreel("components", "--kind", "emotion_extractor", use, *ALONE).code == 0


def test_captions_without_labels_are_refused(moodreel, tmp_path):
    write_video(tmp_path / "a.mp4", frames=30, size=(64, 48))
    rows = tmp_path / "captions.jsonl"
    rows.write_text(dumps({"video": "a.mp4", "caption": "a grey picture"}) + "\n")
    target = tmp_path / "weights.safetensors"
    check_refused(moodreel("fit-signals", rows, "--to", target, *ALONE), "label")
    assert not target.exists()


def test_an_extractor_that_joins_nothing_is_refused(moodreel, tmp_path):
    target = tmp_path / "weights.safetensors"
    done = moodreel("fit-signals", tmp_path, "--to", target, "--extractor", "face")
    check_refused(done, "has no weights of signals")
