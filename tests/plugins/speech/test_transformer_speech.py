"""Any speech model of transformers in a folder writes down what is said; form, not sense."""

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    PreTrainedTokenizerFast,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from moodreel import ConfigurationError, Sound, create
from moodreel.testing import check_transcriber
from speeches import needs_speech, read_sound_file
from tiny_models import spread

SIGNS = ["<pad>", "<s>", "</s>", *"abcdefghijklmnopqrstuvwxyz "]


def save_tokenizer(folder):
    letters = Tokenizer(models.WordLevel({sign: at for at, sign in enumerate(SIGNS)}, "<pad>"))
    letters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    letters.decoder = decoders.Fuse()
    made = PreTrainedTokenizerFast(
        tokenizer_object=letters, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )
    made.save_pretrained(folder)


def save_whisper(folder):
    config = WhisperConfig(
        vocab_size=len(SIGNS),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        suppress_tokens=[0, 2],
        begin_suppress_tokens=None,
    )
    model = spread(WhisperForConditionalGeneration(config))
    model.generation_config.no_repeat_ngram_size = 2  # or it says one letter for ever
    model.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)


def save_wav2vec(folder):
    config = Wav2Vec2Config(
        vocab_size=len(SIGNS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(16, 16),
        conv_stride=(80, 4),
        conv_kernel=(160, 8),
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
    )
    spread(Wav2Vec2ForCTC(config)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)


@pytest.fixture(scope="module", params=[save_whisper, save_wav2vec])
def folder(request, tmp_path_factory):
    made = tmp_path_factory.mktemp("speech")
    request.param(made)
    save_tokenizer(made)
    return str(made)


@needs_speech
def test_a_model_in_a_folder_writes_down_what_is_said(folder):
    transcriber = create("transcriber", "transformer-speech", model=folder)
    (texts,) = transcriber.transcribe([read_sound_file()])
    assert texts
    assert all(0 <= text.start < text.end <= 11 for text in texts)


def test_it_keeps_the_contract(folder):
    check_transcriber(create("transcriber", "transformer-speech", model=folder))


def test_a_model_is_not_asked_about_silence(tmp_path):
    transcriber = create("transcriber", "transformer-speech", model=str(tmp_path))
    assert transcriber.transcribe([Sound(np.zeros(16_000, np.float32), 16_000)]) == [[]]


@needs_speech
def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path):
    transcriber = create("transcriber", "transformer-speech", model=str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"speech model .* cannot be loaded"):
        transcriber.transcribe([read_sound_file()])
