"""The files that make a project joinable say what is so: commands, versions, names and paths."""

import importlib
import re
import tomllib

import pytest
import yaml

import moodreel
import places

PROJECT = tomllib.loads((places.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (places.ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.M))
WORKFLOW = yaml.safe_load((places.ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
PRE_COMMIT = yaml.safe_load((places.ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
CONTRIBUTING = (places.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHANGELOG = (places.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = yaml.safe_load((places.ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CFF_KEYS = (
    "abstract authors cff-version commit contact date-released doi identifiers keywords license "
    "license-url message preferred-citation references repository repository-artifact "
    "repository-code title type url version"
)
"""What CFF 1.2.0 knows at the top of a file."""

HOOKS = [hook for repo in PRE_COMMIT["repos"] for hook in repo["hooks"]]
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def steps():
    """The commands of every job of the workflow."""
    jobs = WORKFLOW["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def called(text):
    """The make targets that a text calls."""
    return set(re.findall(r"\bmake ([a-z][a-z-]*)", text))


def unreleased():
    """The part of the changelog that no release has yet."""
    return re.split(r"^## ", CHANGELOG, flags=re.M)[1]


def test_the_workflow_calls_targets_that_exist():
    targets = called("\n".join(steps()))
    assert {"test", "test-lowest"} <= targets
    assert targets <= TARGETS


def test_the_workflow_runs_each_python_that_the_package_names():
    named = [c.rpartition(" ")[2] for c in PROJECT["project"]["classifiers"] if ":: 3." in c]
    assert WORKFLOW["jobs"]["test"]["strategy"]["matrix"]["python"] == named
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"


def test_the_workflow_keeps_downloads_and_has_a_browser():
    pythons = [
        step["with"]
        for job in WORKFLOW["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/setup-python@")
    ]
    assert len(pythons) == len(WORKFLOW["jobs"])
    for given in pythons:
        assert given["cache"] == "pip"
        assert all(
            (places.ROOT / path).is_file() for path in given["cache-dependency-path"].split()
        )
    assert any("MOODREEL_CHROMIUM" in step for step in steps())


def test_the_hooks_of_pre_commit_are_the_checks_of_make_lint():
    lint = MAKEFILE.partition("\nlint:")[2].partition("\n\n")[0]
    checks = {re.sub(r" (--check )?\.$", "", line) for line in re.findall(r"\$\(BIN\)/(.+)", lint)}
    ours = {hook["entry"].removeprefix(".venv/bin/").partition(" --")[0] for hook in HOOKS}
    assert ours == checks
    assert all(hook["language"] == "system" for hook in HOOKS)
    assert len({hook["id"] for hook in HOOKS}) == len(HOOKS)


def test_the_page_for_contributors_calls_targets_that_exist():
    assert called(CONTRIBUTING) <= TARGETS
    assert {"setup", "test", "test-lowest", "site"} <= called(CONTRIBUTING)


def test_the_page_for_contributors_names_files_that_exist():
    named = set(
        re.findall(r"`((?:core|plugins|tests|docs|benchmarks|\.github)/[\w./-]+)`", CONTRIBUTING)
    )
    named |= set(re.findall(r"\]\(([\w./-]+)\)", CONTRIBUTING))
    named = {path for path in named if "NAME" not in path and "PACKAGE" not in path}
    assert len(named) > 10
    assert not [path for path in named if not (places.ROOT / path).exists()]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("evaluation.metrics.ranking", "QueryScores"),
        ("reports.sections", "MEASURES"),
        ("cli", "COMMANDS"),
        ("hookspecs", "HOOKS"),
        ("registry.slots", "SLOTS"),
        ("testing", "CHECKS"),
        ("scaffold.scaffold", "KINDS"),
        ("compat.deprecation", "moved_module"),
        ("compat.deprecation", "renamed_option"),
    ],
)
def test_the_tables_that_contributors_are_sent_to_are_there(module, name):
    assert f"`{name}`" in CONTRIBUTING
    assert hasattr(importlib.import_module(f"moodreel.{module}"), name)


def test_the_changelog_has_the_sections_of_its_form():
    assert unreleased().startswith("[Unreleased]")
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.M)) <= SECTIONS


def test_modules_are_where_the_changelog_says():
    rows = re.findall(r"^ *\| (`moodreel\..*) \| (`moodreel\..*) \|$", unreleased(), re.M)
    assert rows
    for old, new in rows:
        assert old.count("`") == new.count("`")
        for name in re.findall(r"`([\w.]+)`", new):
            importlib.import_module(name)


def test_the_changelog_names_every_old_name_that_works():
    deprecated = unreleased().partition("### Deprecated")[2].partition("###")[0]
    for path in (places.ROOT / "core" / "moodreel").glob("*.py"):
        if "moved_module(__name__" in path.read_text(encoding="utf-8"):
            assert f"`moodreel.{path.stem}`" in deprecated


def test_the_citation_is_valid_cff_of_this_version():
    assert CITATION.keys() >= {"cff-version", "message", "title", "authors"}
    assert CITATION.keys() <= set(CFF_KEYS.split())
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in ("software", "dataset")
    assert all(
        author.keys() & {"name", "family-names", "given-names"} for author in CITATION["authors"]
    )
    assert str(CITATION["version"]) == moodreel.__version__
    assert CITATION["license"] == PROJECT["project"]["license"]
    assert CITATION["repository-code"] == PROJECT["project"]["urls"]["Source"]
    assert all(isinstance(word, str) for word in CITATION["keywords"])


def test_security_says_how_to_report_in_private():
    text = (places.ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"{PROJECT['project']['urls']['Source']}/security" in text


def test_old_names_go_when_their_release_has_come():
    sources = [path.read_text(encoding="utf-8") for path in places.ROOT.glob("core/**/*.py")]
    given = {found for text in sources for found in re.findall(r'removed_in="([\d.]+)"', text)}
    assert given
    ours = tuple(map(int, moodreel.__version__.split(".")[:2]))
    late = [release for release in given if tuple(map(int, release.split("."))) <= ours]
    assert not late, f"remove what goes in {late}"
