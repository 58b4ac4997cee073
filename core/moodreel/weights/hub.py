"""What a hub says of a model: its revision, and its files with sizes and digests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

from moodreel.errors import MoodreelError
from moodreel.interfaces import HubModel
from moodreel.paths import shown_path

PATIENCE = 20.0  # seconds for one answer of the hub; its client waits 10
BLOCK = 1 << 22


class FetchError(MoodreelError):
    """A model cannot be fetched. What came of it is kept, unless the message says otherwise."""


@dataclass(frozen=True)
class HubFile:
    """A file of a model.

    Args:
        name: its name in the model.
        size: its bytes.
        digest: its SHA-256 where it is large, else git's SHA-1 of it.
    """

    name: str
    size: int
    digest: str

    @property
    def is_large(self) -> bool:
        """Whether the hub keeps it apart (Git LFS), as it does with weights."""
        return len(self.digest) == 2 * sha256().digest_size

    def is_in(self, path: Path) -> bool:
        """Whether a file on this machine is this one, by its digest."""
        return path.is_file() and path.stat().st_size == self.size and self.is_right(path)

    def is_right(self, path: Path) -> bool:
        """Whether the contents of a file have this digest."""
        made = sha256() if self.is_large else sha1(b"blob %d\0" % path.stat().st_size)
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                made.update(block)
        return made.hexdigest() == self.digest


@dataclass(frozen=True)
class Listing:
    """What a hub has of a model.

    Args:
        model: the model.
        commit: what its revision stands for.
        files: the files that are fetched.
    """

    model: HubModel
    commit: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)


def list_model(model: HubModel) -> Listing:
    """Ask the hub for the files of a model.

    Raises:
        FetchError: the hub cannot be reached, or has no such model, or not in this form.
    """
    from huggingface_hub import HfApi

    with explained(model):
        found = HfApi().model_info(
            model.name, revision=model.revision, files_metadata=True, timeout=PATIENCE
        )
    held = {item.rfilename: item for item in found.siblings or ()}
    files = tuple(described(held[name]) for name in model.form.choose(held))
    if not any(file.is_large for file in files):
        raise FetchError(f"{model.name}: the hub has no weights of it in a form that is read here")
    return Listing(model, str(found.sha), files)


def described(item: Any) -> HubFile:
    """Return a file as the hub describes it."""
    large = item.lfs
    digest = large.sha256 if large else item.blob_id
    return HubFile(item.rfilename, int((large.size if large else item.size) or 0), str(digest))


@contextmanager
def explained(model: HubModel) -> Iterator[None]:
    """Turn the errors of the hub's client into one line that says what to do."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        yield
    except FetchError:
        raise
    except GatedRepoError:
        raise FetchError(
            f"{model.name}: its owner lets in those alone who agreed to its licence: do so on its "
            "page, then run: hf auth login"
        ) from None
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise FetchError(f"{model.name}: the hub has no such model, or not for you") from None
    except HfHubHTTPError as error:
        raise FetchError(f"{model.name}: the hub answers: {in_short(error)}; try later") from None
    except ConnectionError as error:
        raise FetchError(f"{carried_over(model)} ({in_short(error)})") from None
    except OSError as error:
        raise FetchError(f"{model.name}: {error.strerror or in_short(error)}") from None
    except Exception as error:  # of several libraries: no network, a name that is not known, time
        raise FetchError(f"{carried_over(model)} ({in_short(error)})") from None


def in_short(error: BaseException) -> str:
    """Return an error in one line, not too long."""
    return (" ".join(str(error).split()) or type(error).__name__)[:100]


def carried_over(model: HubModel) -> str:
    """Say how a model comes onto a machine without a network."""
    place = shown_path(str(model.storage.parent))
    return (
        f"{model.name}: the hub cannot be reached. Where it can be, run: hf download {model.name}; "
        f"then copy the folder {model.storage.name} from ~/.cache/huggingface/hub there into "
        f"{place} here"
    )
