"""A video encoder with a trained strategy inside, which lets it see the emotions of each clip."""

from collections.abc import Sequence
from copy import deepcopy
from functools import cached_property
from pathlib import Path

import torch

from moodreel import Clip, Register, hookimpl
from moodreel.fusion import FusionStrategy
from moodreel.fusion.checkpoints import WEIGHTS, Checkpoint, load_state
from moodreel.interfaces import EmotionExtractor, VideoEncoder, VideoFeatures


class InjectedVideoEncoder(VideoEncoder):
    """Another video encoder, with a strategy's `inject_video` of the emotions seen in each clip.

    `moodreel train` writes its entry into `tuned.yaml`. Its vectors are stored under a fingerprint
    of its own, which that of the encoder, of the extractor, of the strategy's options and its
    weights are part of.

    Args:
        encoder: the encoder, as the strategy was trained with it.
        emotion: the extractor of the emotions in its clips.
        strategy: the strategy as it was built; another instance of it gets the weights.
        trained: the folder of the trained strategy.
    """

    unhashed = frozenset({"trained"})  # its weights are hashed, wherever they lie

    def __init__(
        self,
        encoder: VideoEncoder,
        emotion: EmotionExtractor,
        strategy: FusionStrategy,
        trained: str,
    ) -> None:
        if emotion.modality != "video":
            raise ValueError(f"emotion: an extractor of video is wanted, not of {emotion.modality}")
        self.encoder = encoder
        self.emotion = emotion
        self.strategy = strategy
        self.trained = Path(trained)
        self.frames_per_clip = encoder.frames_per_clip
        self.patches_per_frame = encoder.patches_per_frame

    def weights(self) -> Sequence[Path]:
        """Return the weights of the strategy."""
        return [self.trained / WEIGHTS]

    @property
    def space(self) -> str:
        """The encoder's space."""
        return self.encoder.space

    @property
    def dim(self) -> int:
        """D, the length of a vector."""
        return self.encoder.dim

    @property
    def patch_width(self) -> int | None:
        """W, the length of a token inside the encoder."""
        return self.encoder.patch_width

    @cached_property
    def learned(self) -> FusionStrategy:
        """The strategy with its weights, loaded when it is first used."""
        strategy = deepcopy(self.strategy).bind(Checkpoint.load(self.trained).trained_with.dims)
        load_state(strategy, self.trained / WEIGHTS)
        return strategy.eval().requires_grad_(False)

    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:
        """Return features of B clips, as the encoder makes them that sees their emotions."""
        if not clips:
            return self.encoder.encode(clips)
        with torch.inference_mode():
            injector = self.learned.video_injector(self.emotion.extract(clips))
            if injector is None:
                return self.encoder.encode(clips)
            return self.encoder.encode_injected(clips, injector)


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register the encoder."""
    register("injected", InjectedVideoEncoder)
