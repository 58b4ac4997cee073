"""Models of a hub: which of their files a component loads, and whether these lie here already."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from json import loads
from pathlib import Path

INDEX = ".index.json"
"""How the name of a file ends that lists the parts of weights in several files."""


@dataclass(frozen=True)
class HubForm:
    """The files that a model of one form consists of, all of them in its uppermost folder.

    Args:
        weights: patterns of the files with weights, the preferred kind first.
        beside: patterns of the small files that are loaded with them.
        needed: names of files; of each group one has to be there.
    """

    weights: tuple[str, ...]
    beside: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]

    def choose(self, names: Iterable[str]) -> list[str]:
        """Return which of a hub's files are fetched: small ones, and weights of one kind alone."""
        flat = [name for name in names if "/" not in name]
        kinds = [[name for name in flat if fnmatchcase(name, kind)] for kind in self.weights]
        small = [n for n in flat if any(fnmatchcase(n, pattern) for pattern in self.beside)]
        others = {name for kind in self.weights for name in flat if fnmatchcase(name, kind)}
        chosen = next(filter(None, kinds), [])
        return sorted({*small} - others | {*chosen})

    def lacking(self, folder: Path) -> list[str]:
        """Return the files that a folder lacks, by the first name of each group."""
        missing: list[str] = []
        for group in self.needed:
            found = next((name for name in group if (folder / name).is_file()), None)
            if found is None:
                missing.append(group[0])
            elif found.endswith(INDEX):
                missing += missing_parts(folder / found)
        return missing


def missing_parts(index: Path) -> list[str]:
    """Return the files that an index of parts names and that are not beside it."""
    try:
        named = loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [index.name]
    return sorted({str(name) for name in named if not (index.parent / str(name)).is_file()})


VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.model")
"""Files that hold the words of a tokenizer."""

TRANSFORMERS = HubForm(
    weights=("model*.safetensors", "pytorch_model*.bin"),
    beside=("*.json", "*.txt", "*.model"),
    needed=(
        ("config.json",),
        (
            "model.safetensors",
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
        ),
        VOCABULARIES,
    ),
)
"""Models in transformers' form, with the tokenizer of their text half."""


@dataclass(frozen=True)
class HubModel:
    """A model of a hub, as a component's options name it.

    Args:
        name: its owner and name, such as "openai/clip-vit-base-patch32"; a folder's path is taken
            for what is here already.
        form: its files.
        revision: the branch, tag or commit.
    """

    name: str
    form: HubForm = TRANSFORMERS
    revision: str = "main"

    @property
    def storage(self) -> Path:
        """The folder of the model in the cache of the hub's client, which may not be there."""
        from huggingface_hub import constants

        return Path(constants.HF_HUB_CACHE) / f"models--{self.name.replace('/', '--')}"

    @property
    def snapshot(self) -> Path | None:
        """The folder with the files of the revision, None where nothing of it is here."""
        reference = self.storage / "refs" / self.revision
        try:
            commit = reference.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            commit = self.revision
        folder = self.storage / "snapshots" / commit
        return folder if folder.is_dir() else None

    @property
    def is_there(self) -> bool:
        """Whether every file that is needed is here, in the cache or in a folder of this name."""
        if Path(self.name).expanduser().is_dir():
            return True
        folder = self.snapshot
        return folder is not None and not self.form.lacking(folder)


def named_model(
    name: object, form: HubForm = TRANSFORMERS, revision: object = None
) -> list[HubModel]:
    """Return the model that an option's value names, none where it cannot name one of a hub."""
    if not isinstance(name, str) or name.count("/") != 1 or name[0] in "./~":
        return []
    return [HubModel(name, form, revision if isinstance(revision, str) else "main")]
