"""Captioning models of three families: tiny random ones, made here."""

import numpy as np
import pytest
import torch
from transformers import (
    BertTokenizerFast,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipImageProcessor,
    GitConfig,
    GitForCausalLM,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
)

from moodreel import Clip, create
from moodreel.errors import ConfigurationError
from moodreel.testing import check_captioner
from moodreel_plugins.captions.transformer import first_words

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
NOUNS = [f"thing{chr(97 + i)}" for i in range(26)]
SMALL = {"hidden_size": 16, "intermediate_size": 16}
SMALL |= {"num_hidden_layers": 1, "num_attention_heads": 2}
PICTURE = {"image_size": 32, "patch_size": 16}
IDS = {"vocab_size": len(SPECIAL) + len(NOUNS), "pad_token_id": 0, "bos_token_id": 2}
IDS |= {"eos_token_id": 3, "sep_token_id": 3}


def blip():
    text = {**SMALL, **IDS, "encoder_hidden_size": 16, "max_position_embeddings": 64}
    return BlipForConditionalGeneration(
        BlipConfig(text_config=text, vision_config={**SMALL, **PICTURE}, projection_dim=16)
    )


def git():
    return GitForCausalLM(
        GitConfig(vision_config={**SMALL, **PICTURE}, max_position_embeddings=64, **SMALL, **IDS)
    )


def vit_gpt():
    from transformers import GPT2Config

    decoder = GPT2Config(
        n_embd=16, n_layer=1, n_head=2, n_positions=64, add_cross_attention=True, is_decoder=True,
        vocab_size=IDS["vocab_size"], bos_token_id=2, eos_token_id=3,
    )  # fmt: skip
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        ViTConfig(**SMALL, **PICTURE), decoder
    )
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 2, 0, 3
    model = VisionEncoderDecoderModel(config=config)
    model.generation_config.decoder_start_token_id = 2
    model.generation_config.pad_token_id = 0
    return model


@pytest.fixture(scope="module", params=[blip, git, vit_gpt], ids=["blip", "git", "vit-gpt"])
def folder(request, tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("captions")
    (path / "vocab.txt").write_text("\n".join(SPECIAL + NOUNS))
    BertTokenizerFast(vocab=str(path / "vocab.txt")).save_pretrained(path)
    BlipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(path)
    model = request.param()
    for name, weight in model.named_parameters():
        if weight.ndim > 1 and "bias" not in name:
            torch.nn.init.normal_(weight, std=0.5)
    model.save_pretrained(path)
    return path


def clips(count=3):
    draw = np.random.default_rng(1)
    frames = [draw.integers(0, 256, (5, 40, 60, 3), np.uint8) for _ in range(count)]
    return [Clip(each, np.arange(5.0)) for each in frames]


def test_captions_are_those_that_the_model_generates(folder):
    captioner = create("captioner", "transformer", model=str(folder))
    said = captioner.caption(clips())
    middle = [clip.frames[2] for clip in clips()]
    pixels = captioner.processor(middle, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        tokens = captioner.model.generate(pixel_values=pixels, max_new_tokens=32, do_sample=False)
    expected = captioner.tokenizer.batch_decode(tokens, skip_special_tokens=True)
    assert said == [" ".join(text.split()[:16]) for text in expected]


def test_the_contract_of_captioners_holds(folder):
    check_captioner(create("captioner", "transformer", model=str(folder)))


def test_beams_and_batches_change_no_types(folder):
    captioner = create("captioner", "transformer", model=str(folder), beams=2, batch_size=1)
    assert len(captioner.caption(clips())) == 3


def test_the_weights_enter_the_fingerprint(folder):
    captioner = create("captioner", "transformer", model=str(folder))
    assert captioner.weights() == [folder / "model.safetensors"]


def test_a_folder_without_a_model_is_named(tmp_path):
    captioner = create("captioner", "transformer", model=str(tmp_path))
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        captioner.caption(clips(1))


@pytest.mark.parametrize("options", [{"beams": 0}, {"batch_size": 0}])
def test_options_out_of_range_are_refused(tmp_path, options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        create("captioner", "transformer", model=str(tmp_path), **options)


def test_long_captions_are_cut_to_whole_words():
    assert first_words("one  two\nthree", 2) == "one two"
    assert first_words(" ".join(map(str, range(40)))).split() == list(map(str, range(16)))
