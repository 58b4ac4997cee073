"""ConSE: class probabilities as vectors of a text encoder's space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

from moodreel.interfaces import TextEncoder

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

        They take seconds to make, so they are kept between processes.
        """
        from moodreel.storage.cache import cached_tensor

        texts = self.texts()
        parts = [self.text_encoder.fingerprint, *(text for form in texts for text in form)]
        return cached_tensor(
            "classes", parts, partial(self.embed_texts, texts), partial(self.embeds_so, texts)
        )

    def embeds_so(self, texts: Sequence[Sequence[str]], known: "Tensor") -> bool:
        """Whether the encoder as it is now, tuned perhaps, embeds the first class as was kept."""
        import torch

        first = self.embed_texts([form[:1] for form in texts])
        wanted = (len(texts[0]), first.shape[1])
        return known.shape == wanted and torch.allclose(known[:1], first, atol=1e-4)

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
