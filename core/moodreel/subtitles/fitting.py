"""Fitting cues to segments: which caption belongs where."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moodreel.media import Segment
from moodreel.subtitles.cue import Cue


def segment_captions(cues: Sequence[Cue], segments: Sequence[Segment]) -> list[str]:
    """Return one caption for each segment, of the cues that belong to it in time; "" for none."""
    ordered = sorted(cues, key=lambda cue: (cue.span.start, cue.span.end))
    spans = np.array([(cue.span.start, cue.span.end) for cue in ordered]).reshape(-1, 2)
    return [
        joined([ordered[place].text for place in np.flatnonzero(belonging(spans, segment))])
        for segment in segments
    ]


def belonging(spans: NDArray[np.float64], segment: Segment) -> NDArray[np.bool_]:
    """Whether each stretch [n, 2] fills half of a segment, or lies in it by half: [n]."""
    starts, ends = spans.T
    shared = np.minimum(ends, segment.end) - np.maximum(starts, segment.start)
    shorter = np.minimum(ends - starts, segment.end - segment.start)
    return (shared >= shorter / 2) & ((shared > 0) | (shorter == 0))


def joined(texts: Sequence[str]) -> str:
    """Join texts; one that repeats the last, as in rolling subtitles, counts once."""
    kept = [text for place, text in enumerate(texts) if place == 0 or text != texts[place - 1]]
    return " ".join(kept)
