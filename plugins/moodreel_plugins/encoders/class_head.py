"""ConSE: class probabilities as vectors of a text encoder's space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

from moodreel.interfaces import Component, TextEncoder

if TYPE_CHECKING:
    from torch import Tensor

Form = Literal["plain", "detailed"]
"""timm's two ways to put a class into words: its name, and a description of it."""


@dataclass(frozen=True)
class ClassHead:
    """Convex combination of semantic embeddings (ConSE, Norouzi et al. 2013).

    A picture's vector is the mean of the text embeddings of its most probable classes, weighted
    by probability. Any text of the encoder's space can then be compared with it.

    All of it is float32 on the CPU, wherever the classifier and the text encoder run: logits are
    few numbers beside a picture, and whoever uses them need not know of devices.

    Args:
        text_encoder: the encoder of the classes' texts; the vectors lie in its space.
        texts: returns the texts of C classes, once for each form, when they are first needed; the
            embeddings of several forms are averaged.
        temperature: the temperature of the softmax over classes; a higher one spreads the weight.
        classes: how many of the most probable classes count.
    """

    text_encoder: TextEncoder
    texts: Callable[[], Sequence[Sequence[str]]]
    temperature: float
    classes: int

    @cached_property
    def embeddings(self) -> "Tensor":
        """The embeddings [C, D] of the classes, L2-normalised.

        They take seconds to make, and the encoder some more to load, so they are kept between
        processes; not those of an encoder that is no longer what its fingerprint says, or that
        has none.
        """
        from moodreel.storage.cache import cached_tensor

        texts, encoder = self.texts(), self.text_encoder
        make = partial(self.embed_texts, texts)
        if encoder.tuned or encoder.fingerprint == Component.fingerprint:
            return make()
        parts = [encoder.fingerprint, *(text for form in texts for text in form)]
        return cached_tensor("classes", parts, make)

    def embed_texts(self, texts: Sequence[Sequence[str]]) -> "Tensor":
        """Return the mean embedding [C, D] of C classes over their forms."""
        import torch
        from torch.nn.functional import normalize

        embedded = [self.text_encoder.encode(form).pooled.float().cpu() for form in texts]
        return normalize(torch.stack(embedded).mean(0), dim=-1)

    def embed(self, logits: "Tensor") -> "Tensor":
        """Return the vectors [n, D] for class logits [n, C] of any device, L2-normalised."""
        from torch.nn.functional import normalize

        count = min(self.classes, logits.shape[-1])
        shares, best = (logits.float().cpu() / self.temperature).softmax(-1).topk(count)
        return normalize((shares.unsqueeze(-1) * self.embeddings[best]).sum(1), dim=-1)


def class_texts(form: Form, subset: str = "imagenet-1k") -> list[str]:
    """Return the classes of a part of ImageNet, as timm names it, in words."""
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo(subset)
    detailed = form == "detailed"
    return [info.index_to_description(i, detailed=detailed) for i in range(info.num_classes())]
