"""Fetching a model from a hub into the cache of the hub's own client, where components look.

The client goes on where a connection broke, and looks at sizes. It throws away a file that is not
whole when it ends (`huggingface_hub` 2), and looks at no digest. So large files are fetched here,
by the client's own requests, into a file that stays and is gone on with; each is taken only where
its digest is the one that the hub states. Small files, links and names are the client's work.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from functools import partial
from io import SEEK_END, FileIO
from pathlib import Path
from shutil import disk_usage
from time import sleep
from typing import Any

from moodreel.interfaces import HubModel
from moodreel.paths import shown_path
from moodreel.weights.hub import FetchError, HubFile, Listing, explained, in_short, list_model

OnBytes = Callable[[int, int], None]
"""Called with the bytes that are here, and those of the whole model."""

BLOCK = 1 << 18  # bytes; what has come of a block is lost where a connection breaks
MOST_IDLE, PAUSE = 4, 1.0  # requests in a row that may bring nothing, and seconds between them
PARTIAL = 206  # HTTP's status of an answer that is a part of a file
PART = ".part"
"""How the name of a file ends that is not whole yet."""


def fetch_model(model: HubModel, on_bytes: OnBytes = lambda done, total: None) -> Path:
    """Bring a model here, as far as it is not; return its folder.

    Args:
        model: the model.
        on_bytes: is told how far it is.

    Raises:
        FetchError: it cannot be fetched whole. What came is kept for the next call, except a file
            whose digest is wrong.
    """
    listing = list_model(model)
    blobs = model.storage / "blobs"
    with explained(model):
        blobs.mkdir(parents=True, exist_ok=True)
    check_space(listing, blobs)
    done = 0
    for file in listing.files:
        if file.is_large:
            fetch_large(listing, file, blobs, partial(add_to, done, listing.size, on_bytes))
        done += file.size
        on_bytes(done, listing.size)
    return link_files(listing)


def add_to(before: int, total: int, on_bytes: OnBytes, done: int) -> None:
    """Tell how far all files are, by what came before this one."""
    on_bytes(before + done, total)


def check_space(listing: Listing, blobs: Path) -> None:
    """Refuse to begin where the disk has no room for the rest."""
    files = [file for file in listing.files if file.is_large]
    held = sum(bytes_held(file, blobs) for file in files)
    rest, free = listing.size - held, disk_usage(blobs).free
    if rest > free:
        raise no_space(listing.model, rest, free)


def bytes_held(file: HubFile, blobs: Path) -> int:
    """Return how many bytes of a file are here, whole or not."""
    places = (blobs / file.digest, part_path(file, blobs))
    return max((place.stat().st_size for place in places if place.is_file()), default=0)


def part_path(file: HubFile, blobs: Path) -> Path:
    """Return where a file lies that is not whole yet."""
    return blobs / f"{file.digest}{PART}"


def no_space(model: HubModel, rest: int, free: int) -> FetchError:
    """Return the error for a full disk."""
    return FetchError(
        f"{model.name}: {megabytes(rest)} more are needed in {shown_path(str(model.storage))}, and "
        f"{megabytes(free)} are free: make room, or name a larger disk in HF_HOME"
    )


def megabytes(size: float) -> str:
    """Return bytes in words.

    >>> megabytes(605_200_000), megabytes(1_790_000_000)
    ('605 MB', '1.8 GB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def fetch_large(
    listing: Listing, file: HubFile, blobs: Path, on_bytes: Callable[[int], None]
) -> None:
    """Bring one large file into the cache, unless it is there and right."""
    from filelock import FileLock, Timeout

    whole, part = blobs / file.digest, part_path(file, blobs)
    try:
        with FileLock(f"{part}.lock", timeout=0):
            if whole.is_file() and not file.is_in(whole):
                whole.unlink()  # damaged since it was fetched
            if not whole.is_file():
                resumed = part.is_file()
                if not take_part(listing, file, part, on_bytes) and resumed:
                    take_part(listing, file, part, on_bytes)  # what an earlier run left was damaged
                take_whole(listing.model, file, part, whole)
    except Timeout:
        raise FetchError(
            f"{listing.model.name}: another process is fetching it: wait for that one"
        ) from None


def take_part(listing: Listing, file: HubFile, part: Path, on_bytes: Callable[[int], None]) -> bool:
    """Fetch the rest of a file; return whether it is right, and delete it where it is not."""
    with explained(listing.model), quiet_client():
        with CountedFile(part, on_bytes) as written:
            if written.seek(0, SEEK_END) > file.size:
                written.truncate(written.seek(0))
            try:
                append_rest(listing, file, written)
            except Exception as error:
                raise broken_off(listing, file, part, error) from None
        if file.is_in(part):
            return True
        part.unlink()
        return False


def append_rest(listing: Listing, file: HubFile, written: "CountedFile") -> None:
    """Append the bytes that are lacking, in several requests where connections break.

    Raises:
        Exception: what the hub's client raised when nothing came any more.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    url = hf_hub_url(listing.model.name, file.name, revision=listing.commit)
    idle = 0
    while (held := written.tell()) < file.size:
        try:
            request_rest(url, written)
        except HfHubHTTPError:
            raise
        except HTTPError:
            idle = idle + 1 if written.tell() <= held else 0
            if idle >= MOST_IDLE:
                raise
            sleep(PAUSE)


def request_rest(url: str, written: "CountedFile") -> None:
    """Ask for the bytes of a file behind those that are there, and append what comes."""
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        hf_raise_for_status,
    )

    start = written.tell()
    headers = {**build_hf_headers(), "Accept-Encoding": "identity", "Range": f"bytes={start}-"}
    patience = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=patience) as response:
        hf_raise_for_status(response)
        if start and response.status_code != PARTIAL:  # the whole file comes once more
            written.truncate(written.seek(0))
        for block in response.iter_bytes(BLOCK):
            written.write(block)


def broken_off(listing: Listing, file: HubFile, part: Path, error: Exception) -> Exception:
    """Return what is raised where a file did not come to its end."""
    held, name = part.stat().st_size, listing.model.name
    if isinstance(error, OSError) and error.errno == ENOSPC:
        return no_space(listing.model, file.size - held, disk_usage(part.parent).free)
    if not held:
        return error
    return FetchError(
        f"{name}: broken off at {megabytes(held)} of {megabytes(file.size)} of {file.name} "
        f"({in_short(error)}); what came is kept: run it again to go on"
    )


def take_whole(model: HubModel, file: HubFile, part: Path, whole: Path) -> None:
    """Give a file that is right its place in the cache."""
    if not part.is_file():
        raise FetchError(
            f"{model.name}: what came as {file.name} has another digest than the hub states, and "
            "is deleted: try again; if it stays so, something between here and the hub changes it"
        )
    part.replace(whole)
    with suppress(OSError):
        Path(f"{part}.lock").unlink()


def link_files(listing: Listing) -> Path:
    """Let the client fetch small files and give all of them their names; check every digest."""
    from huggingface_hub import snapshot_download

    model = listing.model
    names = [file.name for file in listing.files]
    with explained(model), quiet_client():
        folder = Path(snapshot_download(model.name, revision=model.revision, allow_patterns=names))
    for file in listing.files:
        path = folder / file.name
        if not file.is_large and not file.is_in(path):
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise FetchError(
                f"{model.name}: what came as {file.name} has another digest than the hub states, "
                "and is deleted: try again"
            )
    if missing := model.form.lacking(folder):
        raise FetchError(f"{model.name}: the hub's model has no {', '.join(missing)}")
    return folder


@contextmanager
def quiet_client() -> Iterator[None]:
    """Keep the client's bars and warnings off the screen: who calls has a bar of its own."""
    from huggingface_hub import utils as client

    utils: Any = client
    level, hidden = utils.logging.get_verbosity(), utils.are_progress_bars_disabled()
    utils.logging.set_verbosity_error()
    utils.disable_progress_bars()
    try:
        yield
    finally:
        utils.logging.set_verbosity(level)
        if not hidden:
            utils.enable_progress_bars()


class CountedFile(FileIO):
    """A file that goes on where it ended, and tells after each write how long it is.

    Args:
        path: the file.
        on_bytes: is told its length.
    """

    def __init__(self, path: Path, on_bytes: Callable[[int], None]) -> None:
        super().__init__(path, "r+b" if path.exists() else "w+b")
        self.on_bytes = on_bytes

    def write(self, data: Any) -> int:
        """Write all of `data`; a full disk raises, and is never half of it in silence."""
        view = memoryview(data)
        while view:
            view = view[super().write(view) :]
        self.on_bytes(self.tell())
        return len(data)
