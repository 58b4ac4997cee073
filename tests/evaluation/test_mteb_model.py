"""A configuration as a model of MTEB, held to its encoder protocol in form, without the package."""

from inspect import Parameter, signature

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from moodreel.components import Components
from moodreel.errors import ConfigurationError, InvalidInput, MissingPackage, is_installed
from moodreel.evaluation.mteb_model import MtebModel
from moodreel.fusion.checkpoints import TrainingContext, save_strategy
from moodreel.testing import sample_clips
from nearness import assert_near

TEXTS = ["a joyful man", "a cat on a chair", "an angry woman"]


@pytest.fixture(scope="module")
def components(registry):
    return Components(registry)


@pytest.fixture(scope="module")
def trained(components, tmp_path_factory):
    """A strategy with mood in dimensions of its own, its gate open."""
    strategy = components.strategy("concat-fc", shrunk=False)
    strategy.gate.data.fill_(0.5)
    folder = tmp_path_factory.mktemp("mteb") / "mine"
    return str(save_strategy(folder, strategy, TrainingContext.of(components.registry)))


def batches(texts, size=2):
    """Batches as MTEB's loaders give them."""
    rows = [{"text": text} for text in texts]
    return DataLoader(rows, batch_size=size)


def asked(model, texts, kind):
    of_task = {"task_metadata": None, "hf_split": "test", "hf_subset": "default"}
    return model.encode(batches(texts), prompt_type=kind, batch_size=32, **of_task)


def test_it_has_the_form_of_the_protocol():
    """As in mteb/models/models_protocols.py of mteb 2.26."""
    taken = signature(MtebModel.encode).parameters
    named = ["task_metadata", "hf_split", "hf_subset", "prompt_type"]
    assert list(taken) == ["self", "inputs", *named, "kwargs"]
    assert all(taken[name].kind is Parameter.KEYWORD_ONLY for name in named)
    assert taken["kwargs"].kind is Parameter.VAR_KEYWORD
    for method in (MtebModel.similarity, MtebModel.similarity_pairwise):
        assert list(signature(method).parameters) == ["self", "embeddings1", "embeddings2"]
    assert isinstance(MtebModel.mteb_model_meta, property)


def test_texts_are_what_the_encoder_makes_of_them(components):
    model = MtebModel(components)
    plain = components.text_encoder.encode(TEXTS).pooled
    for kind in ("query", "document", None):
        found = asked(model, TEXTS, kind)
        assert found.dtype == np.float32
        assert_near(torch.from_numpy(found), plain)
    assert asked(model, [], "query").shape == (0, components.text_encoder.dim)


def test_a_query_searches_as_it_does_in_moodreel_and_other_texts_are_content(components, trained):
    model, dim = MtebModel(components, trained), components.text_encoder.dim
    queries, documents = asked(model, TEXTS, "query"), asked(model, TEXTS, "document")
    assert queries.shape == documents.shape == (3, dim + 16)
    moods = np.abs(queries[:, dim:]).max(1)
    assert moods[1] == 0 < min(moods[0], moods[2])
    assert not documents[:, dim:].any()
    scores = model.similarity(queries, torch.from_numpy(documents))
    assert_near(scores, torch.from_numpy(queries @ documents.T))
    assert_near(model.similarity_pairwise(queries, documents), scores.diagonal())
    assert model.similarity(queries[0], documents).shape == (1, 3)


def test_videos_are_encoded_as_they_are_stored(components, trained):
    model, clips = MtebModel(components, trained), sample_clips()[1:]
    with torch.inference_mode():
        seen = components.video_emotion.extract(clips)
        stored = model.strategy.fuse_video(components.video_encoder.encode(clips), seen)
    channels_first = [torch.from_numpy(clip.frames).permute(0, 3, 1, 2) for clip in clips]
    mixed = [{"video": channels_first[:1]}, {"video": [clip.frames for clip in clips[1:]]}]
    found = model.encode(mixed, prompt_type="document")
    assert_near(torch.from_numpy(found), stored)


def test_what_cannot_be_encoded_is_said_in_one_line(components):
    with pytest.raises(InvalidInput, match="'late' learns from the collection that is searched"):
        MtebModel(components, "late")
    model = MtebModel(components)
    with pytest.raises(InvalidInput, match="hands over audio; texts alone or videos alone"):
        model.encode([{"audio": []}])
    with pytest.raises(ConfigurationError, match=r"\[4, 4\], not as frames"):
        model.encode([{"video": [torch.zeros(4, 4)]}])


def test_the_package_is_asked_for_where_it_alone_will_do(components):
    model = MtebModel(components)
    assert model.name == "moodreel/starter-baseline"
    if not is_installed("mteb"):
        with pytest.raises(MissingPackage, match="pip install mteb"):
            _ = model.mteb_model_meta
