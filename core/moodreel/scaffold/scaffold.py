"""Writing the package of a new plugin, which passes its kind's checks at once."""

import keyword
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from moodreel.errors import InvalidInput, closest
from moodreel.registry.discovery import installed_plugins


@dataclass(frozen=True)
class Guide:
    """What is said of a kind of component in a new plugin's README and test.

    Args:
        short: what `moodreel new-plugin` calls the kind.
        usage: how the new component is used, with $name for its name.
        check: the function of `moodreel.testing` that checks it.
    """

    short: str
    usage: str
    check: str


GUIDES = {
    "fusion_strategy": Guide(
        "fusion",
        """Train it, and compare it with content alone and with late fusion:

    moodreel train DATASET --fusion $name --to trained/$name
    moodreel compare DATASET --fusion baseline --fusion late --fusion trained/$name
    moodreel search "a joyful person" --fusion trained/$name""",
        "check_fusion",
    ),
    "emotion_extractor": Guide(
        "emotion",
        """Use it for queries: `moodreel search "a joyful person" text_emotion=$name`""",
        "check_emotion_extractor",
    ),
    "captioner": Guide(
        "captioner", "Use it: `moodreel index VIDEOS captioner=$name`", "check_captioner"
    ),
    "transcriber": Guide(
        "transcriber", "Use it: `moodreel index VIDEOS transcriber=$name`", "check_transcriber"
    ),
    "text_spotter": Guide(
        "text-spotter", "Use it: `moodreel index VIDEOS text_spotter=$name`", "check_text_spotter"
    ),
    "segmenter": Guide(
        "segmenter", "Use it: `moodreel index VIDEOS segmenter=$name`", "check_segmenter"
    ),
    "vector_store": Guide(
        "store", """Use it: `moodreel search "a cat" vector_store=$name`""", "check_vector_store"
    ),
    "video_reader": Guide(
        "reader", "Use it: `moodreel index VIDEOS video_reader=$name`", "check_video_reader"
    ),
    "video_encoder": Guide(
        "video-encoder",
        """Use it with a text encoder of its space:
`moodreel index VIDEOS video_encoder=$name text_encoder=NAME`""",
        "check_video_encoder",
    ),
    "text_encoder": Guide(
        "text-encoder",
        """Use it with a video encoder of its space:
`moodreel index VIDEOS video_encoder=NAME text_encoder=$name`""",
        "check_text_encoder",
    ),
}
"""The kinds that `moodreel new-plugin` can write."""

KINDS = {guide.short: kind for kind, guide in GUIDES.items()}
"""The kinds by their short names."""

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class NewPlugin:
    """A plugin to write: its kind and the name that it will be chosen by."""

    kind: str
    name: str

    @property
    def module(self) -> str:
        """The module's name."""
        return f"moodreel_{self.name.replace('-', '_')}"

    @property
    def class_name(self) -> str:
        """The class's name."""
        joined = "".join(part.capitalize() for part in self.name.split("-"))
        return f"{joined}Component" if keyword.iskeyword(joined) else joined

    def files(self) -> dict[str, str]:
        """Return the contents of each file by its path in the package."""
        names = {
            "kind": self.kind,
            "kind_words": self.kind.replace("_", " "),
            "name": self.name,
            "package": f"moodreel-{self.name}",
            "module": self.module,
            "class_name": self.class_name,
            "check": GUIDES[self.kind].check,
        }
        usage = Template(GUIDES[self.kind].usage).substitute(names)
        sources = {
            "pyproject.toml": "pyproject.toml",
            "README.md": "README.md",
            f"{self.module}.py": f"{self.kind}.py",
            f"tests/test_{self.module}.py": "test.py",
        }
        return {
            target: read_template(source).substitute(names, usage=usage)
            for target, source in sources.items()
        }


def read_template(name: str) -> Template:
    """Return a packaged template."""
    return Template(
        (files("moodreel.scaffold") / "templates" / f"{name}.in").read_text(encoding="utf-8")
    )


def write_plugin(kind: str, name: str, folder: Path | None = None) -> list[Path]:
    """Write the package of a new plugin and return its files.

    Args:
        kind: the kind of component, by a short name of `KINDS` or by its own name.
        name: the component's name, lower-case words joined by hyphens.
        folder: the folder to write; None takes moodreel-NAME in the present folder.

    Raises:
        InvalidInput: an unknown kind, a name that cannot be used or is taken, or a folder that
            has something in it.
    """
    kind = KINDS.get(kind, kind)
    if kind not in GUIDES:
        raise InvalidInput(f"no plugin can be written for the kind {kind!r}.{closest(kind, KINDS)}")
    check_name(kind, name)
    folder = Path(f"moodreel-{name}") if folder is None else folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"{folder} is there already; choose another --to")
    contents = NewPlugin(kind, name).files()
    for path, text in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return [folder / path for path in contents]


def check_name(kind: str, name: str) -> None:
    """Refuse a name that is no name, or that another component has."""
    if not NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} is no plugin's name: use lower-case words joined by hyphens")
    taken = installed_plugins().registrations.get((kind, name))
    if taken:
        raise InvalidInput(f"{kind} {name!r} is there already, in {taken.package or taken.module}")
