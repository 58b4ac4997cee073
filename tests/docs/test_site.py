"""`make site`: the documentation and the API reference, built strictly and without a network."""

import html
import importlib
import inspect
import os
import re
import runpy
import subprocess
import sys

import pytest

import places
from moodreel import Engine, hookspecs
from moodreel.cli import COMMANDS
from moodreel.fusion import FusionStrategy, GatedFusion

OFFLINE = """
import socket

def refuse(*_):
    raise OSError("the build asks the network")

socket.socket.connect = socket.getaddrinfo = refuse
from mkdocs.__main__ import cli
cli()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    command = ["build", "--strict", "--quiet", "--site-dir", str(folder)]
    options = {"cwd": places.ROOT, "env": {**os.environ, "NO_MKDOCS_2_WARNING": "1"}}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *command], capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages():
    return runpy.run_path(str(places.DOCS / "site_pages.py"))


@pytest.fixture
def text(site):
    """Return the words of a page."""

    def read(page):
        words = re.sub(r"<[^>]+>", "", (site / page).read_text(encoding="utf-8"))
        return " ".join(html.unescape(words).split())

    return read


def first_line(documented):
    """Return a docstring's first line as a page shows it."""
    return " ".join(inspect.getdoc(documented).splitlines()[0].replace("`", "").split())


@pytest.mark.parametrize(
    ("page", "documented"),
    [
        ("engine", Engine),
        ("engine", Engine.search),
        ("fusion-strategies", FusionStrategy),
        ("fusion-strategies", FusionStrategy.fuse_text),
        ("fusion-strategies", GatedFusion),
        *[("plugin-hooks", getattr(hookspecs, hook)) for hook in hookspecs.HOOKS.values()],
    ],
)
def test_the_reference_has_docstrings(text, page, documented):
    shown = text(f"reference/{page}.html")
    assert documented.__name__ in shown
    assert first_line(documented) in shown


def test_every_public_module_is_described_on_its_page(text, pages):
    for title, modules in pages["REFERENCE"].items():
        shown = text(pages["reference_uri"](title).replace(".md", ".html"))
        for name in modules:
            assert first_line(importlib.import_module(f"moodreel.{name}")) in shown, name


def test_formulas_in_docstrings_are_no_tags(text):
    assert "the score is <t, v> + g <h, k>" in text("reference/fusion-strategies.html")


def test_the_page_of_commands_has_every_command(text):
    shown = text("commands.html")
    for name, summary in COMMANDS.items():
        assert f"Usage: moodreel {name}" in shown
        assert summary in shown


def test_every_page_of_docs_is_on_the_site(site):
    for page in places.DOCS.glob("*.md"):
        assert (site / f"{page.stem}.html").is_file(), page.name


def test_links_between_files_of_the_repository_are_links_between_pages(site, pages):
    assert 'href="commands.html"' in (site / "index.html").read_text()
    link = pages["site_link"]
    assert link("docs/web.md", "", "index.md") == "web.md"
    assert link("../benchmarks/RESULTS.md", "docs", "training.md") == "benchmarks/RESULTS.md"
    assert link("../README.md", "docs", "reference/x.md") == "../index.md"
    assert link("https://example.org", "docs", "x.md") == "https://example.org"


def test_pages_fetch_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        fetched = re.findall(
            r"<(?:script|img|link)\b[^>]*\b(?:src|href)=\"([^\"]+)\"", page.read_text()
        )
        assert not [url for url in fetched if url.startswith(("http:", "https:", "//"))], page


def test_scripts_of_docs_are_not_on_the_site(site):
    assert not list(site.glob("*.py"))
