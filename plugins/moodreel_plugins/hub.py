"""Loading models of transformers from a folder or from the hub, part by part."""

from pathlib import Path
from typing import Any

from moodreel import ConfigurationError


def load_part(kind: Any, model: str, revision: str | None, what: str, **options: Any) -> Any:
    """Load a part of a model, or say what is wrong in one line.

    Args:
        kind: a class of transformers, such as `AutoTokenizer`.
        model: a folder, or a name on the Hugging Face hub.
        revision: the revision of a model on the hub.
        what: what the model is called in a message.
        options: further options of `from_pretrained`.

    Raises:
        ConfigurationError: it cannot be loaded.
    """
    local = {"local_files_only": True} if Path(model).is_dir() else {}
    try:
        return kind.from_pretrained(model, revision=revision, **local, **options)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigurationError(f"{what} {model!r} cannot be loaded: {reason}") from None


def load_network(kind: Any, model: str, revision: str | None, what: str) -> Any:
    """Load a network from safetensors in evaluation mode, without a progress bar."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    return load_part(kind, model, revision, what, use_safetensors=True).eval()
