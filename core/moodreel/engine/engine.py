"""`Engine`, the facade of moodreel: index videos, search them, encode videos and texts."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moodreel.catalog.catalog import FILE, Catalog
from moodreel.catalog.provenance import tell_changed
from moodreel.catalog.records import Filter
from moodreel.components import Components
from moodreel.engine.encoding import read_clip, text_vectors, video_vectors
from moodreel.engine.timeline import Timeline, read_timeline, stored_timeline
from moodreel.errors import ConfigurationError
from moodreel.indexing.indexer import Indexer
from moodreel.indexing.report import IndexReport
from moodreel.indexing.selection import Selection
from moodreel.media import Clip, Hit, MomentRef, Progress, Segment
from moodreel.registry.registry import Registry
from moodreel.registry.settings import Overrides
from moodreel.search.index import Inside, SearchIndex
from moodreel.search.query import Query, wanted_emotions
from moodreel.search.recommendation import Recommendation, best_of_each, choose

# Hits to choose from for each recommendation, so that recommendations can differ: a judgement, not
# measured.
CANDIDATES = 5


class Engine:
    """Indexes and searches videos with the components of one configuration.

    One engine serves several threads: what is not safe to share is done by one at a time.

    Args:
        registry: the configuration.
        index: the folder of the index.

    Raises:
        ConfigurationError: the text and the video encoder do not share a space.

    ```python
    engine = Engine.from_preset("starter", index="my-index")
    engine.index(["videos"])
    hits = engine.search("two friends at a party, joyful")
    ```
    """

    def __init__(self, registry: Registry, index: str | Path = ".moodreel") -> None:
        self.components = Components(registry)
        self.search_index = SearchIndex(self.components, index)

    @classmethod
    def from_preset(
        cls,
        preset: str = "starter",
        *,
        index: str | Path = ".moodreel",
        config: str | Path | None = None,
        overrides: Overrides = (),
        plugins: Sequence[str | Path] = (),
    ) -> Self:
        """Build an engine from a preset of the registry.

        Args:
            preset: a name under `presets`.
            index: the folder of the index; it is made by the first `index` call.
            config: a YAML file merged over registry.yaml.
            overrides: settings, as on the command line: "key=value" texts, or values by key.
            plugins: Python files with plugins that are not installed.

        Raises:
            ConfigurationError: an unknown name, or an option that no chosen component takes.
            PluginError: a plugin is broken.
        """
        return cls(Registry.load(preset, config, overrides, plugins=plugins), index)

    def register(self, component: type, *, name: str | None = None) -> str:
        """Register a component's class without a package, as in a notebook; return its name.

        It is searched, trained and compared with by that name, as any other. Registering a
        changed class again replaces it, and its vectors are made anew.

        Args:
            component: a component's class, such as a subclass of `FusionStrategy`.
            name: the name to register it under; None makes one of the class's name: `MyStrategy`
                is my-strategy.

        Raises:
            PluginError: this is not the class of a component, or one that cannot be used.

        ::

            engine.register(MyStrategy)
            engine.search("a joyful person", fusion="my-strategy")
        """
        return self.registry.register(component, name=name)

    @property
    def registry(self) -> Registry:
        """The configuration."""
        return self.components.registry

    @property
    def folder(self) -> Path:
        """The folder of the index."""
        return self.search_index.folder

    @property
    def catalog(self) -> Catalog:
        """The record of an index that exists."""
        return self.search_index.catalog

    def index(
        self,
        paths: Sequence[str | Path] | str | Path,
        *,
        prune: bool = False,
        prune_away: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> IndexReport:
        """Index the videos under `paths`; what has not changed is skipped.

        Args:
            paths: files and folders, one or several.
            prune: whether to forget videos of `paths` whose files are gone, unless their folder
                is one that a drive may have left: empty, not there, or not to be listed.
            prune_away: whether to forget those as well.
            include: globs of what to take in folders that is passed over otherwise; see
                `moodreel.indexing.selection.Selection`.
            exclude: globs of what to pass over in folders, included or not.
            on_progress: called with the progress.

        Raises:
            InvalidInput: a path does not exist.
            CatalogError: the index cannot be written, or another process is writing it.
        """
        paths = [paths] if isinstance(paths, str | Path) else list(paths)
        with closing(Catalog(self.folder, create=True)) as catalog:
            indexer = self.indexer(catalog, on_progress)
            tell_changed(catalog, indexer.parts)
            return indexer.run(paths, prune, Selection(include, exclude), prune_away)

    def indexer(self, catalog: Catalog, on_progress: Callable[[Progress], None]) -> Indexer:
        """Return the indexer that brings a catalog up to date with files."""
        parts = self.components
        return Indexer(
            catalog,
            parts.decoder,
            parts.video_encoder,
            parts.video_emotion,
            parts.segmentation,
            on_progress,
            parts.caption_encoder,
            parts.trackers,
            parts.segmenter,
        )

    def search(
        self,
        text: str = "",
        *,
        emotions: Mapping[str, float] | None = None,
        weight: float | None = None,
        fusion: str | None = None,
        top: int = 10,
        min_score: float | None = None,
        merge: bool = True,
        image: str | Path | bytes | None = None,
        like: Sequence[str | MomentRef] = (),
        unlike: Sequence[str | MomentRef] = (),
        filter: Filter | None = None,
        inside: Inside = "all",
    ) -> list[Hit]:
        """Return the best moments, best first.

        Args:
            text: what is shown or said, and how it feels; "quoted words" have to occur in captions,
                speech, on screen or in names.
            emotions: intensities wanted by name, -1 to 1. None: those that the text names;
                {}: none.
            weight: how much mood counts against content, 0 to 1. None: the strategy's own weight.
            fusion: another fusion strategy than the configuration's: a component's name, or the
                folder of a trained one.
            top: how many moments to return.
            min_score: moments with a lower score are left out.
            merge: whether neighbouring hits of one video become one moment.
            image: a picture of what is to be seen: its file or its contents.
            like: moments, "VIDEO@SECONDS" or "VIDEO", that hits should be like.
            unlike: moments that hits should not be like.
            filter: which videos count; None: all videos.
            inside: what the text is looked for in, one or several: the picture ("video"), its
                "captions", "speech", words on "screen", "names" of files and folders, or "all".

        Raises:
            InvalidInput: an empty query, an unknown emotion, a weight out of range, no picture.
            MissingIndex: there is no index.
            CatalogError: the index lacks a moment, or holds no captions to search.
        """
        index = self.search_index
        examples, within = index.examples(image, like, unlike, inside), index.within(filter)
        query = Query(text, emotions, weight, top, min_score, merge, examples, within)
        return index.answer(query, fusion, inside).tell().hits

    def mood(
        self,
        emotions: Mapping[str, float],
        *,
        fusion: str | None = None,
        top: int = 10,
        min_score: float | None = None,
        merge: bool = True,
    ) -> list[Hit]:
        """Return the moments that feel most like `emotions`, whatever they show."""
        query = Query(emotions=emotions, top=top, min_score=min_score, merge=merge)
        return self.search_index.answer(query, fusion).tell().hits

    def similar(
        self,
        moment: str | MomentRef,
        *,
        emotions: Mapping[str, float] | None = None,
        weight: float | None = None,
        fusion: str | None = None,
        top: int = 10,
        min_score: float | None = None,
        merge: bool = True,
        filter: Filter | None = None,
    ) -> list[Hit]:
        """Return the moments of other videos that are most like "VIDEO@SECONDS" or "VIDEO"."""
        index = self.search_index
        examples, within = index.examples(like=[moment]), index.within(filter)
        own = index.segment_ids(index.moment(moment).video)
        query = Query("", emotions, weight, top, min_score, merge, examples, within, own)
        return index.answer(query, fusion).tell().hits

    def recommend(
        self,
        like: Sequence[str | MomentRef] = (),
        *,
        emotions: Mapping[str, float] | None = None,
        weight: float | None = None,
        fusion: str | None = None,
        top: int = 10,
        filter: Filter | None = None,
    ) -> list[Recommendation]:
        """Return videos that are like the liked moments and feel as wished, and that differ.

        Args:
            like: moments, "VIDEO@SECONDS" or "VIDEO"; their own videos are left out.
            emotions: the wished mood, -1 to 1 by name. None: that of the liked moments.
            weight: how much mood counts against content, 0 to 1. None: the strategy's own weight.
            fusion: another fusion strategy than the configuration's, by name.
            top: how many videos to return.
            filter: which videos count; None: all videos.

        Raises:
            InvalidInput: neither a liked moment nor a wished mood.
            CatalogError: there is no index, or a moment is not in it.
        """
        index = self.search_index
        refs = [index.moment(moment) for moment in like]
        likes = [(ref, index.example_of(ref)) for ref in refs]
        own = [index.segment_ids(ref.video) for ref in refs]
        query = Query(
            emotions=emotions,
            weight=weight,
            top=top * CANDIDATES,
            examples=index.examples(like=refs),
            within=index.within(filter),
            without=np.concatenate(own) if own else None,
        )
        hits = best_of_each(index.answer(query, fusion).tell().hits)
        if not likes:
            hits = [hit for hit in hits if not hit.weak]
        content = [index.example_of(MomentRef(hit.place, hit.start)).content for hit in hits]
        return choose(hits, content, likes, wanted_emotions(query), index.collection(), top)

    def encode_text(self, texts: str | Sequence[str]) -> NDArray[np.float32]:
        """Return the vector [D] of a text, or those [B, D] of several, L2-normalised."""
        return text_vectors(self.components.text_encoder, texts)

    def encode_video(self, paths: str | Path | Sequence[str | Path]) -> NDArray[np.float32]:
        """Return the vector [D] of a whole video, or those [B, D] of several, L2-normalised.

        Raises:
            UnreadableVideo: a file cannot be read.
        """
        return video_vectors(self.components.video_encoder, self.components.decoder, paths)

    def clip(self, path: str | Path, *, segment: Segment | None = None) -> Clip:
        """Return the frames that the encoder sees of a segment, or of the whole video."""
        return read_clip(self.components.video_encoder, self.components.decoder, path, segment)

    def frame(self, video: str, *, time: float) -> NDArray[np.uint8]:
        """Return the frame [H, W, 3] of an indexed video at `time` s, by its location or path."""
        path = Path(self.catalog.locate(video))
        return self.components.decoder.read(path, [time]).frames[0]

    def timeline(self, video: str | Path) -> Timeline:
        """Return the emotion timeline of a video: its segments, in time, with their emotions.

        Args:
            video: a video of the index (its place on disk, or its path as given), or any file;
                emotions that the index does not hold are read now.

        Raises:
            ConfigurationError: no extractor of video emotions is chosen.
            InvalidInput: the path fits several videos of the index.
            UnreadableVideo: it is neither in the index nor a video that can be read.
        """
        parts = self.components
        if parts.video_emotion is None:
            raise ConfigurationError("no extractor of video emotions is chosen; set video_emotion")
        known = (self.folder / FILE).exists()
        stored = stored_timeline(self.search_index.source, str(video)) if known else None
        if stored is not None:
            return stored
        frames = parts.video_encoder.frames_per_clip
        with self.search_index.lock:
            return read_timeline(
                str(video),
                parts.decoder,
                parts.segmentation,
                frames,
                parts.video_emotion,
                parts.segmenter,
            )

    def close(self) -> None:
        """End the worker processes and close the index."""
        self.components.close()
        self.search_index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
