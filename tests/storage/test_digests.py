"""Names on disk are those that commit 0f8e06b gave, so that old folders stay valid."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from moodreel.datasets import Caption, Dataset, Video
from moodreel.emotions import EmotionScores
from moodreel.features.videos import open_cache
from moodreel.fusion.checkpoints import trained_fingerprint
from moodreel.indexing.contents import content_digest
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.media import Segment
from moodreel.search.confidence import Confidence, keep_confidence, stored_confidence
from moodreel.search.vectors import Source
from moodreel.storage.cache import VARIABLE, cached_tensor
from moodreel.storage.digests import digest, file_digest
from moodreel.training.examples import Examples
from moodreel.training.plan import TrainingPlan
from moodreel.training.runs import hold_out


def made_by(fingerprint):
    """Stand in for a component of which only the fingerprint enters a name."""
    return SimpleNamespace(fingerprint=fingerprint)


@pytest.fixture
def source(tmp_path):
    return Source(SimpleNamespace(folder=tmp_path), made_by("encoder"), made_by("extractor"))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"some contents" * 100_000)
    return path


def test_a_file_and_its_contents_have_one_digest(file):
    assert file_digest(file) == digest(file.read_bytes())
    assert file_digest(file, 16) == digest(b"some contents", b"some contents" * 99_999, size=16)


def test_names_of_fused_vectors_and_thresholds_are_the_old_ones(source):
    assert source.key(made_by("strategy"), made_by("store")) == "ce9fb0a39d21ad15"
    kept = Confidence(text=0.25, example=0.5)
    keep_confidence(source.catalog.folder / "confidence" / "d0e26a8685b8648a.json", 3, kept)
    fused = SimpleNamespace(strategy=made_by("strategy"), store=made_by("store"), revision=3)
    assert stored_confidence(fused, source, made_by("text"), pytest.fail) == kept


def test_digests_of_videos_and_of_trained_strategies_are_the_old_ones(file):
    assert content_digest(str(file)) == "8ed329e2a66ef994cec396b653ab3270"
    assert trained_fingerprint(made_by("strategy"), file) == "1753b93933dac5e9"


def test_caches_of_tensors_and_of_datasets_have_the_old_names(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    cached_tensor("classes", ["fingerprint", "joy"], lambda: torch.ones(2))
    assert (tmp_path / "classes-63433fd315748a5ef80c7caff8812f38.safetensors").exists()
    components = SimpleNamespace(segmentation="fixed(4)", segmenter=None)
    moments = {"/v/a.mp4": [Segment(0.0, 2.0)]}
    for cut, name in (({}, "2555fc91a02544a2"), (moments, "5e5db89d64a3c41e")):
        open_cache(tmp_path, components, cut).close()
        assert (tmp_path / f"cut-{name}").is_dir()


def test_training_data_and_what_is_held_out_are_told_as_before():
    moods = EmotionScores(np.arange(8, dtype=np.float32)[None] / 8, np.ones((1, 8), bool))
    text, video = TextFeatures(torch.ones(1, 3)), VideoFeatures(torch.ones(1, 3))
    one, first = [Caption(video="v", text="a clock")], np.zeros(1, np.int64)
    examples = Examples(one, first, first, ["a clock"], text, moods, video, moods)
    assert examples.fingerprint == "55df3d8400193c53"
    captions = [Caption(video=f"v{number}", text="a clock") for number in range(100)]
    videos = [Video(f"v{number}", None) for number in range(100)]
    _, held = hold_out(Dataset("hundred", videos, captions), TrainingPlan())
    assert [c.video for c in held.captions] == [f"v{n}" for n in (0, 5, 41, 50, 59, 86, 97, 99)]
