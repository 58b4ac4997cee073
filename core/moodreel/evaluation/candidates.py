"""What is compared: strategies by name or folder, their runs by seed, and values of an option."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from moodreel.errors import InvalidInput
from moodreel.registry.settings import is_checkpoint

MOST = 1000  # values of a sweep: far more than a chart shows


@dataclass(frozen=True)
class Candidate:
    """A strategy, with the runs that it is known by.

    Args:
        label: the strategy's name, as reports print it.
        names: a component's name, or the folders of trained runs that differ by their seed alone.
        seeds: the seeds of first values, for a component; each is a run.
    """

    label: str
    names: Sequence[str]
    seeds: Sequence[int] = (0,)

    @property
    def runs(self) -> list[tuple[str, int]]:
        """The name and the seed of each run; a trained strategy has a seed of its own."""
        return [
            (name, seed)
            for name in self.names
            for seed in (self.seeds[:1] if is_checkpoint(name) else self.seeds)
        ]


def read_candidate(name: str, seeds: Sequence[int] = (0,)) -> Candidate:
    """Return what a name stands for.

    Args:
        name: a component's name; the folder of a trained strategy; several such folders with
            commas between them; or a folder with a trained strategy in each of its own folders.
        seeds: the seeds of first values, for a component.

    >>> read_candidate("trained/mine-0,trained/mine-1").label
    'trained/mine'
    """
    if "," in name and not is_checkpoint(name):
        names = [part.strip() for part in name.split(",") if part.strip()]
        return Candidate(common_label(names), names, seeds)
    folder = Path(name)
    if folder.is_dir() and not is_checkpoint(name):
        inside = sorted(str(path) for path in folder.iterdir() if is_checkpoint(str(path)))
        return Candidate(name, inside or [name], seeds)
    return Candidate(name, [name], seeds)


def common_label(names: Sequence[str]) -> str:
    """Return what several names begin with, or the first of them."""
    alike = takewhile(lambda letters: len({*letters}) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike).rstrip("-_./=") or names[0]


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return names with a number behind those that were there before.

    >>> distinct_names(["late", "late"])
    ['late', 'late (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def parse_sweep(text: str) -> tuple[str, list[float]]:
    """Return the option and the values of a sweep, ascending.

    Raises:
        InvalidInput: it is neither NAME=A,B,C nor NAME=FIRST:LAST:STEP.

    >>> parse_sweep("weight=0:1:0.5")
    ('weight', [0.0, 0.5, 1.0])
    """
    name, _, given = text.partition("=")
    try:
        if ":" in given:
            first, last, step = map(float, given.split(":"))
            count = round((last - first) / step)
            values = [first + place * step for place in range(min(count, MOST) + 1)]
        else:
            values = sorted({float(value) for value in given.split(",")})
    except (ValueError, ZeroDivisionError, OverflowError):
        values = []
    if not name or len(values) < 2 or not all(map(math.isfinite, values)):
        raise InvalidInput(f"{text!r}: a sweep is written weight=0,0.5,1 or weight=0:1:0.1")
    return name, [round(value, 9) for value in values]
