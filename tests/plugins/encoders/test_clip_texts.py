"""Texts of CLIP's family: as long, as padded, as masked and as spelled as each was trained."""

import json

import pytest
import torch
from torch.nn.functional import normalize
from transformers import AutoModel

from moodreel_plugins.encoders.clip import ClipTextEncoder
from nearness import assert_near
from tiny_models import clip_config, pair, save_clip

TEXTS = ["two cats", "a very happy dog at a party", "a", ""]


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_texts_are_what_transformers_makes_of_them(folders, family):
    _, text = pair(folders, family)
    found = text.encode(TEXTS)
    model = AutoModel.from_pretrained(folders[family]).eval()
    for row, given in enumerate(TEXTS):
        inputs = text.tokenize([given])
        if family == "siglip":  # trained without a mask: what fills a text up counts
            assert inputs["input_ids"].shape[1] == text.longest
            inputs = {"input_ids": inputs["input_ids"]}
        with torch.inference_mode():
            alone = normalize(model.get_text_features(**inputs).pooler_output, dim=-1)
        assert_near(found.pooled[row], alone[0])


def change_tokenizer(folder, path, **changes):
    """Copy a model, and change what its tokenizer_config.json says."""
    path.mkdir()
    for file in folder.iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    held = json.loads((path / "tokenizer_config.json").read_text())
    (path / "tokenizer_config.json").write_text(json.dumps(held | changes))
    return path


def keeps_capitals(folder):
    """Take out of tokenizer.json that texts are put in lower case, as in SigLIP 2's."""
    path = folder / "tokenizer.json"
    held = json.loads(path.read_text())
    held["normalizer"] = None
    held["model"]["vocab"] |= {"A</w>": held["model"]["vocab"]["z</w>"]}
    path.write_text(json.dumps(held))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["tokenizer_class"] = "TokenizersBackend"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def test_siglips_texts_are_put_in_lower_case_where_its_tokenizer_does_not(folders, tmp_path):
    folder = keeps_capitals(change_tokenizer(folders["siglip"], tmp_path / "cased"))
    text = ClipTextEncoder(str(folder), dtype="float32", device="cpu")
    assert text.tokenizer("A")["input_ids"] != text.tokenizer("a")["input_ids"]
    found = text.encode(["A", "a"]).pooled
    assert_near(found[0], found[1])
    assert text.words_read("A " * 30) == text.words_read("a " * 30)


def test_a_siglip_that_says_so_keeps_capitals(folders, tmp_path):
    folder = change_tokenizer(folders["siglip"], tmp_path / "cased", do_lower_case=False)
    text = ClipTextEncoder(str(keeps_capitals(folder)), dtype="float32", device="cpu")
    found = text.encode(["A", "a"]).pooled
    assert (found[0] - found[1]).abs().max() > 0.01


def test_a_clip_of_more_positions_reads_texts_to_their_end(tmp_path):
    """Long-CLIP has 248; the tokenizer that it is published with says 77."""
    config = clip_config(text={"max_position_embeddings": 40})
    folder = change_tokenizer(save_clip(tmp_path / "x", config), tmp_path / "y", model_max_length=9)
    text = ClipTextEncoder(str(folder), dtype="float32", device="cpu")
    assert text.longest == 40
    assert text.words_read("a " * 38) is None
    assert text.words_read("a " * 39) == 38
    found = text.encode(["a " * 38, "a " * 37 + "b"]).pooled
    assert (found[0] - found[1]).abs().max() > 1e-3


def test_vectors_of_texts_from_before_the_mask_was_dropped_are_made_again(folders):
    text, vip = (pair(folders, family)[1] for family in ("siglip", "clip-vip"))
    assert text.version == "2"
    assert vip.version == "1"
