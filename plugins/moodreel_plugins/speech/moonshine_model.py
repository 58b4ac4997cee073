"""Moonshine: a small network that writes down English speech.

Jeffries et al., "Moonshine: Speech Recognition for Live Transcription and Voice Commands", 2024
(arXiv:2410.15608). The weights (tiny-en, 8 bit) are in the package moonshine-voice, whose library
is not loaded.
"""

from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.onnx_sessions import load_session, package_file

PACKAGE = "moonshine_voice"
FOLDER = "assets/tiny-en"
ENCODER, DECODER, TOKENS = (
    f"{FOLDER}/{name}"
    for name in ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
)
BEGIN, END = 1, 2  # tokens
LAYERS, HEADS, HEAD_WIDTH = 6, 8, 36
STRIDE = 384  # samples for each state of the encoder; the decoder's mask is one of samples
TOKENS_A_SECOND = 6.5  # what its authors allow; more is the same words over and over
SHORTEST = 1_600  # samples; the encoder's convolutions need some hundreds


class MoonshineModel:
    """The network with its vocabulary: samples of a phrase to words. Decoding is greedy."""

    def files(self) -> list[Path]:
        """Return the files of the weights."""
        return [package_file(PACKAGE, name) for name in (ENCODER, DECODER, TOKENS)]

    @cached_property
    def vocabulary(self) -> list[bytes]:
        """The bytes of each token."""
        return read_vocabulary(package_file(PACKAGE, TOKENS).read_bytes())

    def read(self, samples: NDArray[np.float32]) -> tuple[str, float]:
        """Return the words of a phrase at 16 kHz, and how probable their tokens are on average."""
        if len(samples) < SHORTEST:
            samples = np.pad(samples, (0, SHORTEST - len(samples)))
        most = ceil(len(samples) / 16_000 * TOKENS_A_SECOND) + 1
        tokens, chances = self.decode(self.encode(samples), most)
        return self.words(tokens), float(np.exp(np.mean(np.log(chances))))

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the encoder hears, [1, S, 288]."""
        session = load_session(package_file(PACKAGE, ENCODER))
        mask = np.ones((1, len(samples)), np.int64)
        return session.run(None, {"input_values": samples[None], "attention_mask": mask})[0]

    def decode(self, heard: NDArray[np.float32], most: int) -> tuple[list[int], list[float]]:
        """Return the likeliest tokens, one after the other, and the probability of each."""
        session = load_session(package_file(PACKAGE, DECODER))
        outputs = [output.name for output in session.get_outputs()]
        cache = empty_cache(heard.shape[1])
        tokens, chances, token = [], [], BEGIN
        for place in range(most):
            made = session.run(None, decoder_inputs(token, heard, cache, place > 0))
            token, chance = likeliest(made[0][0, -1])
            chances.append(chance)
            if token == END:
                break
            tokens.append(token)
            cache = next_cache(cache, dict(zip(outputs, made, strict=True)), place == 0)
        return tokens, chances

    def words(self, tokens: list[int]) -> str:
        """Return the text of tokens; those of control say nothing."""
        pieces = [self.vocabulary[token] for token in tokens]
        joined = b"".join(piece for piece in pieces if not is_control(piece))
        return " ".join(joined.decode(errors="ignore").replace("\u2581", " ").split())


def is_control(piece: bytes) -> bool:
    """Whether a token is a sign for the network, such as <s>."""
    return piece.startswith(b"<") and piece.endswith(b">") and len(piece) > 2


def likeliest(logits: NDArray[np.float32]) -> tuple[int, float]:
    """Return the likeliest token and its probability."""
    token = int(logits.argmax())
    return token, float(1 / np.exp(logits - logits[token]).sum())


def empty_cache(length: int) -> dict[str, Any]:
    """Return the keys and values of attention before the first token; S is `length`."""
    return {
        f"{layer}.{side}.{part}": np.zeros((1, HEADS, size, HEAD_WIDTH), np.float32)
        for layer in range(LAYERS)
        for side, size in (("decoder", 0), ("encoder", length))
        for part in ("key", "value")
    }


def next_cache(cache: dict[str, Any], made: dict[str, Any], first: bool) -> dict[str, Any]:
    """Return the cache after a token: what was heard is attended to as at the first one."""
    return {
        name: made[f"present.{name}"] if first or ".decoder." in name else held
        for name, held in cache.items()
    }


def decoder_inputs(
    token: int, heard: NDArray[np.float32], cache: dict[str, Any], cached: bool
) -> dict[str, Any]:
    """Return the decoder's inputs by name."""
    return {
        "input_ids": np.array([[token]], np.int64),
        "encoder_hidden_states": heard,
        "encoder_attention_mask": np.ones((1, heard.shape[1] * STRIDE), np.int64),
        "use_cache_branch": np.array([cached]),
        **{f"past_key_values.{name}": held for name, held in cache.items()},
    }


def read_vocabulary(data: bytes) -> list[bytes]:
    """Read tokens, each behind its length: one byte, or two of 7 bits, the lower first."""
    tokens, place = [], 0
    while place < len(data):
        length = data[place]
        place += 1
        if length >= 128:
            length = length - 128 + 128 * data[place]
            place += 1
        tokens.append(data[place : place + length])
        place += length
    return tokens
