"""Looking for a query in the tracks of text that were chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.errors import InvalidInput
from moodreel.interfaces import TextEncoder
from moodreel.media import Hit
from moodreel.search.chosen_tracks import NAMES, Chosen
from moodreel.search.confidence import Confidence
from moodreel.search.lifts import Lifts
from moodreel.search.matches import hit_matches
from moodreel.search.query import Query
from moodreel.search.ranking import Found
from moodreel.search.surprise import EXACT, strongest
from moodreel.search.text_tracks import Found as Surprises
from moodreel.search.text_tracks import TextTracks

if TYPE_CHECKING:
    from moodreel.search.index import Lookup

# The standard deviation of unrelated queries' best scores where an older moodreel kept the
# thresholds alone: those of the preset `starter` are 0.05 to 0.08.
USUAL_SPREAD = 0.05


def look_into(
    tracks: TextTracks,
    lookup: "Lookup",
    chosen: Chosen,
    phrases: Sequence[str],
    known: Confidence,
) -> tuple[Query, Lifts | None]:
    """Look for a query in tracks; return it with fewer segments where that has to be, and lifts.

    Args:
        tracks: of the index.
        lookup: the encoded query, without quotation marks.
        chosen: where to look.
        phrases: what has to occur in a track.
        known: the confidence of the vectors that are ranked.

    Raises:
        InvalidInput: something is quoted, and no track is chosen.
    """
    query = lookup.query
    if not query.text.strip() or not chosen.tracks:
        if phrases:
            raise InvalidInput(
                "quoted words are looked for in captions, speech, on screen and in names: look "
                "into one of these as well, or leave out the quotation marks"
            )
        return query, None
    quoted = phrase_segments(tracks, phrases, chosen)
    if quoted is not None:
        query = query.only(quoted)
    found = track_surprises(tracks, query, lookup, chosen)
    if quoted is not None:
        found |= quoted_surprises(tracks, phrases, chosen, found)
    ids, z = strongest(list(found.values()))
    if chosen.alone:
        query = query.only(ids)
    if not len(ids):
        return query, None
    scale = float(np.linalg.norm(lookup.encoded.vector[0, : lookup.fused.dim]))
    threshold = (known.text or 0.0) * scale
    spread = (USUAL_SPREAD if known.spread is None else known.spread) * scale
    same = chosen.base in chosen.tracks
    return query, Lifts(ids, z, threshold, spread, chosen.alone, same, found)


def phrase_segments(
    tracks: TextTracks, phrases: Sequence[str], chosen: Chosen
) -> NDArray[np.int64] | None:
    """Return the segments in whose tracks all phrases occur; None where nothing is quoted."""
    held = [tracks.with_phrase(phrase, chosen.tracks) for phrase in phrases]
    if not held:
        return None
    kept = held[0]
    for ids in held[1:]:
        kept = np.intersect1d(kept, ids)
    return kept


def quoted_surprises(
    tracks: TextTracks, phrases: Sequence[str], chosen: Chosen, found: dict[str, Surprises]
) -> dict[str, Surprises]:
    """Return what tracks say of a query; what is quoted surprises as all of its words do."""
    made = {}
    for track in chosen.tracks:
        ids = np.unique(np.concatenate([tracks.with_phrase(phrase, [track]) for phrase in phrases]))
        said = (ids, np.full(len(ids), EXACT, np.float32))
        made[track] = strongest([said, *([found[track]] if track in found else [])])
    return made


def track_surprises(
    tracks: TextTracks, query: Query, lookup: "Lookup", chosen: Chosen
) -> dict[str, Surprises]:
    """Return what each track says of a query: by words, and by meaning where it has vectors.

    The meaning of the only track is what is ranked already.
    """
    vector = query_vector(query, lookup, tracks.components.text_encoder)
    found = {}
    for track in chosen.tracks:
        parts = [tracks.by_words(track, query.text)]
        if track not in (NAMES, chosen.base):
            parts.append(tracks.by_meaning(track, vector))
        found[track] = strongest(parts)
    return {track: held for track, held in found.items() if len(held[0])}


@torch.inference_mode()
def query_vector(query: Query, lookup: "Lookup", encoder: TextEncoder) -> NDArray[np.float32]:
    """Return the vector [D] of a query's text alone, L2-normalised."""
    text = lookup.encoded.text if query.examples is None else encoder.encode([query.text])
    vector: NDArray[np.float32] = text.pooled[0].float().cpu().numpy()
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


def told_hits(tracks: TextTracks, lifts: Lifts | None, query: str, found: Found) -> list[Hit]:
    """Return hits with the words that speak for them."""
    if lifts is None:
        return found.hits
    return [
        replace(hit, matches=hit_matches(tracks, lifts.tracks(id), query, id, hit))
        for hit, id in zip(found.hits, found.ids, strict=True)
    ]


def unfound_notes(phrases: Sequence[str], chosen: Chosen) -> Iterator[str]:
    """Yield where quoted words were looked for in vain."""
    if phrases:
        named = ", ".join(phrases)
        yield f"these words are in none of {', '.join(chosen.tracks)}: {named}"
