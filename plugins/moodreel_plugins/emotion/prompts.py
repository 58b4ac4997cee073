"""Zero-shot emotions of frames, by their similarity to descriptions such as "a sad person"."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from moodreel import Clip, ConfigurationError, Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor, TextEncoder, VideoEncoder

if TYPE_CHECKING:
    from torch import Tensor

PEOPLE: Mapping[str, str] = {
    "joy": "a happy person",
    "trust": "a trusting person",
    "surprise": "a surprised person",
    "anticipation": "an expectant person",
    "fear": "a frightened person",
    "sadness": "a sad person",
    "disgust": "a disgusted person",
    "anger": "an angry person",
}
PLAIN = (
    "a person with a neutral expression",
    "a person who does something ordinary",
    "an object",
    "an animal",
    "a place without people",
)
TEMPLATES = ("a photo of {}", "a picture of {}", "a film still of {}")


class PromptEmotion(EmotionExtractor):
    """Zero-shot classification (Radford et al. 2021) in any space of frames and texts.

    A frame is compared with "a photo of an angry person" and the like, and with plain subjects;
    a softmax over all of them gives probabilities, and those of the eight are the intensities.
    A clip's are the mean over its frames. It needs no face, and is as good as the space: CLIP's
    know expressions, the starter's knows what an image classifier recognises, and no people.

    Args:
        video_encoder: the encoder of frames.
        text_encoder: the encoder of the descriptions, in the same space.
        temperature: the temperature of the softmax over cosine similarities; CLIPs were trained
            with 0.01.
        people: for each emotion, how a person who feels it is described; other emotions stay
            unobserved. None: PEOPLE, for all eight.
        plain: descriptions of what has no emotion; None: PLAIN.
        templates: sentences with {} for a description, whose embeddings are averaged; None:
            TEMPLATES.
    """

    modality = "video"

    def __init__(
        self,
        video_encoder: VideoEncoder,
        text_encoder: TextEncoder,
        temperature: float = 0.01,
        people: Mapping[str, str] | None = None,
        plain: Sequence[str] | None = None,
        templates: Sequence[str] | None = None,
    ) -> None:
        people = PEOPLE if people is None else people
        templates = TEMPLATES if templates is None else templates
        if temperature <= 0:
            raise ValueError("temperature must be above 0")
        if not people or not templates or not all("{}" in template for template in templates):
            raise ValueError("needs people, and templates with {} for their description")
        self.video_encoder = video_encoder
        self.text_encoder = text_encoder
        self.temperature = temperature
        self.people = {Emotion.named(name): text for name, text in people.items()}
        self.plain = tuple(PLAIN if plain is None else plain)
        self.templates = tuple(templates)

    @property
    def observes(self) -> frozenset[Emotion]:
        """The emotions that are described."""
        return frozenset(self.people)

    @cached_property
    def prompts(self) -> "Tensor":
        """The embeddings of the descriptions, [P, D]: emotions first, then plain subjects."""
        import torch
        from torch.nn.functional import normalize

        if self.text_encoder.space != self.video_encoder.space:
            raise ConfigurationError(
                "prompts: text_encoder and video_encoder must share a space; "
                f"got {self.text_encoder.space} and {self.video_encoder.space}"
            )
        subjects = [*self.people.values(), *self.plain]
        texts = [template.format(subject) for subject in subjects for template in self.templates]
        with torch.inference_mode():
            embedded = self.text_encoder.encode(texts).pooled
            return normalize(embedded.unflatten(0, (len(subjects), -1)).mean(1), dim=-1)

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return probabilities [B, 8] for clips."""
        if not inputs:
            return EmotionScores.unobserved(0)
        shown = self.frame_features(inputs)
        scores = EmotionScores.of([self.read(frames) for frames in shown])
        alone = [EmotionScores.of([self.read(frame) for frame in f.split(1)]) for f in shown]
        return scores.framed(alone)

    def frame_features(self, clips: Sequence[Clip]) -> list["Tensor"]:
        """Return each clip's frames as features [T, D]; those of the whole where none are given."""
        import torch

        with torch.inference_mode():
            features = self.video_encoder.encode(clips)
        if features.frames is None:
            return list(features.pooled[:, None].float())
        frames = zip(features.frames.float(), clips, strict=True)
        return [shown[: len(clip)] for shown, clip in frames]  # the rest is padding

    def read(self, frames: "Tensor") -> dict[str, float]:
        """Return the mean probabilities of the emotions for features [T, D]."""
        from torch.nn.functional import normalize

        near = normalize(frames, dim=-1) @ self.prompts.T.to(frames)
        shares = (near / self.temperature).softmax(-1).mean(0).tolist()
        return dict(zip(self.people, shares, strict=False))


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register zero-shot emotions of frames."""
    register("prompts", PromptEmotion)
