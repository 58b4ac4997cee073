"""Tables of a report in LaTeX, for papers."""

from collections.abc import Iterable, Sequence

from moodreel.paths import shown_path
from moodreel.reports.sections import Section

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}
NEEDS = "% needs \\usepackage{booktabs}\n"


def latex_tables(sections: Iterable[Section]) -> str:
    """Return sections as tables with a caption each, in the form of booktabs."""
    return NEEDS + "\n".join(map(latex_table, sections))


def latex_table(section: Section) -> str:
    """Return one section as a table: names to the left, numbers to the right."""
    names = sum(not is_number(cell) for cell in section.rows[0]) if section.rows else 1
    columns = "".join("l" if place < names else "r" for place in range(len(section.head)))
    caption = escaped(f"{section.title}. {section.note}".strip())
    body = [latex_row(row) for row in section.rows]
    lines = [
        r"\begin{table}",
        rf"\caption{{{caption}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        latex_row(section.head),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def latex_row(cells: Sequence[str]) -> str:
    """Return a row of a table.

    >>> print(latex_row(["R@1 & more", "0.5"]))
    R@1 \\& more & 0.5 \\\\
    """
    return " & ".join(map(escaped, cells)) + r" \\"


def escaped(text: str) -> str:
    """Return a text in which nothing is a command of LaTeX."""
    return "".join(SPECIAL.get(letter, letter) for letter in shown_path(text))


def is_number(cell: str) -> bool:
    """Whether a cell stands among numbers: it is one, or says that there is none."""
    try:
        float(cell.replace(",", ""))
    except ValueError:
        return cell == "-"
    return True
