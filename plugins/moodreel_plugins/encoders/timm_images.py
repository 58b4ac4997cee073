"""Any image model of timm as a video encoder, in a text encoder's space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from moodreel import Clip, hookimpl
from moodreel.errors import ConfigurationError
from moodreel.hookspecs import Register
from moodreel.interfaces import Requirement, TextEncoder, VideoEncoder, VideoFeatures
from moodreel.storage.atomic import atomic_path
from moodreel_plugins.encoders.checkpoints import (
    Precision,
    join_batches,
    one_line,
    pick_device,
    pick_dtype,
)
from moodreel_plugins.encoders.clip import pool_frames
from moodreel_plugins.encoders.image_networks import (
    PACKAGED,
    load_in_order,
    packaged_weights,
    read_weights,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

    from moodreel_plugins.encoders.pixels import PixelMaker

RESAMPLING = {"nearest": 0, "bilinear": 2, "bicubic": 3}
"""timm's names of the ways to resize, and PIL's numbers."""


class TimmNetwork:
    """An image model of timm, with the pixels that it was trained on.

    Args:
        model: its name in timm, such as "vit_base_patch16_224.augreg_in21k".
        checkpoint: its weights, a .safetensors or .pth file. Without it, those in a package, or
            else those of timm, from the hub's cache or the hub.
        device: such as "cuda:0"; "auto" picks an accelerator where there is one.
        precision: of the weights; "auto" is bfloat16 where the device has it natively.
    """

    def __init__(
        self,
        model: str,
        checkpoint: str | None = None,
        device: str = "auto",
        precision: Precision = "auto",
    ) -> None:
        self.model = model
        self.checkpoint = checkpoint
        self.device = device
        self.precision = precision

    @property
    def file(self) -> Path | None:
        """Where the weights are; None where timm looks after them."""
        if self.checkpoint is None and self.model not in PACKAGED:
            return None
        return Path(self.checkpoint) if self.checkpoint else packaged_weights(self.model)

    @cached_property
    def network(self) -> Any:
        """The network, frozen, loaded when it is first used."""
        import torch

        place = pick_device(self.device)
        with torch.inference_mode(False):
            model = self.create().eval().requires_grad_(False)
            return model.to(place, pick_dtype(self.precision, place))

    def create(self) -> Any:
        """Make the network and give it its weights."""
        import timm

        try:
            model = timm.create_model(self.model, pretrained=self.file is None)
        except Exception as error:  # of many kinds: an unknown name, no network, no file
            raise ConfigurationError(
                f"timm model {self.model!r}: {one_line(error, 120)}; see timm.list_models(), or "
                "give its weights, a .safetensors or .pth file, as the option 'checkpoint'"
            ) from None
        if self.file is not None:
            load_in_order(model, read_weights(self.file), self.file)
        return model

    @cached_property
    def pixels(self) -> "PixelMaker":
        """What makes pixels of frames, as timm's configuration of the model says."""
        from timm.data.config import resolve_model_data_config

        return timm_pixels(resolve_model_data_config(self.network))

    @property
    def width(self) -> int:
        """F, of the pooled features."""
        return int(self.network.num_features)

    def logits(self, frames: Sequence[Any]) -> "Tensor":
        """Return the class logits [n, classes] of frames [H, W, 3], float32 on the CPU."""
        return self.network(self.prepare(frames)).float().cpu()

    def features(self, frames: Sequence[Any]) -> "Tensor":
        """Return pooled features [n, F] of frames [H, W, 3]."""
        maps = self.network.forward_features(self.prepare(frames))
        return self.network.forward_head(maps, pre_logits=True)

    def prepare(self, frames: Sequence[Any]) -> "Tensor":
        """Return pixels [n, 3, h, w] of frames [H, W, 3]."""
        weight = next(self.network.parameters())
        return self.pixels(frames, weight.device).to(weight.dtype)


@dataclass(frozen=True)
class ClassHead:
    """Pictures by the names of their classes (ConSE, Norouzi et al. 2013).

    Args:
        text_encoder: embeds the names.
        network: tells the classes.
        temperature: of the softmax over classes; more spreads the weight.
        classes: how many of the most probable classes count.
    """

    text_encoder: TextEncoder
    network: TimmNetwork
    temperature: float
    classes: int

    @cached_property
    def embeddings(self) -> "Tensor":
        """The embeddings [classes, D] of the classes' detailed names."""
        return self.text_encoder.encode(class_names(self.network)).pooled

    def embed(self, logits: "Tensor") -> "Tensor":
        """Return the vectors [n, D] for class logits [n, classes], L2-normalised."""
        from torch.nn.functional import normalize

        count = min(self.classes, logits.shape[-1])
        shares, best = (logits / self.temperature).softmax(-1).topk(count)
        return normalize((shares.unsqueeze(-1) * self.embeddings[best]).sum(1), dim=-1)


def class_names(network: TimmNetwork) -> list[str]:
    """Return a network's classes in words, whatever part of ImageNet they are.

    Raises:
        ConfigurationError: timm does not know their names.
    """
    from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset

    subset = infer_imagenet_subset(network.network)
    if subset is None:
        raise ConfigurationError(
            f"timm model {network.model!r}: its {network.network.num_classes} classes have no "
            "names that timm knows; use head=projection"
        )
    info = ImageNetInfo(subset)
    return [info.index_to_description(i, detailed=True) for i in range(info.num_classes())]


class TimmVideoEncoder(VideoEncoder):
    """An image model of timm, carried into a text encoder's space by one of two heads.

    `head: classes` is ConSE: the embeddings of the most probable classes' names, weighted.
    `head: projection` maps pooled features by a learned projection, trained elsewhere: a trainer
    takes `projection`, feeds it `image_features(clips)`, and calls `save_projection(path)`.

    Args:
        text_encoder: the vectors lie in its space.
        image_model: its name in timm.
        checkpoint: its weights, a .safetensors or .pth file. Without it, those in a package, or
            else those of timm, from the hub's cache or the hub.
        head: how pictures are carried over.
        projection: the learned projection's file, .safetensors.
        temperature: of the softmax over classes; more spreads the weight.
        classes: how many of the most probable classes count.
        frames: how many frames of a segment are looked at.
        batch_size: frames through the model at once.
        device: such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: of the weights; "auto" is bfloat16 where the device has it natively.
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
        self.class_head = ClassHead(text_encoder, self.image_network, temperature, classes)

    def weights(self) -> Sequence[Path]:
        """Return the files of the model and of the projection, as far as they are ours."""
        return [path for path in (self.image_network.file, self.projection_file) if path]

    @property
    def space(self) -> str:
        """The text encoder's space."""
        return self.text_encoder.space

    @property
    def dim(self) -> int:
        """D, of the text encoder."""
        return self.text_encoder.dim

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
        self, look: Callable[[Sequence[Any]], "Tensor"], clips: Sequence[Clip]
    ) -> list["Tensor"]:
        """Return what the network says of each clip's frames, a batch of them at a time."""
        import torch

        frames = [frame for clip in clips for frame in clip.frames]
        starts = range(0, len(frames), self.batch_size)
        with torch.inference_mode():
            parts = [look(frames[start : start + self.batch_size]) for start in starts]
            return list(join_batches(parts).split([len(clip) for clip in clips]))

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


def timm_pixels(config: dict[str, Any]) -> "PixelMaker":
    """Return what makes pixels as a data configuration of timm says."""
    from torchvision.transforms.v2.functional import center_crop
    from transformers import CLIPImageProcessor

    from moodreel_plugins.encoders.pixels import PixelMaker

    height, width = config["input_size"][-2:]
    scaled = [floor(side / config["crop_pct"]) for side in (height, width)]
    pressed = config["crop_mode"] == "squash" or height != width
    size = dict(zip(("height", "width"), scaled, strict=True))
    return PixelMaker(
        CLIPImageProcessor(
            size=size if pressed else {"shortest_edge": scaled[0]},
            crop_size={"height": height, "width": width},
            resample=RESAMPLING.get(config["interpolation"], 3),
            image_mean=list(config["mean"]),
            image_std=list(config["std"]),
        ),
        crop=lambda pixels, *size: center_crop(pixels, size),  # rounds as timm does
    )


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
