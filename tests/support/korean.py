"""A small sentence encoder that knows a few words in English and in Korean, and no others."""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

TRANSLATIONS = {"angry": "화난", "man": "사람", "cat": "고양이", "sad": "슬픈", "dog": "개"}
SPECIAL = ("[PAD]", "[UNK]")


def save_bilingual(folder: Path) -> Path:
    """Write a BERT without layers: a Korean word is its translation, an unknown one is nothing."""
    torch.manual_seed(0)
    words = [*SPECIAL, *TRANSLATIONS, *TRANSLATIONS.values()]
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=128,
        num_hidden_layers=0,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=32,
    )
    model = BertModel(config).eval()
    count = len(TRANSLATIONS)
    with torch.no_grad():
        for part in (model.embeddings.position_embeddings, model.embeddings.token_type_embeddings):
            part.weight.zero_()
        table = model.get_input_embeddings().weight
        table.normal_()
        table[: len(SPECIAL)] = 0
        table[-count:] = table[len(SPECIAL) : -count]
    model.save_pretrained(folder)
    known = Tokenizer(WordLevel({word: at for at, word in enumerate(words)}, "[UNK]"))
    known.pre_tokenizer = BertPreTokenizer()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=known, pad_token="[PAD]", unk_token="[UNK]", model_max_length=30
    )
    tokenizer.save_pretrained(folder)
    return folder
