"""Captions composed from what is recognised with certainty: people, things, places, light."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from moodreel import Clip, Register, hookimpl
from moodreel.interfaces import Captioner, Requirement, VideoEncoder
from moodreel_plugins.captions.label_names import (
    ANIMALS,
    MANNER,
    PEOPLE,
    PLACES,
    PLAIN,
    TAGGED,
    THINGS,
    UNCOUNTED,
)

# The least probability of a class, and the least confidence of a tag, that is said: chosen so that
# at most one caption in five is wrong (benchmarks/RESULTS.md, "Captions").
CERTAIN = 0.5
CERTAIN_TAG = 0.6
COUNTED = 0.03  # the least probability with which a class adds to its group; 118 dogs add up
SPECIFIC = 0.75  # the least probability with which a class is named itself, not its group
MOST_THINGS = 3  # things named in one caption: a judgement, not measured
MOST_WORDS = 16  # as every captioner's (moodreel.interfaces.Captioner)
CLASSES = 1000  # of ImageNet


class LabelCaptioner(Captioner):
    """Says what is recognised: "two people and a tabby cat on a terrace, at night".

    The probabilities of kindred classes of ImageNet are added (118 breeds are dogs), and a breed is
    named only if it is certain by itself. Where the encoder tags clips, people, common things
    and light are said too. What is not certain is not said; where nothing is, there is no caption.

    Args:
        video_encoder: an encoder that classifies frames, such as `starter`; it is shared, not
            loaded again, and what it saw of a clip serves both.
        certain: the least probability of what is said, 0 to 1.
        certain_tag: the least confidence of a tag that is said, 0 to 1.
    """

    version = "2"
    requires = (Requirement("timm", "pip install timm", "Apache-2.0"),)

    def __init__(
        self,
        video_encoder: VideoEncoder,
        certain: float = CERTAIN,
        certain_tag: float = CERTAIN_TAG,
    ) -> None:
        if not hasattr(video_encoder, "look"):
            raise ValueError("needs a video_encoder that classifies frames, such as starter")
        if not (0 < certain < 1 and 0 < certain_tag < 1):
            raise ValueError(f"certain must lie between 0 and 1, got {certain} and {certain_tag}")
        self.encoder: Any = video_encoder
        self.certain = certain
        self.certain_tag = certain_tag

    def caption(self, clips: Sequence[Clip]) -> list[str]:
        """Return a caption for each of B clips; "" where nothing is certain."""
        return [self.describe(look) for look in self.encoder.look(clips)] if clips else []

    def describe(self, look: Any) -> str:
        """Return the caption of what the encoder saw in a clip."""
        probabilities = look.logits.mean(0).softmax(-1).tolist()
        tags = {tag.name for tag in look.tags if tag.confidence >= self.certain_tag}
        return compose(probabilities, self.certain, tags)


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


def compose(
    probabilities: Sequence[float], certain: float = CERTAIN, tags: Collection[str] = ()
) -> str:
    """Return a caption of at most 16 words, or "" where nothing is certain.

    Args:
        probabilities: those of ImageNet's classes.
        certain: the least probability of what is said.
        tags: the names of the tags that are certain.
    """
    found = sorted(findings(probabilities), key=lambda one: -one.probability)
    sure = [one for one in found if one.probability >= certain]
    people = [noun for name, noun in PEOPLE.items() if name in tags]
    things = [one.noun for one in sure if not one.is_place]
    things += [with_article(TAGGED[name]) for name in TAGGED if name in tags]
    nouns = list(dict.fromkeys([*people, *things]))[:MOST_THINGS]
    places = [one.words for one in sure if one.is_place][:1]
    manner = [words for name, words in MANNER.items() if name in tags]
    if not nouns and not places:
        return ""
    while len(caption := sentence(nouns, places, manner).split()) > MOST_WORDS:
        nouns.pop()
    return " ".join(caption)


def sentence(nouns: Sequence[str], places: Sequence[str], manner: Sequence[str]) -> str:
    """Put nouns, a place and the manner of the shot together.

    >>> sentence(["two people", "a dog"], ["by a lake"], ["close-up", "at night"])
    'two people and a dog by a lake, close-up, at night'
    """
    return ", ".join([" ".join([enumerate_nouns(nouns), *places]), *manner])


def findings(probabilities: Sequence[float]) -> list[Finding]:
    """Return what each group of classes, and each class without one, stands for."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(class_groups()):
        members[group].append(index)
    return [finding(group, indices, probabilities) for group, indices in members.items()]


def finding(group: str, indices: Sequence[int], probabilities: Sequence[float]) -> Finding:
    """Return a group by its own noun, or by its best class's if that is certain by itself."""
    best = max(indices, key=lambda index: probabilities[index])
    total = sum(
        probabilities[index]
        for index in indices
        if index == best or probabilities[index] >= COUNTED
    )
    first = first_name(best)
    if first in PLACES:
        return Finding(PLACES[first], total, is_place=True)
    alone = probabilities[best] >= SPECIFIC
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
