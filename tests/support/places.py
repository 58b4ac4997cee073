"""Where the repository, the reference values and the data for development lie."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
GOLDENS = TESTS / "goldens"
DATA = TESTS / "data"
SHARED = ROOT.parent / "shared"
