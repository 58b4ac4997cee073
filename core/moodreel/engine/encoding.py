"""Encoding videos and texts without an index: `encode_video("x.mp4") @ encode_text("...")`."""

import atexit
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.components import registry_decoder
from moodreel.decoding.decoder import Decoder
from moodreel.decoding.segmentation import sample_times
from moodreel.interfaces import TextEncoder, VideoEncoder
from moodreel.media import Clip, Segment
from moodreel.registry.registry import Registry, choose_settings
from moodreel.registry.slots import SLOTS

# Clips held in memory, whatever the number of videos: 8 of 12 frames at 480 x 853 are 118 MB. A
# judgement, not measured.
CLIPS_AT_ONCE = 8

Paths = str | Path | Sequence[str | Path]


def encode_video(
    paths: Paths, preset: str = "starter", config: str | Path | None = None, **options: Any
) -> NDArray[np.float32]:
    """Return the vector [D] of a whole video, or those [B, D] of several, L2-normalised.

    Args:
        paths: one video, or several, of any lengths.
        preset: the preset of the registry whose video encoder is used.
        config: a YAML file that is merged over registry.yaml.
        options: options of the preset's video encoder, such as `model` or `device`.

    Raises:
        ConfigurationError: an unknown preset or option, or weights that are not there.
        UnreadableVideo: a file cannot be read.
    """
    registry = shared_registry(preset, config)
    encoder = chosen(registry, "video_encoder", options)
    return video_vectors(encoder, shared_decoder(registry), paths)


def encode_text(
    texts: str | Sequence[str],
    preset: str = "starter",
    config: str | Path | None = None,
    **options: Any,
) -> NDArray[np.float32]:
    """Return the vector [D] of a text, or those [B, D] of several, L2-normalised.

    The inner product with a vector of `encode_video` of the same preset is their cosine.

    >>> encode_text("two friends at a party").shape
    (384,)

    Args:
        texts: one text, or several.
        preset: the preset of the registry whose text encoder is used.
        config: a YAML file that is merged over registry.yaml.
        options: options of the preset's text encoder, such as `model` or `device`.

    Raises:
        ConfigurationError: an unknown preset or option, or weights that are not there.
    """
    return text_vectors(chosen(shared_registry(preset, config), "text_encoder", options), texts)


def chosen(registry: Registry, slot: str, options: dict[str, Any]) -> Any:
    """Return the component of a preset's slot, with some options changed."""
    given = {**registry.settings.options.get(slot, {}), **options}
    return registry.create(SLOTS[slot], registry.slot_name(slot), **given)


@cache
def shared_registry(preset: str, config: str | Path | None) -> Registry:
    """Return the registry of a preset, so that its encoders are loaded once a process.

    An option that a slot lacks may come with the call, so options are checked when the encoder is
    built.
    """
    return Registry(choose_settings(preset, config))


@cache
def shared_decoder(registry: Registry) -> Decoder:
    """Return a decoder whose workers last until the process ends."""
    decoder = registry_decoder(registry)
    atexit.register(decoder.close)
    return decoder


@torch.inference_mode()
def text_vectors(encoder: TextEncoder, texts: str | Sequence[str]) -> NDArray[np.float32]:
    """Return the vector [D] of a text, or those [B, D] of several, L2-normalised."""
    batch = [texts] if isinstance(texts, str) else list(texts)
    pooled = encoder.encode(batch).pooled.float().cpu().numpy()
    return pooled[0] if isinstance(texts, str) else pooled


@torch.inference_mode()
def video_vectors(encoder: VideoEncoder, decoder: Decoder, paths: Paths) -> NDArray[np.float32]:
    """Return the vector [D] of a whole video, or those [B, D] of several, L2-normalised.

    Raises:
        UnreadableVideo: a file cannot be read.
    """
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    parts = [
        encoder.encode(clips).pooled.float().cpu().numpy()
        for clips in read_clips(encoder, decoder, listed)
    ]
    pooled = np.concatenate(parts) if parts else np.zeros((0, encoder.dim), np.float32)
    return pooled[0] if isinstance(paths, str | Path) else pooled


def read_clips(
    encoder: VideoEncoder, decoder: Decoder, paths: Sequence[str | Path]
) -> Iterator[list[Clip]]:
    """Yield the clips of whole videos, a few at a time, decoded by all workers."""
    read = partial(read_clip, encoder, decoder)
    with ThreadPoolExecutor(decoder.workers) as pool:
        for start in range(0, len(paths), CLIPS_AT_ONCE):
            yield list(pool.map(read, paths[start : start + CLIPS_AT_ONCE]))


def read_clip(
    encoder: VideoEncoder, decoder: Decoder, path: str | Path, segment: Segment | None = None
) -> Clip:
    """Return the frames that an encoder sees of a segment, or of the whole video."""
    path = Path(path)
    facts = decoder.probe(path)
    whole = segment or Segment(0.0, facts.duration)
    return decoder.read(path, sample_times(whole, encoder.frames_per_clip), facts)
