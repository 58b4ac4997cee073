"""Tokenizers in a model's folder, or by the name that its config.json gives."""

import unicodedata
from pathlib import Path
from typing import Any

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import one_line
from moodreel_plugins.encoders.file_kinds import describe_other, first_bytes

TOKENIZER = "tokenizer"
"""The key of config.json that names a tokenizer, where its files are not in the folder."""
VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.model")
TOKENIZER_FILES = (*VOCABULARIES, "merges.txt", "tokenizer_config.json", "special_tokens_map.json")

LATIN = ("LATIN", "FULLWIDTH LATIN")
DENSE = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
"""How Unicode names letters that stand for a syllable or a word."""
# What decides whether a text is spelt (see `knows_script`): judgements. Of MiniLM's English
# tokenizer a Russian text has 0.9 tokens a letter, an Arabic one 1 and a Korean one 2 or more.
SPELT, KNOWN = 0.75, 0.75


def read_tokenizer(folder: Path) -> Any:
    """Read a tokenizer from a folder.

    Raises:
        ConfigurationError: there is none. (transformers would make one without words.)
    """
    from transformers import AutoTokenizer

    if not has_vocabulary(folder):
        raise ConfigurationError(
            f"{folder}: no tokenizer: looked for {' or '.join(VOCABULARIES)}; "
            "copy them from the CLIP that the model was made of"
        )
    for path in (folder / name for name in TOKENIZER_FILES):
        told = describe_other(first_bytes(path)) if path.is_file() else ""
        if "LFS" in told or "page" in told:
            raise ConfigurationError(f"{path}: {told}")
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # of many kinds, by what is damaged
        raise ConfigurationError(f"{folder}: tokenizer: {one_line(error)}") from None


def has_vocabulary(folder: Path) -> bool:
    """Whether a folder holds a tokenizer's vocabulary."""
    return any((folder / name).is_file() for name in VOCABULARIES)


def words_read(tokenizer: Any, text: str, longest: int) -> int | None:
    """Return how many words of a text fit into `longest` tokens; None where all of them do."""
    if not getattr(tokenizer, "is_fast", False):
        return None
    read = tokenizer(text, truncation=True, max_length=longest, return_offsets_mapping=True)
    end = max((stop for _, stop in read["offset_mapping"]), default=0)
    return None if not text[end:].strip() else len(text[:end].split())


def knows_script(tokenizer: Any, text: str) -> bool:
    """Whether a tokenizer has words, or parts of words, in the script that most of a text is in.

    Where it has none, it spells: nearly each letter is a token, a syllable or a Chinese character
    is several, or they are unknown. Latin letters are always known, and of a text without letters
    some sign has to be.
    """
    letters = [letter for letter in text if letter.isalpha()]
    other = [letter for letter in letters if not has_name(letter, LATIN)]
    if letters and 2 * len(other) <= len(letters):
        return True
    tokens = tokenizer.tokenize(text)
    known = [token for token in tokens if token != tokenizer.unk_token]
    if not letters or not tokens:
        return bool(known) or not tokens
    dense = 2 * sum(has_name(letter, DENSE) for letter in other) > len(other)
    spelled = len(tokens) > (1 if dense else SPELT) * len(text.replace(" ", ""))
    return not spelled and len(known) > KNOWN * len(tokens)


def has_name(letter: str, beginnings: tuple[str, ...]) -> bool:
    """Whether Unicode's name of a letter begins in one of some ways."""
    return unicodedata.name(letter, "").startswith(beginnings)


def find_tokenizer(name: str) -> Path:
    """Return the folder of a tokenizer that config.json names.

    Raises:
        ConfigurationError: saying how to bring it.
    """
    from huggingface_hub import snapshot_download

    patterns = list(TOKENIZER_FILES)
    for local in (True, False):
        try:
            found = snapshot_download(name, allow_patterns=patterns, local_files_only=local)
            if has_vocabulary(Path(found)):
                return Path(found)
            reason = "there is none"
        except Exception as error:  # any of the client's: no network, no such name
            reason = one_line(error, 100)
    raise ConfigurationError(
        f"{name}: tokenizer not found: looked for {' or '.join(VOCABULARIES)} in the hub's cache: "
        f"{reason}. Copy them into the checkpoint's folder, or fetch them: hf download {name}"
    )
