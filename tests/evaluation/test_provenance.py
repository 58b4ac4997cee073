"""Reports say what made their figures, and name nothing that made none of them."""

import json

import pytest

from moodreel.errors import InvalidInput
from moodreel.evaluation.comparison import compare
from moodreel.evaluation.queries import ask, read_queries
from moodreel.reports.comparison import as_html, as_json, as_markdown
from moodreel.storage.digests import file_digest


def test_a_folder_of_features_names_its_files_and_no_encoder(collection, folder):
    found = json.loads(as_json(compare(collection, ["baseline", "damaged"], resamples=100)))
    assert found["components"]["video_encoder"] == "made elsewhere"
    assert found["components"]["text_encoder"] == "made elsewhere"
    assert found["emotions of videos by"] == "nobody"
    told = found["provenance"]
    files = told["dataset"]["files (BLAKE2b)"]
    assert files.keys() == {"captions.jsonl", "videos.safetensors", "texts.safetensors"}
    assert files["videos.safetensors"] == file_digest(folder / "videos.safetensors", 32)
    assert told["components"]["text_emotion"]["name"] == "words"
    assert told["components"]["video_encoder"] == "made elsewhere"
    assert told["settings"]["resamples"] == 100
    assert told["strategies"]["damaged"][0]["fingerprint"]
    assert {"python", "torch", "moodreel"} <= told["environment"].keys()


def test_reports_to_read_hold_the_provenance_too(collection):
    comparison = compare(collection, ["baseline"], resamples=100)
    written = as_markdown(comparison)
    assert "## Provenance" in written
    assert "- dataset / files (BLAKE2b) / videos.safetensors: " in written
    assert "minilm" not in written
    assert "<h2>Provenance</h2>" in as_html(comparison)


def test_captions_of_a_folder_of_features_are_asked_by_their_own_vectors(collection):
    asked = read_queries(["Scene number 5."])
    found = ask(collection.components, collection.videos, asked, "planted", collection.dataset)
    assert found.texts.pooled[0].tolist() == collection.videos.features.pooled[5].tolist()


def test_other_texts_are_refused_where_another_encoder_made_the_folder(collection):
    asked = read_queries(["an angry man"])
    with pytest.raises(InvalidInput, match=r"'an angry man' is no caption of .* another encoder"):
        ask(collection.components, collection.videos, asked, "planted", collection.dataset)
