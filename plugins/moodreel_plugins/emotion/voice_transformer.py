"""Emotions of voices by an audio-classification model of transformers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, Sound, hookimpl
from moodreel.interfaces import EmotionExtractor, HubModel, Requirement, named_model
from moodreel_plugins.emotion.label_columns import (
    Columns,
    emotion_columns,
    grouped_shares,
    named_labels,
)
from moodreel_plugins.emotion.voice import LEAST, WHOLE
from moodreel_plugins.emotion.voice_features import SPEECH
from moodreel_plugins.hub import load_network, load_part
from moodreel_plugins.speech.moonshine import PACKAGES
from moodreel_plugins.speech.voice_activity import SECONDS, at_rate, speech_chances

KIND = "audio-classification model"
PIECE = 10.0  # seconds that the network hears at once: such models are trained on less
SHORTEST = 0.2  # seconds; their convolutions need as much


class VoiceClassifier(EmotionExtractor):
    """Any audio-classification model, its labels mapped to the eight: wav2vec 2.0, HuBERT, WavLM...

    A sound's intensities are the model's probabilities, the mean over pieces of ten seconds,
    times the share of a second for which somebody speaks. Where nobody speaks for a tenth of a
    second, nothing is observed. An emotion of which the model has no label stays unobserved.

    Args:
        model: a folder, or a name on the Hugging Face hub: config.json, safetensors weights and a
            feature extractor.
        labels: for each emotion, the model's labels for it, in upper or lower case. None takes
            labels that are called as the emotions are.
        revision: the revision of a model on the hub.
    """

    modality = "audio"
    requires = (
        Requirement("transformers", "pip install transformers", "code: Apache-2.0"),
        *PACKAGES[:2],
    )

    def __init__(
        self,
        model: str,
        labels: Mapping[str, Sequence[str]] | None = None,
        revision: str | None = None,
    ) -> None:
        self.labels = named_labels(labels)
        self.name = model
        self.revision = revision

    @classmethod
    def hub_models(cls, options: Mapping[str, Any]) -> Sequence[HubModel]:
        """Return the model."""
        return named_model(options.get("model"), revision=options.get("revision"))

    def weights(self) -> Sequence[Path]:
        """Return the files of a model in a folder; one on the hub is known by its revision."""
        return sorted(Path(self.name).glob("*.safetensors"))

    @cached_property
    def config(self) -> Any:
        """The model's configuration."""
        from transformers import AutoConfig

        return load_part(AutoConfig, self.name, self.revision, KIND)

    @cached_property
    def model(self) -> Any:
        """The network, loaded when it is first used."""
        from transformers import AutoModelForAudioClassification

        return load_network(AutoModelForAudioClassification, self.name, self.revision, KIND)

    @cached_property
    def processor(self) -> Any:
        """The feature extractor, which makes the network's input of samples."""
        from transformers import AutoFeatureExtractor

        return load_part(AutoFeatureExtractor, self.name, self.revision, KIND)

    @cached_property
    def columns(self) -> Columns:
        """Which outputs of the model stand for each emotion that it observes."""
        return emotion_columns(self.config, self.labels)

    @property
    def observes(self) -> frozenset[Emotion]:
        """The emotions for which the model has a label."""
        return frozenset(self.columns)

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of sounds; the evidence is the tenths of a second spoken."""
        sounds = [at_rate(sound) for sound in inputs]
        spoken = [float((speech_chances(s.samples) > SPEECH).sum()) * SECONDS for s in sounds]
        values = np.zeros((len(sounds), len(self.columns)), np.float32)
        heard = np.array(spoken, np.float32) >= LEAST
        for place in np.flatnonzero(heard).tolist():
            values[place] = min(spoken[place] / WHOLE, 1.0) * self.read(sounds[place])
        observed = np.repeat(heard[:, None], len(self.columns), 1)
        tenths = [round(seconds * 10) for seconds in spoken]
        return EmotionScores.from_columns(list(self.columns), values, observed).counted(tenths)

    def read(self, sound: Sound) -> NDArray[np.float32]:
        """Return the probabilities of the observed emotions [E] for one sound at 16 kHz."""
        size = round(PIECE * sound.rate)
        cut = [sound.samples[at : at + size] for at in range(0, len(sound), size)]
        long = [piece for piece in cut if len(piece) >= SHORTEST * sound.rate] or cut[:1]
        shares = [self.shares(piece, sound.rate) for piece in long]
        return np.asarray(np.mean(shares, axis=0), np.float32)

    def shares(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Return the probabilities of the observed emotions [E] for samples."""
        import torch

        several = self.config.problem_type == "multi_label_classification"
        inputs = self.processor(samples, sampling_rate=rate, return_tensors="pt")
        with torch.inference_mode():
            logits = self.model(**inputs).logits.float()
        return grouped_shares(logits, self.columns, several)[0].numpy(force=True)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register audio-classification models."""
    register("voice-transformer", VoiceClassifier)
