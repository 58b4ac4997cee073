"""One-second videos of photographs, two cards with one relative path, and names of every kind."""

import os
import unicodedata
from pathlib import Path

import numpy as np

from hard_videos import write_video
from inputs import photograph

SIZE = (192, 144)
COMPOSED = unicodedata.normalize("NFC", "été.mp4")
DECOMPOSED = unicodedata.normalize("NFD", "été.mp4")
NAMES = {
    os.fsdecode(b"caf\xe9.mp4"): "coffee",  # Latin 1, no UTF-8
    COMPOSED: "cat",
    DECOMPOSED: "moon",
    "[red]x[bold].mp4": "horse",
    "a[/].mp4": "clock",  # a folder "a[": rich would read the end of a style
    "two\nlines \x1b[31m.mp4": "rocket",
    "n" * 251 + ".mp4": "astronaut",
}
"""What each file shows, by its name."""


def write_photograph(path: str | Path, name: str) -> Path:
    """Write a video of one photograph, whatever the file is called."""
    pixels = np.asarray(photograph(name).resize(SIZE))
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    plain = write_video(place.with_name("plain.mp4"), 25, SIZE, pictures=iter([pixels] * 25))
    return plain.rename(place)


def write_cards(folder: Path) -> Path:
    """Two cards, each with DCIM/a.mp4: a rocket on the first, a cup of coffee on the second."""
    write_photograph(folder / "card1" / "DCIM" / "a.mp4", "rocket")
    write_photograph(folder / "card2" / "DCIM" / "a.mp4", "coffee")
    return folder


def write_named(folder: Path) -> Path:
    """A folder with a video of every kind of name."""
    for name, shown in NAMES.items():
        write_photograph(folder / name, shown)
    return folder
