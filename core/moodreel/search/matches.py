"""What tracks say of a hit, in words: the texts that were found, with their times."""

from collections.abc import Sequence

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.tracks import load_texts, overlapping_texts
from moodreel.media import Hit, Segment, TextMatch, TimedText
from moodreel.search.chosen_tracks import CAPTIONS, NAMES, SUBTITLES
from moodreel.search.text_tracks import TextTracks
from moodreel.search.wording import plain_words, telling_words

ROOT = 5  # letters by which forms of a word are told to be the same, for showing alone


def hit_matches(
    tracks: TextTracks, names: Sequence[str], query: str, id: int, hit: Hit
) -> tuple[TextMatch, ...]:
    """Return what some tracks say of the best part of a hit.

    Args:
        tracks: of the index.
        names: the tracks that say something of it.
        query: the query's text.
        id: of the best part's segment.
        hit: the hit.
    """
    found = (track_match(tracks, name, query, id, hit) for name in names)
    return tuple(match for match in found if match is not None)


def track_match(tracks: TextTracks, track: str, query: str, id: int, hit: Hit) -> TextMatch | None:
    """Return what one track says of a segment."""
    if track == NAMES:
        return TextMatch(track, hit.video, hit.start, hit.end)
    segment = segment_of(tracks.catalog, id)
    if track in (CAPTIONS, SUBTITLES):
        maker = tracks.components.captioner if track == CAPTIONS else None
        texts = tracks.catalog.load_captions(maker, [id])
        said = [TimedText(text, segment.start, segment.end) for text in texts.values()]
    else:
        video = tracks.catalog.find_video(hit.place).id
        held = load_texts(tracks.catalog, tracks.trackers[track], [video or 0])
        said = overlapping_texts(held.get(video or 0, []), segment)
    best = best_text(said, query)
    return None if best is None else TextMatch(track, best.text, best.start, best.end)


def segment_of(catalog: Catalog, id: int) -> Segment:
    """Return a segment by its id."""
    moments = catalog.moments([id])
    return moments[0].segment if moments else Segment(0.0, 0.0)


def best_text(texts: Sequence[TimedText], query: str) -> TimedText | None:
    """Return the text that has most words of a query, or else says most."""
    asked = {word[:ROOT] for word in telling_words(query)}

    def worth(text: TimedText) -> tuple[int, int]:
        held = {word[:ROOT] for word in plain_words(text.text)}
        return len(asked & held), len(text.text)

    return max(texts, key=worth, default=None)
