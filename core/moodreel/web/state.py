"""The application's state: the engine as far as it can run, folders, pictures, indexing runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from threading import Lock

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.damage import damaged_records
from moodreel.catalog.records import VideoRecord
from moodreel.engine.engine import Engine
from moodreel.errors import ConfigurationError, InvalidInput, MissingPackage, MoodreelError, closest
from moodreel.media import MomentRef
from moodreel.paths import distinct_ends
from moodreel.registry.registry import Registry
from moodreel.web.adding import Adder, Recipe
from moodreel.web.concurrency import ConcurrencyLimit
from moodreel.web.frames import FrameCache
from moodreel.web.models import MomentModel
from moodreel.web.problems import NotFound
from moodreel.web.projection import Projection, project_index

OPTIONAL = (
    "second_reader",
    "text_emotion",
    "video_emotion",
    "captioner",
    "transcriber",
    "text_spotter",
    "segmenter",
)
"""The slots that a search can do without."""

# How many run at once, and how many wait: judgements. Two searches keep the two cores busy that all
# was measured on, and the tests hold that 200 searches at once are all answered. Pictures are
# decoded in processes and wait for disks as well, so more of them run.
SEARCHES = (2, 300)
PICTURES = (4, 400)


@dataclass(frozen=True)
class Shelves:
    """The videos of one revision of the catalog, by id and by where they lie.

    `titles` tells them apart: a file's name by location, with as many folders as that takes.
    """

    revision: int
    by_id: dict[int, VideoRecord]
    by_location: dict[str, VideoRecord]
    titles: dict[str, str]


@dataclass
class AppState:
    """Everything that the routes share.

    Args:
        recipe: how the engine is made.
        registry: the components of the configuration.
        engine: the engine; None where a part is missing that no search can do without.
        lacks: why a component cannot run, by slot.
        folders: the folders that videos may be added from.
        searches: bounds how many searches run and wait.
        pictures: bounds how many pictures are decoded and wait.
    """

    recipe: Recipe
    registry: Registry
    engine: Engine | None
    lacks: dict[str, str]
    folders: Sequence[Path] = ()
    searches: ConcurrencyLimit = field(default_factory=partial(ConcurrencyLimit, *SEARCHES))
    pictures: ConcurrencyLimit = field(default_factory=partial(ConcurrencyLimit, *PICTURES))
    _shelves: Shelves | None = None
    _map: Projection | None = None
    _lock: Lock = field(default_factory=Lock)
    _drawing: Lock = field(default_factory=Lock)

    @property
    def working(self) -> Engine:
        """The engine.

        Raises:
            MissingPackage: it cannot run; the reason is given.
        """
        if self.engine is None:
            raise MissingPackage("; ".join(self.lacks.values()))
        return self.engine

    @cached_property
    def catalog(self) -> Catalog:
        """The record of the index, which may be there even where the engine cannot run."""
        return self.engine.catalog if self.engine else Catalog(self.recipe.index)

    @cached_property
    def frames(self) -> FrameCache:
        """The pictures of videos."""
        return FrameCache(Path(self.recipe.index) / "frames", self.working.components.decoder.read)

    @cached_property
    def adder(self) -> Adder:
        """The runner of indexing in the background."""
        return Adder(self.recipe)

    def shelves(self) -> Shelves:
        """Return the videos as they are now."""
        revision = self.catalog.revision
        with self._lock:
            if self._shelves is None or self._shelves.revision != revision:
                damaged = damaged_records(self.catalog)
                videos = [v for v in self.catalog.videos() if v.id not in damaged]
                self._shelves = Shelves(
                    revision,
                    {video.id: video for video in videos if video.id is not None},
                    {video.location: video for video in videos},
                    distinct_ends([video.location for video in videos]),
                )
            return self._shelves

    def projection(self) -> Projection:
        """Return the map of the index as it is now."""
        with self._drawing:
            if self._map is None or self._map.revision != self.catalog.revision:
                self._map = project_index(self.working.search_index)
            return self._map

    def video(self, id: int) -> VideoRecord:
        """Return a video by id.

        Raises:
            NotFound: there is none.
        """
        found = self.shelves().by_id.get(id)
        if found is None:
            raise NotFound(f"there is no video {id} in the index")
        return found

    def moment(self, moment: MomentModel) -> MomentRef:
        """Return a moment of a request by where its video lies."""
        return MomentRef(self.video(moment.video).location, moment.time)

    def fusion(self, name: str | None) -> str | None:
        """Return the name of a fusion strategy; a path is none, whatever lies there."""
        if name is not None and ("fusion_strategy", name) not in self.registry.entries:
            raise InvalidInput(f"unknown fusion_strategy {name!r}.{closest(name, self.fusions)}")
        return name

    @property
    def fusions(self) -> list[str]:
        """The names of the strategies that can run."""
        entries = self.registry.entries.values()
        kind = [entry for entry in entries if entry.kind == "fusion_strategy"]
        return [entry.name for entry in kind if not entry.problem]

    def close(self) -> None:
        """End what is running."""
        if "adder" in self.__dict__:
            self.adder.stop()
        if self.engine is not None:
            self.engine.close()


def open_state(
    preset: str = "starter",
    index: str | Path = ".moodreel",
    config: str | None = None,
    overrides: Sequence[str] = (),
    folders: Sequence[str | Path] = (),
    plugins: Sequence[str | Path] = (),
) -> AppState:
    """Make the engine, without the parts that it can do without and that cannot run here.

    Args:
        preset: the preset of the registry.
        index: the folder of the index.
        config: a YAML file that is merged over registry.yaml.
        overrides: settings over those of files, as "key=value".
        folders: the folders that videos may be added from.
        plugins: files with plugins that are not installed.

    Raises:
        ConfigurationError: an unknown name or option.
        InvalidInput: a folder does not exist.
    """
    for folder in folders:
        if not Path(folder).is_dir():
            raise InvalidInput(f"{folder}: no such folder")
    registry = Registry.load(preset, config, overrides, plugins=plugins)
    lacks = {
        slot: reason
        for slot in OPTIONAL
        if slot in registry.settings.slots and (reason := failure(partial(registry.slot, slot)))
    }
    kept = (*overrides, *(f"{slot}=null" for slot in lacks))
    recipe = Recipe(preset, str(index), config, tuple(kept), tuple(map(str, plugins)))
    engine: Engine | None = None
    try:
        engine = recipe.make()
    except ConfigurationError as error:
        lacks["engine"] = str(error)
    return AppState(recipe, registry, engine, lacks, [Path(folder).resolve() for folder in folders])


def failure(build: Callable[[], object]) -> str:
    """Return why something cannot be built, or nothing."""
    try:
        build()
    except MoodreelError as error:
        return str(error)
    return ""
