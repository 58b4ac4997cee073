"""What `make site` adds to the pages of docs/: pages from elsewhere, and the API reference.

mkdocs calls the functions that begin with `on_` (its "hooks", see mkdocs.yml).
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from moodreel.hookspecs import HOOKS
from moodreel.registry.discovery import installed_plugins

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(\]\()([^)\s#]+)")
HOME = {"README.md": "index.md"}
ELSEWHERE = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "registry.yaml",
    "benchmarks/RESULTS.md",
    "benchmarks/fusion-starter.svg",
    "benchmarks/fusion-starter-fast.svg",
)
"""Files outside docs/ that are on the site, under the place that they have in the repository."""

REFERENCE = {
    "Engine": ("engine.engine", "engine.encoding", "engine.timeline"),
    "Components and index": ("components", "search.index", "search.query", "search.feedback"),
    "Registry": ("registry.registry", "registry.settings", "registry.discovery"),
    "Plugin hooks": ("hookspecs",),
    "Interfaces": ("interfaces",),
    "Fusion strategies": ("fusion.strategy", "fusion.gated", "fusion.checkpoints"),
    "Emotions": ("emotions", "calibration"),
    "Clips, segments and hits": ("media",),
    "Conformance checks": (
        "testing.readers",
        "testing.encoders",
        "testing.extractors",
        "testing.captioners",
        "testing.listeners",
        "testing.segmenters",
        "testing.strategies",
        "testing.stores",
        "testing.samples",
    ),
    "Catalog": ("catalog.catalog", "catalog.records"),
    "Datasets": ("datasets.loading", "datasets.dataset"),
    "Training": ("training.runs", "training.plan", "training.objectives"),
    "Evaluation": (
        "evaluation.material",
        "evaluation.comparison",
        "evaluation.results",
        "evaluation.significance",
        "evaluation.tracking",
    ),
    "Metrics": (
        "evaluation.metrics.ranking",
        "evaluation.metrics.normalisation",
        "evaluation.metrics.statistics",
        "evaluation.metrics.crossing",
        "evaluation.metrics.families",
    ),
    "Errors": ("errors",),
}
"""The public modules of moodreel, by the page that describes them."""


class NoRawHtml(Extension):
    """Shows what looks like HTML as it is written: <t, v> is an inner product, not a tag."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Leave out the pattern that lets tags through."""
        md.inlinePatterns.deregister("html")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the components and the API reference to the navigation."""
    config.markdown_extensions.append(NoRawHtml())
    kinds: list[Any] = [{kind.replace("_", " "): component_uri(kind)} for kind in HOOKS]
    pages: list[Any] = [{title: reference_uri(title)} for title in REFERENCE]
    config.nav = [*(config.nav or []), {"Components": kinds}, {"API reference": pages}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in docs/."""
    for path in ELSEWHERE:
        place = HOME.get(path, path)
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    for kind, page in component_pages().items():
        files.append(File.generated(config, component_uri(kind), content=page))
    for title, modules in REFERENCE.items():
        page = reference_page(title, modules)
        files.append(File.generated(config, reference_uri(title), content=page))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links between files of the repository be links between pages."""
    uri = page.file.src_uri
    source = next((path for path, place in HOME.items() if place == uri), uri)
    folder = posixpath.dirname(source if source in ELSEWHERE else f"docs/{source}")
    return LINK.sub(lambda found: found[1] + site_link(found[2], folder, uri), markdown)


def site_link(target: str, folder: str, uri: str) -> str:
    """Return a link as the site has it.

    Args:
        target: a path beside the file that holds the link, or anything else, which is left alone.
        folder: of that file, in the repository.
        uri: of that file's page.
    """
    path = posixpath.normpath(posixpath.join(folder, target))
    if not (ROOT / path).is_file():
        return target
    place = HOME.get(path, path.removeprefix("docs/"))
    return posixpath.relpath(place, posixpath.dirname(uri) or ".")


def component_uri(kind: str) -> str:
    """Return where the page of a kind's components is."""
    return f"components/{kind.replace('_', '-')}.md"


def component_pages() -> dict[str, str]:
    """Return a page for each kind, with every registered component and its options.

    A component is on it as soon as it is registered; mkdocstrings fills in its docstring.
    """
    pages = {kind: f"# Components: {kind.replace('_', ' ')}\n" for kind in HOOKS}
    found = installed_plugins().registrations
    for (kind, name), registration in sorted(found.items()):
        factory = registration.factory
        made_by = f"{factory.__module__}.{factory.__qualname__}"
        pages[kind] += f"\n## `{name}`\n\n::: {made_by}\n    options: {{heading_level: 3}}\n"
    return pages


def reference_uri(title: str) -> str:
    """Return where the page of some modules is."""
    return f"reference/{title.lower().replace(',', '').replace(' ', '-')}.md"


def reference_page(title: str, modules: tuple[str, ...]) -> str:
    """Return the page of some modules; mkdocstrings fills it with their docstrings."""
    parts = [f"## `moodreel.{name}`\n\n::: moodreel.{name}\n" for name in modules]
    options = "    options: {heading_level: 3}\n"
    return f"# {title}\n\n" + "\n".join(part + options for part in parts)
