"""docs/architecture.md: every package and layer is on the page, and every name on it exists."""

import re
import tomllib
from importlib import import_module
from itertools import groupby

import pytest

import places

PAGE = (places.DOCS / "architecture.md").read_text(encoding="utf-8")
CORE = places.ROOT / "core" / "moodreel"
ROWS = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", PAGE, re.M)


def rooms():
    """Every package and every module at the root of the core."""
    packages = [path.parent.name for path in CORE.glob("*/__init__.py")]
    modules = [path.stem for path in CORE.glob("*.py") if path.stem != "__init__"]
    return sorted(packages + modules)


def layers():
    """The layers that import-linter holds, each as the set of its names."""
    settings = tomllib.loads((places.ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = [found for found in settings["contracts"] if found["type"] == "layers"]
    return [{name.strip() for name in layer.split("|")} for layer in contract["layers"]]


@pytest.mark.parametrize("name", rooms())
def test_a_package_has_one_line_in_the_table(name):
    assert [room for _, room, _ in ROWS].count(name) == 1


def test_the_table_has_the_layers_of_the_contract_in_their_order():
    shown = [{name for _, name, _ in rows} for _, rows in groupby(ROWS, key=lambda row: row[0])]
    assert shown == layers()
    assert [int(number) for number, _ in groupby(row[0] for row in ROWS)] == [
        number + 1 for number in range(len(shown))
    ]


def dotted_names():
    """Every name in code style that begins with a package or module of the core."""
    found = re.findall(r"`([a-z_]+(?:\.\w+)+)`", PAGE)
    inside = {name for name in found if name.split(".")[0] in rooms()}
    return sorted(name for name in inside if not (places.ROOT / name).is_file())


def find(name):
    """Return what a name stands for: a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(["moodreel", *parts[:length]]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise AssertionError(f"no module of moodreel begins {name}")


@pytest.mark.parametrize("name", dotted_names())
def test_a_name_on_the_page_exists(name):
    assert find(name) is not None


def test_each_way_of_data_is_told():
    assert len(dotted_names()) > 30
    for way in ("Index", "Search", "Train", "Evaluate"):
        assert re.search(rf"^### {way}: ", PAGE, re.M), way


def test_types_that_are_named_alone_exist_too():
    """`Plan` and the like: each is a class somewhere in the core."""
    sources = "\n".join(path.read_text() for path in CORE.rglob("*.py"))
    for name in set(re.findall(r"`([A-Z]\w+)`", PAGE)):
        assert re.search(rf"^class {name}\b", sources, re.M), name
