"""Saved states of training runs, from which an interrupted run ends as an unbroken one would."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from moodreel.errors import ConfigurationError
from moodreel.storage.atomic import atomic_path

FILE = "state.pt"


def save_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write a state, whole or not at all."""
    with atomic_path(folder / FILE) as partial:
        torch.save(dict(state), partial)


def load_state(folder: Path, run: str) -> dict[str, Any] | None:
    """Return the state of a run in a folder, None where there is none.

    Nothing but tensors and plain values is read: the file can run no code.

    Args:
        folder: the folder of the run.
        run: identifies the data, the strategy and the plan (`Trainer.run_key`).

    Raises:
        ConfigurationError: the file cannot be read, or is another run's.
    """
    file = folder / FILE
    if not file.exists():
        return None
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        known = state["run"]
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, UnpicklingError):
        raise ConfigurationError(
            f"{file}: cannot be read; delete it to begin anew, or choose another --to"
        ) from None
    if known != run:
        raise ConfigurationError(
            f"{folder}: holds an unfinished run with other settings or data; "
            "give the same again, choose another --to, or begin anew with --restart"
        )
    return state


def drop_state(folder: Path) -> None:
    """Remove the state of a run that is done."""
    (folder / FILE).unlink(missing_ok=True)
