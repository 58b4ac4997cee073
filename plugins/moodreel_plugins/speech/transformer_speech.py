"""Speech to text by any speech model of transformers: Whisper, Moonshine, wav2vec 2.0 and kin."""

from collections.abc import Sequence
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodreel import Register, Sound, TimedText, hookimpl
from moodreel.interfaces import Requirement, Transcriber
from moodreel_plugins.hub import load_network, load_part
from moodreel_plugins.speech.moonshine import PACKAGES
from moodreel_plugins.speech.repetition import repeats_itself
from moodreel_plugins.speech.sentences import timed_sentences
from moodreel_plugins.speech.voice_activity import at_rate, speech_phrases

if TYPE_CHECKING:
    from torch import Tensor

KIND = "speech model"
TOKENS_A_SECOND = 8  # no language is spoken faster, in the vocabularies in use: a judgement
FEWEST_TOKENS = 8


class TransformerSpeech(Transcriber):
    """Any model that writes down speech, of any language it knows.

    Silero finds where somebody speaks, so that a model that writes something in any silence,
    as Whisper does, is never asked about one.

    Args:
        model: a folder, or a name on the Hugging Face hub: config.json, safetensors weights, a
            feature extractor and a tokenizer.
        revision: the revision of a model on the hub.
        longest: the length in seconds of what is recognised at once, between pauses.
        language: the language that is spoken, as the model's tokenizer names it; None lets the
            model find out, where it can.
    """

    requires = (
        Requirement("transformers", "pip install transformers", "code: Apache-2.0"),
        *PACKAGES[:2],
    )

    def __init__(
        self,
        model: str,
        revision: str | None = None,
        longest: float = 10.0,
        language: str | None = None,
    ) -> None:
        if not 1 <= longest <= 30:
            raise ValueError("needs longest from 1 to 30")
        self.name = model
        self.revision = revision
        self.longest = longest
        self.language = language

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
        from transformers import AutoModelForCTC, AutoModelForSpeechSeq2Seq

        kind = AutoModelForSpeechSeq2Seq if self.writes_word_by_word else AutoModelForCTC
        return load_network(kind, self.name, self.revision, KIND)

    @property
    def writes_word_by_word(self) -> bool:
        """Whether the model has a decoder, and does not name a letter for each frame."""
        return bool(self.config.is_encoder_decoder)

    @cached_property
    def processor(self) -> Any:
        """The feature extractor, which makes the network's input of samples."""
        from transformers import AutoFeatureExtractor

        return load_part(AutoFeatureExtractor, self.name, self.revision, KIND)

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer, which makes words of tokens."""
        from transformers import AutoTokenizer

        return load_part(AutoTokenizer, self.name, self.revision, KIND)

    def transcribe(self, sounds: Sequence[Sound]) -> list[list[TimedText]]:
        """Return what is said in each of B sounds, in time."""
        return [self.texts(at_rate(sound)) for sound in sounds]

    def texts(self, sound: Sound) -> list[TimedText]:
        """Return what is said in a sound at 16 kHz."""
        found = (self.phrase_texts(phrase) for phrase in speech_phrases(sound, self.longest))
        return [text for texts in found for text in texts]

    def phrase_texts(self, phrase: Sound) -> list[TimedText]:
        """Return the sentences of a phrase."""
        import torch

        inputs = self.processor(phrase.samples, sampling_rate=phrase.rate, return_tensors="pt")
        with torch.inference_mode():
            tokens = self.tokens(inputs, phrase.duration)
        text = self.tokenizer.batch_decode(tokens, skip_special_tokens=True)[0].strip()
        return [] if repeats_itself(text) else timed_sentences(text, phrase, 1.0)

    def tokens(self, inputs: Any, seconds: float) -> "Tensor":
        """Return the tokens [1, L] of a phrase, decoded greedily."""
        if not self.writes_word_by_word:
            return self.model(**inputs).logits.argmax(-1)
        most = FEWEST_TOKENS + ceil(seconds * TOKENS_A_SECOND)
        spoken = {"language": self.language} if self.language else {}
        return self.model.generate(
            **inputs, max_new_tokens=most, do_sample=False, num_beams=1, **spoken
        )


@hookimpl
def register_transcribers(register: Register) -> None:
    """Register speech models of transformers."""
    register("transformer-speech", TransformerSpeech)
