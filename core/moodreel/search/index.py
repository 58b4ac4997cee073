"""An index on disk, as the components of one configuration search it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from threading import RLock
from warnings import warn
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.damage import damage_notes, tell_damaged
from moodreel.catalog.provenance import tell_changed
from moodreel.catalog.records import Filter
from moodreel.components import Components
from moodreel.decoding.pictures import read_picture
from moodreel.emotions import EmotionScores
from moodreel.errors import CatalogError, DamagedVideo, Note
from moodreel.fusion.checkpoints import changed_at
from moodreel.media import Hit, MomentRef, as_moment
from moodreel.search.chosen_tracks import Chosen, read_chosen
from moodreel.search.collection import Collection, sample_collection
from moodreel.search.confidence import Confidence, mark_weak, query_threshold, stored_confidence
from moodreel.search.feedback import Example, Examples, mean_example
from moodreel.search.lifts import Lifts
from moodreel.search.looking_into import look_into, told_hits, unfound_notes
from moodreel.search.notes import COMMANDS, Controls, answer_notes, nothing_seen
from moodreel.search.query import EncodedQuery, Query, encode_query, wanted_emotions
from moodreel.search.ranking import find_moments
from moodreel.search.text_tracks import TextTracks, probe_vectors
from moodreel.search.vectors import FusedVectors, Source, fused_vectors
from moodreel.search.wording import quoted_phrases

Inside = str | Sequence[str]
"""What a text is looked for in: one or several of `chosen_tracks.CHOICES`."""
LACKING = {
    "captions": "choose a captioner or put subtitles beside the videos, and index again",
    "speech": "nothing is said in its videos, or they were indexed without a transcriber; index "
    "again",
    "screen": "nothing is written in its videos, or they were indexed without a text_spotter; "
    "index again",
}
"""Why a track holds nothing, and what to do."""


@dataclass(frozen=True, eq=False)
class Lookup:
    """A query, encoded once, and the vectors that it is compared with.

    Args:
        query: the query as the user asked it.
        encoded: the query as the strategy encoded it.
        fused: the strategy's vectors of all segments.
        fusion: the strategy's name, or the folder of a trained one.
        inside: whose vectors they are: those of the "video", or of the only track looked into.
        lifts: what tracks of text say of the query; None: nothing.
    """

    query: Query
    encoded: EncodedQuery
    fused: FusedVectors
    fusion: str
    inside: str
    lifts: Lifts | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to a query: its hits, and how they were found.

    Args:
        hits: the hits, best first.
        wanted: the emotions that were asked for, [1, 8].
        lookup: the encoded query that found them; None where nothing was looked up.
        notes: what is to be known of the answer, a line each.
    """

    hits: list[Hit]
    wanted: EmotionScores
    lookup: Lookup | None = None
    notes: Sequence[str] = ()

    def tell(self) -> "Answer":
        """Warn of each note, and return the answer."""
        for note in self.notes:
            warn(note, Note, stacklevel=3)
        return self


class SearchIndex:
    """A folder with a catalog, and what is made of it to search: fused vectors and thresholds.

    One index serves several threads: what is not safe to share, such as an encoder's tokenizer,
    is used by one at a time.

    Args:
        components: the components of one configuration.
        folder: the folder of the index.
    """

    def __init__(self, components: Components, folder: str | Path) -> None:
        self.components = components
        self.folder = Path(folder)
        self.lock = RLock()
        self._fused: dict[tuple[str, int, str, object], FusedVectors] = {}
        self._confidence: WeakKeyDictionary[FusedVectors, Confidence] = WeakKeyDictionary()
        self._collections: dict[str, tuple[int, Collection]] = {}
        self._tracks: TextTracks | None = None
        self._probes: NDArray[np.float32] | None = None

    @cached_property
    def catalog(self) -> Catalog:
        """The record of the index.

        Raises:
            MissingIndex: the folder holds none.
        """
        return Catalog(self.folder)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The sources of vectors, by what is searched: the video, or a track of text."""
        parts = self.components
        tell_changed(self.catalog, (parts.video_encoder, parts.video_emotion, parts.captioner))
        source = Source(self.catalog, parts.video_encoder, parts.video_emotion, parts.captioner)
        encoders = {"captions": parts.caption_encoder}
        if parts.transcriber:
            encoders["speech"] = parts.track_encoder(parts.transcriber)
        if parts.text_spotter:
            encoders["screen"] = parts.track_encoder(parts.text_spotter)
        made = {track: replace(source, encoder=encoder) for track, encoder in encoders.items()}
        return {"video": source, **made}

    @property
    def source(self) -> Source:
        """The source of the videos' vectors."""
        return self.sources["video"]

    def answer(
        self,
        query: Query,
        fusion: str | None = None,
        inside: Inside = "all",
        controls: Controls = COMMANDS,
    ) -> Answer:
        """Return the best moments for a query, those that are no confident match marked.

        Args:
            query: what is asked for; quoted words have to occur in a chosen track.
            fusion: another strategy than the configuration's: a component's name, or the folder
                of a trained one.
            inside: what the text is looked for in.
            controls: how the query is asked, for the notes.
        """
        parts, chosen = self.components, read_chosen(inside)
        self.check_track(chosen.base)
        phrases, query = quoted_phrases(query.text), query.unquoted()
        with self.lock:
            wanted = wanted_emotions(query, parts.text_emotion)
            sees, reads = parts.video_emotion, parts.text_emotion
            notes = answer_notes(query, wanted, parts.text_encoder, sees, controls, reads)
            damaged = self.sources[chosen.base].damaged
            notes += damage_notes(self.catalog, damaged.values())
        if nothing_seen(query, wanted, parts.video_emotion):
            return Answer([], wanted, notes=notes)
        lookup = self.look_up(query, fusion, chosen.base, wanted)
        if lookup is None:
            return Answer([], wanted, notes=notes)
        query = query.leaving_out(self.catalog.segments_in(damaged)) if damaged else query
        lookup = self.lifted(replace(lookup, query=query), chosen, phrases)
        query, known = lookup.query, self.confidence(lookup.fused, chosen.base)
        if query.within is not None and not len(query.within):
            return Answer([], wanted, lookup, [*notes, *unfound_notes(phrases, chosen)])
        source = self.sources[chosen.base]
        found = find_moments(query, lookup.encoded, lookup.fused, source, lookup.lifts)
        with self.lock:
            hits = told_hits(self.tracks, lookup.lifts, query.text, found)
        hits = mark_weak(hits, found.likeness, query_threshold(query, known), wanted)
        return Answer(hits, wanted, lookup, notes)

    def lifted(
        self, lookup: Lookup, chosen: Chosen | None = None, phrases: Sequence[str] = ()
    ) -> Lookup:
        """Return a lookup with what tracks of text say of its query.

        Args:
            lookup: the encoded query.
            chosen: the tracks; None: all.
            phrases: what has to occur in them: only such segments count in the query then.
        """
        chosen = chosen or read_chosen("all")
        known = self.confidence(lookup.fused, lookup.inside)
        with self.lock:
            query, lifts = look_into(self.tracks, lookup, chosen, phrases, known)
        return replace(lookup, query=query, lifts=lifts)

    def check_track(self, track: str) -> None:
        """Refuse to search a track that no component of the configuration writes."""
        if track not in self.sources:
            needed = {"speech": "transcriber", "screen": "text_spotter"}[track]
            raise CatalogError(
                f"{self.folder} holds no {track} to search: choose a {needed}, as the preset "
                "starter-all does, and index again"
            )

    @property
    def tracks(self) -> TextTracks:
        """The tracks of text, up to date with the catalog."""
        with self.lock:
            if self._tracks is None or self._tracks.revision != self.catalog.revision:
                self._tracks = TextTracks(self.catalog, self.components, self.probes)
            return self._tracks

    def probes(self) -> NDArray[np.float32]:
        """Return the vectors of unrelated texts, encoded when they are first needed."""
        if self._probes is None:
            self._probes = probe_vectors(self.components)
        return self._probes

    def look_up(
        self,
        query: Query,
        fusion: str | None = None,
        inside: str = "video",
        wanted: EmotionScores | None = None,
    ) -> Lookup | None:
        """Encode a query for a strategy; None where the index is empty.

        Args:
            query: what is asked for.
            fusion: as for `answer`.
            inside: whose vectors it is compared with.
            wanted: the emotions asked for, [1, 8]; None reads them.
        """
        parts = self.components
        name = fusion or parts.registry.slot_name("fusion_strategy")
        with self.lock:
            fused = self.fused(name, inside)
            if not fused.store.count:  # no strategy is fitted to nothing
                return None
            if wanted is None:
                wanted = wanted_emotions(query, parts.text_emotion)
            encoded = encode_query(query, wanted, parts.text_encoder, fused.strategy)
        return Lookup(query, encoded, fused, name, inside)

    def fused(self, fusion: str | None = None, inside: str = "video") -> FusedVectors:
        """Return a strategy's vectors (by name, or by a trained one's folder), up to date."""
        registry = self.components.registry
        name = fusion or registry.slot_name("fusion_strategy")
        made_by = registry.registrations.get(("fusion_strategy", name))
        key = (name, changed_at(name), inside, made_by)
        with self.lock:
            known = self._fused.get(key)
            if known is None or known.revision != self.catalog.revision:
                strategy, store = self.components.strategy(name), self.components.vector_store()
                known = self._fused[key] = fused_vectors(self.sources[inside], strategy, store)
        if inside != "video" and not known.store.count:
            tell_damaged(self.catalog, self.sources[inside].damaged.values())
            raise CatalogError(f"{self.folder} holds no {inside} to search: {LACKING[inside]}")
        return known

    def confidence(self, fused: FusedVectors, inside: str = "video") -> Confidence:
        """Return the thresholds of the index, fitted when they are first needed."""
        with self.lock:
            if fused not in self._confidence:
                sample = partial(self.collection, inside)
                self._confidence[fused] = stored_confidence(
                    fused, self.sources[inside], self.components.text_encoder, sample
                )
            return self._confidence[fused]

    def collection(self, inside: str = "video") -> Collection:
        """Return a sample of the index, up to date with the catalog."""
        with self.lock:
            revision = self.catalog.revision
            known = self._collections.get(inside)
            if known is None or known[0] != revision:
                known = revision, sample_collection(self.sources[inside])
                self._collections[inside] = known
            return known[1]

    def examples(
        self,
        image: str | Path | bytes | None = None,
        like: Sequence[str | MomentRef] = (),
        unlike: Sequence[str | MomentRef] = (),
        inside: Inside = "video",
    ) -> Examples | None:
        """Return what a query should be like and unlike; None where nothing is given."""
        if image is None and not like and not unlike:
            return None
        inside = read_chosen(inside).base
        liked = [self.example_of(moment, inside) for moment in like]
        liked += [] if image is None else [self.picture_example(image)]
        unliked = [self.example_of(moment, inside) for moment in unlike]
        return Examples(self.collection(inside), liked, unliked)

    def example_of(self, moment: str | MomentRef, inside: str = "video") -> Example:
        """Return the features of an indexed moment, or the mean of those of a whole video."""
        ref, source = self.moment(moment), self.sources[inside]
        if ref.time is None:
            ids = self.segment_ids(ref.video)
        else:
            ids = np.array([self.catalog.moment_at(ref.video, ref.time).id], np.int64)
        _, pooled = self.catalog.load_features(source.encoder, ids)
        if not len(pooled):
            raise CatalogError(f"{ref.title}: has no features to compare; run moodreel index")
        return mean_example(pooled, source.load_emotions(ids))

    @torch.inference_mode()
    def picture_example(self, image: str | Path | bytes) -> Example:
        """Return the features of a picture, read as a clip of one frame."""
        clip = read_picture(image)
        encoder, extractor = self.components.video_encoder, self.components.video_emotion
        with self.lock:
            pooled = encoder.encode([clip]).pooled.float().cpu().numpy()
            seen = extractor.look([clip]) if extractor else None
        return Example(pooled[0], EmotionScores.unobserved(1) if seen is None else seen)

    def moment(self, moment: str | MomentRef) -> MomentRef:
        """Return a moment with its video by where it lies; a text may be VIDEO or VIDEO@SECONDS.

        Raises:
            InvalidInput: the path fits several videos.
            CatalogError: it fits none, or one that is damaged.
        """
        if isinstance(moment, str) and self.catalog.videos_named(moment, exact=True):
            moment = MomentRef(moment)  # an @ in its name is no time
        ref = as_moment(moment)
        found = self.catalog.find_video(ref.video)
        if found.id in self.source.damaged:
            raise DamagedVideo(found.path)
        return replace(ref, video=found.location)

    def segment_ids(self, video: str) -> NDArray[np.int64]:
        """Return the ids of a video's segments, by a path as for `moment`, in time."""
        moments = self.catalog.segments_of(video)
        return np.array([moment.id for moment in moments], np.int64)

    def within(self, filter: Filter | None) -> NDArray[np.int64] | None:
        """Return the ids of the segments that pass a filter; None where all do."""
        return self.catalog.find_segments(filter) if filter else None

    def close(self) -> None:
        """Close the catalog and what was made of it."""
        if self._tracks is not None:
            self._tracks.close()
            self._tracks = None
        if "catalog" in self.__dict__:
            self.__dict__.pop("catalog").close()
        self.__dict__.pop("sources", None)
