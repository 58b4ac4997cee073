"""CLIP-ViP B/32 against transformers' CLIP B/32 in the same run; precisions, batches, pixels.

The weights are random: they change no timing, and nothing has to be fetched.
"""

from statistics import median
from time import perf_counter

import numpy as np
import pytest
import torch
from results import table, write_section
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from moodreel_plugins.encoders.checkpoints import has_bfloat16
from moodreel_plugins.encoders.clip_vip import SETTINGS, ClipVip, ProxySettings
from moodreel_plugins.encoders.pixels import PixelMaker

FRAMES = 12
MOST = 1.1  # times what CLIP takes for a frame
ROUNDS = 5
BATCHES = (1, 2, 4, 8, 16)
TEXT = {"num_hidden_layers": 1}  # the text half is not timed


@pytest.fixture(scope="module")
def models():
    """CLIP and CLIP-ViP with the same weights, and pixels [1, 12, 3, 224, 224]."""
    clip = CLIPModel(CLIPConfig(text_config=TEXT)).eval()
    settings = ProxySettings(3, FRAMES).to_dict()
    vip = ClipVip(CLIPConfig(text_config=TEXT, **{SETTINGS: settings})).eval()
    vip.load_state_dict(clip.state_dict(), strict=False)
    return clip, vip, torch.randn(1, FRAMES, 3, 224, 224)


@pytest.fixture(scope="module")
def shown():
    """Twelve frames of 360 x 480, as a reader gives them."""
    draw = np.random.default_rng(0)
    return list(draw.integers(0, 256, (FRAMES, 360, 480, 3), np.uint8))


@pytest.fixture(scope="module")
def measured():
    """Milliseconds by what was measured, written down at the end."""
    found: dict[str, float] = {}
    yield found
    write_section("CLIP-ViP B/32", report(found))


def timed(call, *arguments):
    """Return the milliseconds that a call takes."""
    start = perf_counter()
    call(*arguments)
    return (perf_counter() - start) * 1000


def in_turns(calls, rounds=ROUNDS):
    """Return the median milliseconds of each call by name; they take turns."""
    taken = {name: [] for name in calls}
    with torch.inference_mode():
        for _ in range(rounds + 1):
            for name, call in calls.items():
                taken[name].append(timed(call))
    return {name: median(times[1:]) for name, times in taken.items()}


def test_a_frame_costs_what_it_costs_clip(models, measured):
    clip, vip, pixels = models
    found = in_turns(
        {
            "clip": lambda: clip.get_image_features(pixels[0]),
            "clip-vip": lambda: vip.video_features(pixels),
        }
    )
    measured |= {name: taken / FRAMES for name, taken in found.items()}
    assert found["clip-vip"] <= MOST * found["clip"]


def test_bfloat16_is_faster_where_it_is_native(models, measured):
    _, vip, pixels = models
    halved = ClipVip(vip.config).eval().bfloat16()
    halved.load_state_dict(vip.state_dict())
    found = in_turns(
        {
            "float32": lambda: vip.video_features(pixels),
            "bfloat16": lambda: halved.video_features(pixels),
        }
    )
    measured |= {name: taken / FRAMES for name, taken in found.items()}
    assert found["bfloat16"] < found["float32"] or not has_bfloat16(pixels.device)


def test_a_batch_costs_no_more_than_its_clips(models, measured):
    _, vip, pixels = models
    batches = {size: pixels.expand(size, -1, -1, -1, -1) for size in BATCHES}
    found = in_turns(
        {size: lambda batch=batch: vip.video_features(batch) for size, batch in batches.items()},
        rounds=2,
    )
    measured |= {f"batch of {size}": taken / FRAMES / size for size, taken in found.items()}
    assert measured["batch of 16"] < 1.5 * measured["batch of 1"]


def test_our_pixels_take_less_than_the_processors(shown, measured):
    processor = CLIPImageProcessor()
    maker = PixelMaker(processor)
    found = in_turns(
        {
            "our pixels": lambda: maker(shown),
            "the processor's": lambda: processor(images=shown, return_tensors="pt"),
        }
    )
    measured |= {name: taken / FRAMES for name, taken in found.items()}
    assert found["our pixels"] < found["the processor's"]


@pytest.mark.benchmark(group="12 frames of B/32")
def test_clip(benchmark, models):
    clip, _, pixels = models
    with torch.inference_mode():
        benchmark(clip.get_image_features, pixels[0])


@pytest.mark.benchmark(group="12 frames of B/32")
def test_clip_vip(benchmark, models):
    _, vip, pixels = models
    with torch.inference_mode():
        benchmark(vip.video_features, pixels)


ROWS = (
    ("transformers' CLIP, 12 frames, float32", "clip", "clip"),
    ("CLIP-ViP, one clip of 12 frames, float32", "clip-vip", "clip"),
    ("CLIP-ViP, float32", "float32", "float32"),
    ("CLIP-ViP, bfloat16", "bfloat16", "float32"),
    *(
        (f"CLIP-ViP, float32, batch of {size}", f"batch of {size}", "batch of 1")
        for size in BATCHES
    ),
    ("transformers' processor, 360 x 480 to 224", "the processor's", "the processor's"),
    ("moodreel's pixels", "our pixels", "the processor's"),
)


def report(found):
    """Return the section's text: milliseconds a frame, and ratios within the same run."""
    rows = [
        [what, f"{found[name]:.1f}", f"{found[name] / found[base]:.2f}"]
        for what, name, base in ROWS
        if name in found and base in found
    ]
    return (
        f"Random weights, {torch.get_num_threads()} threads, medians of calls taken in turns. A "
        f"frame of CLIP-ViP may cost at most {MOST} times CLIP's.\n\n"
        + table(["what", "ms a frame", "times"], rows)
    )
