"""Reports of an explanation: tables, and an HTML page with its frames and faces."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moodreel.explanation.explaining import Explanation
from moodreel.paths import shown_path
from moodreel.reports.pages import heading, html_table, note, number, page
from moodreel.reports.sections import Section
from moodreel.reports.svg import Bar, bar_chart

if TYPE_CHECKING:
    from PIL.Image import Image

FRAME_HEIGHT = 160  # pixels
WIDEST = 16  # times the height: a strip of 4096 x 2 pixels would be wider than a JPEG can be


def listed(values: Mapping[str, float]) -> str:
    """Return intensities in words, the strongest first.

    >>> listed({"joy": 0.2, "anger": 0.9})
    'anger 0.90, joy 0.20'
    """
    ordered = sorted(values.items(), key=lambda item: -abs(item[1]))
    return ", ".join(f"{name} {value:.2f}" for name, value in ordered) or "-"


def part_rows(explanation: Explanation) -> list[tuple[str, float]]:
    """Return the parts of the score by name; those that are nothing are left out."""
    parts = explanation.parts
    rest = [("reranking", parts.reranking), ("other", parts.other)]
    shown = [row for row in rest if abs(row[1]) >= 5e-4]
    return [("content", parts.content), *parts.emotions.items(), *shown]


def part_words(explanation: Explanation) -> str:
    """Return the parts of the score, and the words behind them, on one line."""
    parts = ", ".join(f"{name} {value:+.3f}" for name, value in part_rows(explanation))
    words = ", ".join(w.word for w in explanation.words if w.lost)
    return f"{parts} = {explanation.parts.score:+.3f}" + (f" (mood in: {words})" if words else "")


def explain_sections(explanation: Explanation) -> Iterator[Section]:
    """Yield the tables of an explanation."""
    place = f"{shown_path(explanation.video)}, {explanation.start:.1f} to {explanation.end:.1f} s"
    rows = [[name, f"{value:+.4f}"] for name, value in part_rows(explanation)]
    rows.append(["score", f"{explanation.parts.score:+.4f}"])
    yield Section(
        f'"{explanation.text}" and {place}, by {explanation.strategy}',
        ["part", "contributed"],
        rows,
        f"Wanted: {listed(explanation.wanted)}. Seen: {listed(explanation.seen)}.",
    )
    if explanation.signals:
        signals = [[name, listed(emotions)] for name, emotions in explanation.signals.items()]
        yield Section("What each signal says of it", ["signal", "emotions"], signals)
    if explanation.words:
        words = [[w.word, listed(w.alone), listed(w.lost)] for w in explanation.words]
        yield Section("Words that gave the emotion", ["word", "by itself", "lost without"], words)
    if explanation.frames:
        frames = [
            [f"{f.time:.1f} s", number(f.content), number(f.mood), listed(f.emotions)]
            for f in explanation.frames
        ]
        yield Section("Frames", ["at", "content", "wanted mood", "emotions"], frames)
    if explanation.faces:
        faces = [
            [f"{f.time:.1f} s", ", ".join(f"{side:.0f}" for side in f.box), f"{f.weight:.0%}",
             listed(f.probabilities)]
            for f in explanation.faces
        ]  # fmt: skip
        head = ["at", "left, top, width, height", "weight", "expression"]
        yield Section("Faces that carried it", head, faces)


def explain_html(explanation: Explanation, pictures: Mapping[float, NDArray[np.uint8]]) -> str:
    """Return the explanation as a page.

    Args:
        explanation: the explanation.
        pictures: frames [H, W, 3] by their time, in seconds; faces are framed in them.
    """
    bars = [Bar(name, value) for name, value in part_rows(explanation)]
    body = [bar_chart("What contributed to the score", bars)]
    for section in explain_sections(explanation):
        body += [heading(section.title), html_table(section.head, section.rows)]
        body += [note(section.note)] if section.note else []
    body += [note(explanation.note)] if explanation.note else []
    body += [picture(explanation, time, frame) for time, frame in pictures.items()]
    return page(f"Why {shown_path(explanation.video.rpartition('/')[2])}", body)


def picture(explanation: Explanation, time: float, frame: NDArray[np.uint8]) -> str:
    """Return a frame with its faces, as HTML that holds the picture itself."""
    from PIL import ImageDraw
    from PIL.Image import fromarray

    image = fromarray(frame)
    draw = ImageDraw.Draw(image)
    for face in explanation.faces:
        if abs(face.time - time) < 1e-6:
            left, top, width, height = face.box
            draw.rectangle((left, top, left + width, top + height), outline="orange", width=3)
    return f'<img src="{data_uri(image, FRAME_HEIGHT)}" alt="at {time:.1f} s" title="{time:.1f} s">'


def data_uri(image: "Image", height: int) -> str:
    """Return a picture, shrunk to a height, as text that a page can hold."""
    held = BytesIO()
    width = min(max(1, round(image.width * height / image.height)), WIDEST * height)
    small = image.resize((width, height))
    small.save(held, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{b64encode(held.getvalue()).decode()}"
