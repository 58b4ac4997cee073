"""Any image model of timm as a video encoder, in a text encoder's space."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from moodreel import Clip, ConfigurationError, Register, hookimpl
from moodreel.interfaces import Requirement, TextEncoder, VideoEncoder, VideoFeatures
from moodreel.storage.atomic import atomic_path
from moodreel_plugins.encoders.checkpoints import Precision, one_line
from moodreel_plugins.encoders.class_head import ClassHead, class_texts
from moodreel_plugins.encoders.clip import pool_frames
from moodreel_plugins.encoders.image_networks import TimmNetwork, look_in_batches

if TYPE_CHECKING:
    from torch import Tensor, nn


class TimmVideoEncoder(VideoEncoder):
    """An image model of timm, carried into a text encoder's space by one of two heads.

    `head: classes` is ConSE, of each frame: the embeddings of the most probable classes'
    descriptions, weighted; see `ClassHead`.
    `head: projection` maps pooled features by a learned projection, trained elsewhere: a trainer
    takes `projection`, feeds it `image_features(clips)`, and calls `save_projection(path)`.

    Args:
        text_encoder: the text encoder whose space the vectors lie in.
        image_model: the image model's name in timm.
        checkpoint: the file of its weights, .safetensors or .pth. Without it, the weights in a
            package, or else those of timm, from the hub's cache or the hub.
        head: how pictures are carried into the text encoder's space.
        projection: the file of the learned projection, .safetensors.
        temperature: the temperature of the softmax over classes; a higher one spreads the weight.
        classes: how many of the most probable classes count.
        frames: how many frames of a segment are encoded.
        batch_size: how many frames go through the model at once, which bounds memory.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: the precision of the weights; "auto" is bfloat16 where the device has it natively.
    """

    requires = (Requirement("timm", "pip install timm", "Apache-2.0"),)

    def __init__(
        self,
        text_encoder: TextEncoder,
        image_model: str,
        checkpoint: str | None = None,
        head: Literal["classes", "projection"] = "classes",
        projection: str | None = None,
        temperature: float = 2.0,
        classes: int = 30,
        frames: int = 6,
        batch_size: int = 16,
        device: str = "auto",
        dtype: Precision = "auto",
    ) -> None:
        if projection and head == "classes":
            raise ValueError("a projection needs head=projection")
        self.text_encoder = text_encoder
        self.image_network = TimmNetwork(image_model, checkpoint, device, dtype)
        self.head = head
        self.projection_file = Path(projection) if projection else None
        self.frames_per_clip = frames
        self.batch_size = batch_size
        self.class_head = ClassHead(text_encoder, self.class_texts, temperature, classes)

    def weights(self) -> Sequence[Path]:
        """Return the files of the model and of the projection, as far as they are ours."""
        return [path for path in (self.image_network.file, self.projection_file) if path]

    @property
    def space(self) -> str:
        """The text encoder's space."""
        return self.text_encoder.space

    @property
    def dim(self) -> int:
        """D, the length of the text encoder's vectors."""
        return self.text_encoder.dim

    def class_texts(self) -> list[list[str]]:
        """Return the descriptions of the network's classes, in the one form that is used."""
        return [class_texts("detailed", class_subset(self.image_network))]

    @cached_property
    def projection(self) -> "nn.Module":
        """The learned map from features [n, F] to vectors [n, D], not normalised.

        Without a file it is new, the same each time, and has to be trained.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        made = new_projection(self.image_network.width, self.dim)
        if self.projection_file:
            try:
                made.load_state_dict(load_file(self.projection_file))
            except (OSError, RuntimeError, SafetensorError) as error:
                raise ConfigurationError(
                    f"{self.projection_file}: no projection from {self.image_network.width} to "
                    f"{self.dim}: {one_line(error, 120)}"
                ) from None
        return made

    def save_projection(self, path: str | Path) -> None:
        """Write the learned map to a file that the option `projection` takes."""
        from safetensors.torch import save_file

        with atomic_path(path) as partial:
            save_file(self.projection.state_dict(), partial)

    def image_features(self, clips: Sequence[Clip]) -> list["Tensor"]:
        """Return the pooled features [T, F] of each clip's frames, before the projection."""
        return self.by_clip(self.image_network.features, clips)

    def by_clip(
        self, look: "Callable[[Sequence[Any]], Tensor]", clips: Sequence[Clip]
    ) -> list["Tensor"]:
        """Return what the network says of each clip's frames, a batch of them at a time."""
        frames = [frame for clip in clips for frame in clip.frames]
        seen = look_in_batches(look, frames, self.batch_size)
        return list(seen.split([len(clip) for clip in clips]))

    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:
        """Return features of B clips; `frames` pads shorter clips with their last frame."""
        import torch

        self.check_trained()
        if not clips:
            return VideoFeatures(torch.zeros(0, self.dim))
        with torch.inference_mode():
            if self.head == "classes":
                seen = self.by_clip(self.image_network.logits, clips)
                return pool_frames([self.class_head.embed(logits) for logits in seen])
            return pool_frames([self.project(part) for part in self.image_features(clips)])

    def check_trained(self) -> None:
        """Refuse to encode with a projection that nobody trained."""
        if self.head == "projection" and self.projection_file is None:
            raise ConfigurationError(
                f"timm model {self.image_network.model!r}: head=projection needs a trained "
                "projection: give its file as the option 'projection'"
            )

    def project(self, features: "Tensor") -> "Tensor":
        """Return the vectors [n, D] of features [n, F], L2-normalised. Gradients pass."""
        from torch.nn.functional import normalize

        return normalize(self.projection(features), dim=-1)


def class_subset(network: TimmNetwork) -> str:
    """Return which part of ImageNet a network's classes are, by timm's name of it.

    Raises:
        ConfigurationError: timm does not know their names.
    """
    from timm.data.imagenet_info import infer_imagenet_subset

    subset = infer_imagenet_subset(network.network)
    if subset is None:
        raise ConfigurationError(
            f"timm model {network.model!r}: its {network.network.num_classes} classes have no "
            "names that timm knows; use head=projection"
        )
    return subset


def new_projection(width: int, dim: int) -> "nn.Module":
    """Return a linear map after a layer norm, initialised the same each time."""
    import torch
    from torch import nn

    with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, dim))


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register timm's image models."""
    register("timm", TimmVideoEncoder)
