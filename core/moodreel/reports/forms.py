"""The forms that a report is written in, by the suffix of its file."""

from collections.abc import Iterable
from pathlib import Path

from moodreel.errors import InvalidInput, closest

FORMS = (".json", ".md", ".html")
"""The forms of a tracking."""

COMPARED = (*FORMS, ".csv", ".tex")
"""The forms of a comparison."""


def check_form(path: Path, forms: Iterable[str] = FORMS) -> None:
    """Refuse a file whose suffix names no form.

    Raises:
        InvalidInput: with the forms that there are.
    """
    if path.suffix not in set(forms):
        raise InvalidInput(f"{path}: unknown form {path.suffix!r}.{closest(path.suffix, forms)}")
