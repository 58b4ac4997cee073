"""Strategies with encoders of their own beside those that share the preset's."""

import numpy as np
import pytest

from moodreel.cli import run
from moodreel.components import Components
from moodreel.datasets import load_dataset
from moodreel.errors import InvalidInput
from moodreel.evaluation.comparison import compare
from moodreel.evaluation.embedding import make_map
from moodreel.evaluation.material import gather_material
from moodreel.evaluation.scoring import score_strategy
from moodreel.evaluation.tracking import track
from tiny_tuning import write_tiny

FAST = ["--steps", "6", "--batch", "6", "plan.every=6", "plan.encoder_rate=1e-3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Videos, with a strategy whose encoders were both tuned, and one whose texts were."""
    place = tmp_path_factory.mktemp("tuned")
    command = write_tiny(place)
    for tune in ("all", "text"):
        target = ["--fusion", "baseline", "--tune", tune, "--to", str(place / tune)]
        assert run([*command, *target, *FAST]) == 0
    return place


@pytest.fixture(scope="module")
def made(folder):
    """The videos and captions as the encoders see them before they were tuned."""
    config = str(folder / "tiny.yaml")
    with Components.load("tiny", config, ["segments.length=0"]) as components:
        dataset = load_dataset(folder / "captions.jsonl", videos=folder)
        yield gather_material(dataset, components, folder / "cache")


def test_tuned_encoders_are_compared_with_others_on_the_same_queries(made, folder):
    names = ["baseline", str(folder / "all"), str(folder / "text")]
    found = [score_strategy(made, name).matrix() for name in names]
    assert not np.allclose(found[0], found[1], atol=1e-3)
    assert not np.allclose(found[0], found[2], atol=1e-3)
    results = compare(made, names, resamples=100).results
    assert {len(result.scores.rank) for result in results} == {len(made.queries.captions)}


def test_they_score_as_where_they_are_the_preset(made, folder):
    config = str(folder / "all" / "tuned.yaml")
    with Components.load("tuned", config) as components:
        home = gather_material(made.dataset, components, folder / "cache")
        wanted = score_strategy(home, str(folder / "all")).matrix()
    found = score_strategy(made, str(folder / "all")).matrix()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4)


def test_where_texts_alone_were_tuned_videos_stay_as_they_are(made, folder):
    scored = score_strategy(made, str(folder / "text"))
    np.testing.assert_array_equal(
        scored.material.videos.features.pooled.numpy(), made.videos.features.pooled.numpy()
    )


def test_they_are_tracked_and_mapped(made, folder):
    names = ["baseline", str(folder / "all")]
    assert list(track(made, names).strategies) == names
    mapped = make_map(made, names)
    assert list(mapped.places) == names
    assert not np.allclose(*mapped.places.values(), atol=1e-3)


def test_features_made_elsewhere_are_refused(made, folder):
    from dataclasses import replace

    elsewhere = replace(made, dataset=replace(made.dataset, features=folder))
    with pytest.raises(InvalidInput, match="encoders of its own"):
        score_strategy(elsewhere, str(folder / "all"))
