"""The encoders of CLIP's family: against transformers itself, at any length, sharing a model."""

import os
import subprocess
import sys
import threading
from functools import partial

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch.nn.functional import normalize
from transformers import AutoImageProcessor, AutoModel

from moodreel import Clip, Engine
from moodreel.errors import ConfigurationError
from moodreel.testing import check_text_encoder, check_video_encoder
from moodreel_plugins.encoders import checkpoints
from moodreel_plugins.encoders.checkpoints import pick_device, pick_dtype
from moodreel_plugins.encoders.clip import ClipVideoEncoder
from moodreel_plugins.encoders.clip_vip import ClipVip
from nearness import HALVES, assert_near
from tiny_models import pair, save_clip, tokenizer

TEXTS = ["two cats", "a very happy dog at a party", "a", ""]
FAMILIES = ("clip", "siglip", "clip-vip")


def clips(*shapes, seed=0):
    draw = np.random.default_rng(seed)
    return [
        Clip(draw.integers(0, 256, (*shape, 3), np.uint8), np.arange(shape[0], dtype=np.float64))
        for shape in shapes
    ]


UNEQUAL = clips((3, 60, 80), (1, 48, 40), (8, 64, 64), (3, 33, 90))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_encoders_keep_the_contract_of_their_kinds(folders, family):
    video, text = pair(folders, family)
    check_video_encoder(video)
    check_text_encoder(text)


# What comes out


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_a_clip_is_the_mean_of_its_normalised_frames_as_transformers_makes_them(folders, family):
    video, _ = pair(folders, family)
    found = video.encode(UNEQUAL)
    model = AutoModel.from_pretrained(folders[family]).eval()
    processor = AutoImageProcessor.from_pretrained(folders[family])
    for row, clip in enumerate(UNEQUAL):
        pixels = processor(images=list(clip.frames), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            frames = normalize(model.get_image_features(pixels).pooler_output, dim=-1)
        assert_near(found.frames[row, : len(clip)], frames)
        assert_near(found.pooled[row], normalize(frames.mean(0), dim=0))


def test_a_clip_vip_clip_is_one_look_at_all_of_its_frames(folders):
    video, _ = pair(folders, "clip-vip")
    found = video.encode(UNEQUAL)
    model = ClipVip.from_pretrained(folders["clip-vip"])
    assert found.frames is None
    for row, clip in enumerate(UNEQUAL):
        with torch.inference_mode():
            features = model.video_features(video.make_pixels(list(clip.frames))[None])
        assert_near(found.pooled[row], normalize(features, dim=-1)[0])


def test_frames_of_a_clip_vip_have_vectors_where_they_are_asked_for(folders):
    video, _ = pair(folders, "clip-vip", frame_vectors=True, batch_size=8)
    check_video_encoder(video)
    plain, _ = pair(folders, "clip-vip")
    found = video.encode(UNEQUAL)
    assert_near(found.pooled, plain.encode(UNEQUAL).pooled)
    model = ClipVip.from_pretrained(folders["clip-vip"])
    for row, clip in enumerate(UNEQUAL):
        with torch.inference_mode():
            pixels = video.make_pixels(list(clip.frames))[None]
            states = (
                model.vision_model(pixels).last_hidden_state[0, 4:].unflatten(0, (len(clip), -1))
            )
            frames = model.visual_projection(model.vision_model.post_layernorm(states.mean(1)))
        assert_near(found.frames[row, : len(clip)], normalize(frames, dim=-1))
        assert found.frames[row, len(clip) :].equal(
            found.frames[row, len(clip) - 1].expand(8 - len(clip), -1)
        )


def test_patches_of_a_clip_vip_have_vectors_beside_their_frames(folders):
    video, _ = pair(folders, "clip-vip", patch_vectors=True, batch_size=8)
    check_video_encoder(video)
    frames, _ = pair(folders, "clip-vip", frame_vectors=True)
    found, known = video.encode(UNEQUAL), frames.encode(UNEQUAL)
    assert_near(found.pooled, known.pooled)
    assert_near(found.frames, known.frames)
    assert found.patches.shape == (len(UNEQUAL), 8, 16, video.dim)
    model = ClipVip.from_pretrained(folders["clip-vip"])
    for row, clip in enumerate(UNEQUAL):
        with torch.inference_mode():
            pixels = video.make_pixels(list(clip.frames))[None]
            states = model.vision_model(pixels).last_hidden_state[0, 4:]
            patches = model.visual_projection(model.vision_model.post_layernorm(states))
        shown = found.patches[row, : len(clip)].flatten(0, 1)
        assert_near(shown, normalize(patches, dim=-1))
        last = found.patches[row, len(clip) - 1].expand(8 - len(clip), -1, -1)
        assert found.patches[row, len(clip) :].equal(last)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_contract_of_an_encoder_holds(folders, family):
    video, text = pair(folders, family)
    seen, read = video.encode(UNEQUAL), text.encode(TEXTS)
    assert (video.space, video.dim) == (text.space, text.dim)
    assert seen.pooled.shape == (len(UNEQUAL), video.dim)
    assert read.pooled.shape == (len(TEXTS), text.dim)
    assert read.tokens.shape == (*read.mask.shape, text.width)
    for pooled in (seen.pooled, read.pooled):
        assert pooled.dtype == torch.float32
        assert_near(pooled.norm(dim=-1), torch.ones(len(pooled)))
    if family != "siglip":  # its end is its padding, here as in the published tokenizer
        letters = [len(text.replace(" ", "")) for text in TEXTS]
        assert read.mask.sum(1).tolist() == [min(2 + count, 20) for count in letters]


@pytest.mark.parametrize("family", FAMILIES)
def test_batches_change_nothing(folders, family):
    together = [encoder.encode(given) for encoder, given in halves(folders, family, 64)]
    one_by_one = [encoder.encode(given) for encoder, given in halves(folders, family, 1)]
    for whole, parts in zip(together, one_by_one, strict=True):
        assert_near(whole.pooled, parts.pooled)


def halves(folders, family, batch_size):
    video, text = pair(folders, family, batch_size=batch_size)
    return (video, UNEQUAL), (text, TEXTS)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_gives_no_rows(folders, family):
    video, text = pair(folders, family)
    assert video.encode([]).pooled.shape == (0, video.dim)
    assert text.encode([]).pooled.shape == (0, text.dim)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "odd", ["x" * 10_000, "\x00\x07", "\ud800".encode(errors="ignore").decode(), "😡 화난"]
)
def test_any_text_has_a_vector(folders, family, odd):
    _, text = pair(folders, family)
    assert text.encode([odd, "a cat"]).pooled.isfinite().all()


def test_a_long_clip_is_thinned_evenly(folders):
    video, _ = pair(folders, "clip-vip", most_frames=4, frames=3)
    (long,) = clips((10, 48, 64))
    short = Clip(long.frames[[1, 3, 6, 8]], long.times[[1, 3, 6, 8]])
    assert_near(video.encode([long]).pooled, video.encode([short]).pooled)


# Inject


@pytest.mark.parametrize("family", FAMILIES)
def test_inject_sees_the_token_table_and_changes_the_text(folders, family):
    _, text = pair(folders, family)
    seen = []

    def inject(tokens):
        seen.append(tokens)
        return tokens + torch.linspace(-1, 1, tokens.shape[-1])

    changed = text.encode(TEXTS, inject).pooled
    table = text.model.text_model.get_input_embeddings()
    assert_near(seen[0], table(text.tokenize(TEXTS)["input_ids"]))
    assert (changed - text.encode(TEXTS).pooled).abs().max() > 0.01
    same = text.encode(TEXTS, lambda tokens: tokens).pooled
    assert_near(same, text.encode(TEXTS).pooled)


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_reach_inject_and_stop_before_the_weights(folders, family):
    _, text = pair(folders, family)
    shift = torch.zeros(text.width, requires_grad=True)
    text.encode(["a cat"], lambda tokens: tokens + shift).pooled[0, 0].backward()
    assert shift.grad.abs().sum() > 0
    assert all(value.grad is None for value in text.model.parameters())
    with torch.inference_mode():
        assert not text.encode(["a cat"], lambda tokens: tokens + shift).pooled.requires_grad


def test_inject_of_one_thread_does_not_reach_another(folders):
    _, text = pair(folders, "clip")
    plain, inside, go_on = text.encode(TEXTS).pooled, threading.Event(), threading.Event()

    def waiting(tokens):
        inside.set()
        assert go_on.wait(10)
        return tokens * 0

    thread = threading.Thread(target=text.encode, args=(TEXTS, waiting))
    thread.start()
    assert inside.wait(10)
    try:
        assert_near(text.encode(TEXTS).pooled, plain)
    finally:
        go_on.set()
        thread.join()


# One model for both halves


@pytest.mark.parametrize("family", FAMILIES)
def test_both_halves_share_one_model(folders, family):
    video, text = pair(folders, family)
    assert video.model is text.model
    assert video.model is not pair(folders, family, dtype="bfloat16")[0].model


def test_a_model_that_nobody_holds_is_freed(folders):
    video, _ = pair(folders, "clip")
    held = len(checkpoints._loaded)
    assert video.model is not None
    del video
    assert len(checkpoints._loaded) <= held


def test_a_model_loaded_in_inference_mode_can_be_tuned_later(folders, tmp_path):
    video, _ = pair({"clip": save_clip(tmp_path / "own")}, "clip")
    with torch.inference_mode():
        video.encode(UNEQUAL)
    model = video.model.requires_grad_(True)
    model.get_image_features(video.make_pixels(UNEQUAL[0].frames)).pooler_output.sum().backward()
    assert model.visual_projection.weight.grad is not None


def test_the_space_names_the_weights(folders, tmp_path):
    spaces = {family: pair(folders, family)[0].space for family in FAMILIES}
    assert len(set(spaces.values())) == len(FAMILIES)
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folders["clip"].iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert ClipVideoEncoder(str(copy)).space == spaces["clip"]


# Device, precision, compilation, memory


def test_the_device_and_precision_are_chosen(monkeypatch):
    cpu = torch.device("cpu")
    has_gpu = torch.accelerator.is_available()
    assert (pick_device("auto") == cpu) != has_gpu
    for native, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        for test in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
            monkeypatch.setattr(torch.cpu, test, lambda native=native: native)
        assert pick_dtype("auto", cpu) == dtype
    assert pick_dtype("float16", cpu) == torch.float16
    with pytest.raises(ConfigurationError, match="device 'warp'"):
        pick_device("warp")


@pytest.mark.parametrize("family", FAMILIES)
def test_bfloat16_stays_close(folders, family):
    exact = [half.encode(given).pooled for half, given in halves(folders, family, 16)]
    video, text = pair(folders, family, dtype="bfloat16")
    for found, known in zip((video.encode(UNEQUAL), text.encode(TEXTS)), exact, strict=True):
        assert video.model.dtype == torch.bfloat16
        assert (found.pooled * known).sum(-1).min() > 0.995


@pytest.mark.parametrize("family", ["clip", "clip-vip"])
def test_the_image_half_compiles_and_other_lengths_need_no_new_graph(folders, family, monkeypatch):
    """The graph is captured as it would be; turning it into machine code takes a minute."""
    counter = CompileCounterWithBackend("aot_eager")
    compile_graph = partial(torch.compile, backend=counter, fullgraph=True)
    monkeypatch.setattr(torch, "compile", compile_graph)
    video, _ = pair(folders, family)
    compiled = type(video)(str(folders[family]), dtype="float32", device="cpu", compile=True)
    assert_near(compiled.encode(UNEQUAL).pooled, video.encode(UNEQUAL).pooled)
    known = counter.frame_count
    assert known >= 1
    compiled.encode(clips((4, 50, 50), (4, 64, 64), (5, 64, 64), (5, 40, 64), (5, 64, 64)))
    assert counter.frame_count == known


GROWTH = """
import resource, sys
import numpy as np
from moodreel import Clip
from moodreel_plugins.encoders.clip import ClipVideoEncoder
from moodreel_plugins.encoders.vip import ClipVipVideoEncoder

kind = {"clip": ClipVideoEncoder, "clip-vip": ClipVipVideoEncoder}[sys.argv[1]]
encoder = kind(sys.argv[2], device="cpu", dtype="float32")
shown = np.broadcast_to(np.zeros((1, 480, 640, 3), np.uint8), (1000, 480, 640, 3))
encoder.encode([Clip(shown[:100], np.arange(100.0))])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
encoder.encode([Clip(shown, np.arange(1000.0))])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("family", ["clip", "clip-vip"])
def test_memory_is_bounded_whatever_the_length(folders, family):
    """1,000 frames of 480 x 640 are 0.9 GB; the encoder may add a small part of that."""
    ran = subprocess.run(
        [sys.executable, "-c", GROWTH, family, str(folders[family])],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert int(ran.stdout) < 150


# In an engine


def test_an_index_with_clip_keeps_frame_vectors_and_finds_what_it_saw(folders, demo, tmp_path):
    given = [f"{half}_encoder.model={folders['clip']}" for half in ("video", "text")]
    given += ["text_emotion=null", "video_emotion=null", "fusion_strategy=baseline"]
    video = sorted((demo / "videos").glob("*.mp4"))[0]
    with Engine.from_preset("clip-b32", index=tmp_path / "index", overrides=given) as engine:
        report = engine.index(video)
        assert not report.failed
        hits = engine.search("a cat", merge=False)
        assert hits
        vector = engine.encode_text("a cat")
        ids, pooled = engine.catalog.load_features(engine.components.video_encoder)
        assert hits[0].score == pytest.approx(float((pooled @ vector).max()), abs=HALVES)
        frames = engine.catalog.load_frames(
            engine.components.video_encoder, ids, engine.components.video_encoder.dim
        )
        assert all(len(vectors) == 8 for vectors in frames)


def test_the_tokenizer_of_the_tests_is_like_clips():
    ids = tokenizer()("ab c")["input_ids"]
    assert ids == [52, 0, 27, 28, 53]
