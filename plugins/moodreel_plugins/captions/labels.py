"""Captions composed from the classes that an image classifier recognises."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from moodreel import Clip, Register, hookimpl
from moodreel.interfaces import Captioner, Requirement, VideoEncoder
from moodreel_plugins.captions.label_names import ANIMALS, PLACES, PLAIN, THINGS, UNCOUNTED

# Judgements. On 38 clips of real footage about 11 of 54 captions were acceptable, and none of the
# 28 that fell below CERTAIN.
CERTAIN = 0.2  # the least probability of what is said plainly
COUNTED = 0.03  # the least probability with which a class adds to its group; 118 dogs add up
SPECIFIC = 0.5  # the least share of its group with which a class is named itself
MOST_THINGS = 3  # things named in one caption: a judgement, not measured
MOST_WORDS = 16  # as every captioner's (moodreel.interfaces.Captioner)
CLASSES = 1000  # of ImageNet


class LabelCaptioner(Captioner):
    """Says what an ImageNet classifier recognises: "a tabby cat and a laptop on a terrace".

    The probabilities of kindred classes are added (118 breeds are dogs), and a breed is named
    only if it has most of its group's. What is probable is said plainly; where nothing is, the
    best guess is marked as one. It works offline, and knows no people: ImageNet has no class
    for them.

    Args:
        video_encoder: an encoder that classifies frames, such as `starter`; it is shared, not
            loaded again.
        certain: the least probability of what is said plainly, 0 to 1; a less probable best guess
            begins with "perhaps".
    """

    requires = (Requirement("timm", "pip install timm", "Apache-2.0"),)

    def __init__(self, video_encoder: VideoEncoder, certain: float = CERTAIN) -> None:
        if not hasattr(video_encoder, "class_logits"):
            raise ValueError("needs a video_encoder that classifies frames, such as starter")
        if not 0 < certain < 1:
            raise ValueError(f"certain must lie between 0 and 1, got {certain}")
        self.encoder: Any = video_encoder
        self.certain = certain

    def caption(self, clips: Sequence[Clip]) -> list[str]:
        """Return a caption for the middle frame of each of B clips."""
        import torch

        if not clips:
            return []
        frames = [clip.frames[len(clip) // 2] for clip in clips]
        with torch.inference_mode():
            probabilities = self.encoder.class_logits(frames).softmax(-1).cpu()
        return [compose(row.tolist(), self.certain) for row in probabilities]


@dataclass(frozen=True)
class Finding:
    """What was recognised: a noun, or a phrase for a place, and its probability."""

    words: str
    probability: float
    is_place: bool = False

    @property
    def noun(self) -> str:
        """The noun with its article; for a place, something there."""
        return f"a scene {self.words}" if self.is_place else with_article(self.words)


def compose(probabilities: Sequence[float], certain: float = CERTAIN) -> str:
    """Return a caption of at most 16 words for the probabilities of ImageNet's classes."""
    found = sorted(findings(probabilities), key=lambda one: -one.probability)
    sure = [one for one in found if one.probability >= certain]
    if not sure:
        return f"perhaps {' or '.join(one.noun for one in found[:2])}"
    things = list(dict.fromkeys(one.noun for one in sure if not one.is_place))[:MOST_THINGS]
    places = [one.words for one in sure if one.is_place][:1]
    while len(caption := " ".join([enumerate_nouns(things), *places]).split()) > MOST_WORDS:
        things.pop()
    return " ".join(caption)


def findings(probabilities: Sequence[float]) -> list[Finding]:
    """Return what each group of classes, and each class without one, stands for."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(class_groups()):
        members[group].append(index)
    return [finding(group, indices, probabilities) for group, indices in members.items()]


def finding(group: str, indices: Sequence[int], probabilities: Sequence[float]) -> Finding:
    """Return a group by its own noun, or by its best class's if that has most of it."""
    best = max(indices, key=lambda index: probabilities[index])
    total = sum(
        probabilities[index]
        for index in indices
        if index == best or probabilities[index] >= COUNTED
    )
    first = first_name(best)
    if first in PLACES:
        return Finding(PLACES[first], total, is_place=True)
    alone = probabilities[best] >= SPECIFIC * total
    return Finding(PLAIN.get(first, first) if alone else group, total)


@cache
def class_groups() -> list[str]:
    """Return the noun of each class's group, its own name where it has none."""
    named = {name: group for group, names in THINGS.items() for name in names.split(", ")}
    groups = [named.get(name, PLAIN.get(name, name)) for name in map(first_name, range(CLASSES))]
    for group, stretches in ANIMALS.items():
        for first, last in stretches:
            groups[first : last + 1] = [group] * (last + 1 - first)
    return groups


@cache
def first_name(index: int) -> str:
    """Return the first of a class's names."""
    return class_names().index_to_description(index).split(", ")[0]


@cache
def class_names() -> Any:
    """Return timm's table of ImageNet's classes."""
    from timm.data.imagenet_info import ImageNetInfo

    return ImageNetInfo()


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun that is counted.

    >>> with_article("apron"), with_article("unicycle"), with_article("jeans")
    ('an apron', 'a unicycle', 'jeans')
    """
    if noun in UNCOUNTED:
        return noun
    vowel = noun[0].lower() in "aeiou" and not noun.startswith(("uni", "Euro"))
    return f"{'an' if vowel or noun.startswith('hour') else 'a'} {noun}"


def enumerate_nouns(nouns: Sequence[str]) -> str:
    """Join nouns as a sentence does; of none, speak of a scene.

    >>> enumerate_nouns(["a cat", "a dog", "a bird"])
    'a cat, a dog and a bird'
    """
    *rest, last = nouns or ["a scene"]
    return f"{', '.join(rest)} and {last}" if rest else last


@hookimpl
def register_captioners(register: Register) -> None:
    """Register the captioner from classes."""
    register("labels", LabelCaptioner)
