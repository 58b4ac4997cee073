"""CLIP-ViP as a pair of encoders; the model itself is in `clip_vip`."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moodreel import Clip, ConfigurationError, Register, hookimpl
from moodreel.interfaces import TRANSFORMERS, HubForm, InjectVideo, VideoFeatures
from moodreel_plugins.encoders.checkpoints import (
    Activation,
    Checkpoint,
    Precision,
    join_batches,
)
from moodreel_plugins.encoders.clip import (
    ClipTextEncoder,
    ClipVideoEncoder,
    inference_unless,
    is_learning,
)
from moodreel_plugins.encoders.dual_encoder import (
    PROXIES,
    DualEncoder,
    check_loaded,
    refuse_quantised,
)
from moodreel_plugins.encoders.tokenizers import (
    TOKENIZER,
    find_tokenizer,
    has_vocabulary,
    read_tokenizer,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from moodreel_plugins.encoders.injecting import Passage
    from moodreel_plugins.encoders.pixels import PixelMaker


# config.json may name a tokenizer in place of its files.
FORM = HubForm(TRANSFORMERS.weights, TRANSFORMERS.beside, TRANSFORMERS.needed[:2])


class VipEncoder(DualEncoder):
    """What both halves of a CLIP-ViP share."""

    form = FORM
    model_option = "checkpoint"

    def check_config(self, config: dict[str, Any]) -> None:
        """Refuse a plain CLIP."""
        if PROXIES not in config:
            raise ConfigurationError(
                f"{self.checkpoint.name}: config.json has no {PROXIES}, so this is no CLIP-ViP: "
                f"use the plugin clip, or moodreel convert clip-vip {self.checkpoint.name}"
            )

    def reader(self) -> Callable[[Path, "torch.dtype"], Any]:
        """Return the function that reads the model from a folder."""
        return read_clip_vip


class ClipVipVideoEncoder(VipEncoder, ClipVideoEncoder):
    """The video half of CLIP-ViP (Xue et al. 2023): all frames are seen together.

    Args:
        checkpoint: a folder that `moodreel convert clip-vip` wrote, or the hub's name of one.
        frames: how many frames of a segment are encoded; the published weights saw 12.
        most_frames: a clip of more frames is thinned evenly to so many, since all are seen at
            once: a judgement, not measured.
        batch_size: how many frames go through the model at once, one clip at least. 48 are four
            clips of 12; a frame costs 1.2 times as much at 16 clips as at one to four
            (benchmarks/RESULTS.md, "CLIP-ViP B/32").
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: the precision of the weights; "auto" is bfloat16 where the device has it natively.
        compile: whether to compile the video half, which takes a minute and then runs faster.
        frame_vectors: whether frames have vectors of their own, for strategies that look at them,
            such as cross-attention: the mean of a frame's patches, projected as the proxy is. The
            published training asks nothing of them, so they are raw material to learn from.
        patch_vectors: whether each patch of each frame has a vector too, made likewise. A segment
            then takes 50 times the space of one with frames' alone, at 49 patches a frame.
    """

    hashed_if_set = frozenset({"frame_vectors", "patch_vectors"})

    together = True

    def __init__(
        self,
        checkpoint: str,
        frames: int = 12,
        most_frames: int = 64,
        batch_size: int = 48,
        device: str = "auto",
        dtype: Precision = "auto",
        compile: bool = False,
        frame_vectors: bool = False,
        patch_vectors: bool = False,
    ) -> None:
        super().__init__(checkpoint, frames, batch_size, device, dtype, compile)
        self.checkpoint = Checkpoint(checkpoint, "checkpoint")
        self.most_frames = max(most_frames, frames)
        self.frame_vectors = frame_vectors
        self.patch_vectors = patch_vectors

    @staticmethod
    def convert(  # type: ignore[override]  # a CLIP-ViP has proxies too
        source: str,
        folder: Path,
        proxies: int = 3,
        frames: int = 12,
        config: str | None = None,
        tokenizer: str | None = None,
        activation: Activation | None = None,
    ) -> str:
        """Turn a published file, or a plain CLIP, into a folder; see `convert_clip_vip`."""
        from moodreel_plugins.encoders.vip_conversion import convert_clip_vip

        return convert_clip_vip(source, folder, proxies, frames, config, tokenizer, activation)

    @cached_property
    def pixels(self) -> "PixelMaker":
        """The preprocessing of frames, as the folder says, or squeezed into a square."""
        from moodreel_plugins.encoders.pixels import read_pixel_maker

        side = int(self.config.vision_config.image_size)
        return read_pixel_maker(self.checkpoint.folder, side, square=True)

    def feature_method(self) -> Callable[["Tensor"], "Tensor"]:
        """Return the model's own function from pixels [B, T, 3, h, w] to features [B, D].

        With vectors of frames it gives [B, 1 + T, D], those of the whole first, and with those of
        patches [B, 1 + T (1 + L), D].
        """
        if self.patch_vectors:
            return self.model.patch_features
        return self.model.frame_features if self.frame_vectors else self.model.video_features

    @cached_property
    def patches_per_frame(self) -> int:  # type: ignore[override]  # known from the configuration
        """L, how many patches of a frame have vectors."""
        vision = self.config.vision_config
        return (vision.image_size // vision.patch_size) ** 2 if self.patch_vectors else 0

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the model and what makes its pixels in transformers' form."""
        options = super().save(folder)
        more = {"checkpoint": options.pop("model"), "most_frames": self.most_frames}
        vectors = {"frame_vectors": self.frame_vectors, "patch_vectors": self.patch_vectors}
        return {**more, **options, **vectors}

    def encode(self, clips: Sequence[Clip], inject: InjectVideo | None = None) -> VideoFeatures:
        """Return features of B clips; those of one length share batches."""
        import torch

        if not clips:
            return VideoFeatures(torch.zeros(0, self.dim))
        kept = [thinned(len(clip), self.most_frames) for clip in clips]
        order = sorted(range(len(clips)), key=lambda place: len(kept[place]))
        batches = even_batches(order, kept, self.batch_size)
        with inference_unless(inject is not None or is_learning(self.model)):
            parts = [self.look_at(batch, clips, kept, inject) for batch in batches]
            found = [join_batches([part]) for part in parts]
            features = VideoFeatures.cat([split_frames(p, self.patches_per_frame) for p in found])
        return features[torch.tensor(order).argsort()]

    def look_at(
        self,
        batch: Sequence[int],
        clips: Sequence[Clip],
        kept: Sequence[Sequence[int]],
        inject: InjectVideo | None,
    ) -> "Tensor":
        """Return features [n, D], not normalised, of some clips, of which as many frames are kept.

        Args:
            batch: the places of the n clips.
            clips: all clips.
            kept: the numbers of the frames that are kept, of each clip.
            inject: what changes their embeddings.
        """
        pictures = [clips[place].frames[number] for place in batch for number in kept[place]]
        return self.look(
            pictures, inject, np.array(batch), np.array([kept[place] for place in batch])
        )


class ClipVipTextEncoder(VipEncoder, ClipTextEncoder):
    """The text half of CLIP-ViP, with a stage for `inject` before positions are added.

    Args:
        checkpoint: a folder that `moodreel convert clip-vip` wrote, or the hub's name of one.
        batch_size: how many texts are encoded at once.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: the precision of the weights; "auto" is bfloat16 where the device has it natively.
        space: the name of the space that a tuned model shares with the videos it was tuned on;
            None names it after its own weights.
        max_tokens: the most tokens of a text that are read; None: as many as the model can.
    """

    version = "1"  # what changed in the texts of a CLIP changed nothing here

    def __init__(
        self,
        checkpoint: str,
        batch_size: int = 64,
        device: str = "auto",
        dtype: Precision = "auto",
        space: str | None = None,
        max_tokens: int | None = None,
    ) -> None:
        super().__init__(checkpoint, batch_size, device, dtype, space, max_tokens)
        self.checkpoint = Checkpoint(checkpoint, "checkpoint")

    def save(self, folder: Path, space: str | None = None) -> dict[str, Any]:
        """Write the model and its tokenizer in transformers' form."""
        options = super().save(folder, space)
        return {"checkpoint": options.pop("model"), **options}

    @cached_property
    def tokenizer(self) -> Any:
        """The folder's tokenizer, or else the one that its config.json names."""
        folder, named = self.checkpoint.folder, self.checkpoint.config.get(TOKENIZER)
        if named and not has_vocabulary(folder):
            folder = find_tokenizer(named)
        return read_tokenizer(folder)

    def text_outputs(
        self, inputs: dict[str, "Tensor"], passage: "Passage | None"
    ) -> tuple["Tensor", "Tensor"]:
        """Return the last states [B, L, W], and features [B, D] that are not normalised."""
        from moodreel_plugins.encoders.injecting import passing

        with passing(passage):
            states = self.model.text_model(**inputs).last_hidden_state
        return states, self.model.pool_text(states, inputs["input_ids"])


def read_clip_vip(folder: Path, dtype: "torch.dtype") -> Any:
    """Read a CLIP-ViP model from a folder."""
    from moodreel_plugins.encoders.clip_vip import ClipVip
    from moodreel_plugins.encoders.state_files import described_failure

    refuse_quantised(folder)
    try:
        model, found = ClipVip.from_pretrained(
            folder, dtype=dtype, local_files_only=True, output_loading_info=True
        )
    except ConfigurationError:
        raise
    except Exception as error:  # of many kinds: a damaged file, a shape, a wrong configuration
        told = described_failure(error)
        raise ConfigurationError(f"{folder}: cannot be loaded: {told}") from None
    check_loaded(folder, model, found)
    return model


def split_frames(vectors: "Tensor", patches: int) -> VideoFeatures:
    """Return vectors as features.

    Args:
        vectors: [B, D], or with those of frames behind them [B, 1 + T (1 + L), D].
        patches: L.
    """
    from torch.nn.functional import normalize

    vectors = normalize(vectors, dim=-1)
    if vectors.ndim == 2:
        return VideoFeatures(vectors)
    return VideoFeatures(vectors[:, 0]).with_parts(vectors[:, 1:], patches)


def thinned(length: int, most: int) -> list[int]:
    """Return the numbers of a clip's frames, or of `most` of them spread evenly."""
    count = min(length, most)
    return [(2 * place + 1) * length // (2 * count) for place in range(count)]


def even_batches(
    order: Sequence[int], kept: Sequence[Sequence[int]], frames: int
) -> list[list[int]]:
    """Cut the places of clips, sorted by length, into batches of one length and so many frames."""
    batches = []
    for length, group in groupby(order, key=lambda place: len(kept[place])):
        alike, size = list(group), max(frames // length, 1)
        batches += [alike[start : start + size] for start in range(0, len(alike), size)]
    return batches


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register the video half."""
    register("clip-vip", ClipVipVideoEncoder)


@hookimpl
def register_text_encoders(register: Register) -> None:
    """Register the text half."""
    register("clip-vip", ClipVipTextEncoder)
