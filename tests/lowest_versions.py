"""Whether an environment has the lowest version of every direct dependency: `make test-lowest`.

A resolver that is asked for the lowest versions takes a higher one where another package wants it.
Then nothing tests the version that pyproject.toml declares, so the declaration has to be raised.
"""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def declared(project):
    """Return the lowest version of each direct dependency, by name; None where none is given.

    >>> declared({"name": "x", "dependencies": ["b>=1.2,<2", "c"], "optional-dependencies": {}})
    {'b': '1.2', 'c': None}
    """
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    found = [Requirement(item) for group in groups for item in group]
    needed = [one for one in found if one.marker is None or one.marker.evaluate()]
    return {one.name: lowest_of(one) for one in needed if one.name != project["name"]}


def lowest_of(requirement):
    """Return the lowest version that a requirement allows, or None."""
    bounds = [bound.version for bound in requirement.specifier if bound.operator in (">=", "==")]
    return bounds[0] if bounds else None


def is_lowest(installed, lowest):
    """Whether an installed version is the first one of a declared series.

    >>> is_lowest("4.10.0.82", "4.10"), is_lowest("13.9.4", "13.7"), is_lowest("3.10", "3.1")
    (True, False, False)
    >>> is_lowest("2.6.0+cpu", "2.6")
    True
    """
    return lowest is None or f"{installed}.".replace("+", ".").startswith(f"{lowest}.")


def wrong(declared_versions):
    """Yield a line for each package that is not there in the version declared as the lowest."""
    for name, lowest in sorted(declared_versions.items()):
        try:
            installed = version(name)
        except PackageNotFoundError:
            yield f"{name} is not installed"
            continue
        if not is_lowest(installed, lowest):
            yield f"{name}>={lowest} is declared, but other packages want {installed}"


if __name__ == "__main__":
    table = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    sys.exit("\n".join(wrong(declared(table))) or None)
