"""What tests share: real models, real videos, one index of the sample clips for the session."""

import subprocess
import sys
from dataclasses import dataclass
from json import loads

import pytest
from hypothesis import settings

import inputs
import named_videos
import places
from moodreel import Engine, Registry
from moodreel.registry.discovery import discover
from moodreel.registry.settings import load_settings

settings.register_profile("faults", max_examples=1000, deadline=None)

SHARED_DATA = places.SHARED / "data"


@pytest.fixture(scope="session", autouse=True)
def no_cache_of_the_user(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOODREEL_USER_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch):
    for name in (
        "MOODREEL_CONFIG",
        "MOODREEL_INDEX",
        "MOODREEL_DISABLE_PLUGINS",
        "MOODREEL_PLUGINS",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def shared_data():
    if not SHARED_DATA.is_dir():
        pytest.skip("needs ../shared/data, the data for development, which is not committed")
    return SHARED_DATA


@pytest.fixture(scope="session")
def registry():
    return Registry.load("starter")


@pytest.fixture(scope="session")
def text_encoder(registry):
    return registry.create("text_encoder", "minilm")


@pytest.fixture(scope="session")
def engine_at(registry):
    """Open an engine on a folder with the session's models: loading them takes most of the time.

    Overrides may choose components and segments, not change a component's definition.
    """

    def open_engine(folder, *overrides, plugins=()):
        mine = Registry.load("starter", overrides=overrides, plugins=plugins)
        mine._built = dict(registry._built) if plugins else registry._built
        return Engine(mine, folder)

    return open_engine


@pytest.fixture(scope="session")
def demo(tmp_path_factory, engine_at):
    """The folder that `moodreel demo --to` makes: videos and an index of them."""
    from moodreel.datasets.builders.samples import make_samples

    folder = tmp_path_factory.mktemp("demo")
    make_samples(folder / "videos")
    with engine_at(folder / "index") as engine:
        report = engine.index(folder / "videos")
    assert not report.failed
    return folder


@pytest.fixture(scope="session")
def engine(demo, engine_at):
    with engine_at(demo / "index") as engine:
        yield engine


@pytest.fixture(scope="session")
def cards(tmp_path_factory, engine_at):
    """Two cards, each indexed as DCIM, and videos with names of every kind, in one index."""
    folder = named_videos.write_cards(tmp_path_factory.mktemp("cards"))
    named_videos.write_named(folder / "names")
    with engine_at(folder / "index") as engine, pytest.MonkeyPatch.context() as patch:
        for place, path in (("card1", "DCIM"), ("card2", "DCIM"), (".", "names")):
            patch.chdir(folder / place)
            assert not engine.index(path).failed
    return folder


@pytest.fixture
def registry_with():
    """Build a registry with plugins that are not installed."""

    def build(*plugins, config=None, overrides=()):
        found = discover(extra=plugins)
        return Registry(load_settings("starter", config, overrides), found)

    return build


MSRVTT_CAPTIONS = {
    "astronaut": ["an astronaut in an orange suit", "a smiling, happy woman"],
    "bikes": ["cyclists on a road", "people riding bicycles in the street"],
    "carphone": ["a man talking in a car"],
    "cat": ["a kitten looking at the camera", "a cat"],
    "coffee": ["espresso in a white cup on a saucer"],
    "horse": ["silhouette of a horse"],
    "photographer": ["a man with a camera", "a sad man with a tripod"],
    "rocket": ["a spaceship taking off"],
}


@pytest.fixture(scope="session")
def msrvtt_shaped(demo, tmp_path_factory):
    """A folder with some of the demo's videos and annotations in the form that MSR-VTT has."""
    from json import dumps

    root = tmp_path_factory.mktemp("msrvtt")
    (root / "videos").mkdir()
    sentences, rows = [], ["key,vid_key,video_id,sentence"]
    for number, (name, captions) in enumerate(MSRVTT_CAPTIONS.items()):
        video = f"video{7000 + number}"
        (root / "videos" / f"{video}.mp4").symlink_to(demo / "videos" / f"{name}.mp4")
        sentences += [{"video_id": video, "caption": text} for text in captions]
        rows += [f'ret{len(rows)},msr{number},{video},"{text}"' for text in captions]
    rows.append("ret99,msr99,video9999,a video that nobody has")
    (root / "MSRVTT_data.json").write_text(dumps({"videos": [], "sentences": sentences}))
    (root / "MSRVTT_JSFUSION_test.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture(scope="session")
def dataset_cache(tmp_path_factory):
    """The folder where features of datasets are kept for the session."""
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="session")
def material(msrvtt_shaped, dataset_cache):
    """What strategies are compared on: the MSR-VTT-shaped dataset, its videos whole."""
    from moodreel.datasets import load_dataset
    from moodreel.evaluation.material import gather_material

    overrides = ["segments.length=0"]
    with Engine.from_preset("starter", index=dataset_cache / "index", overrides=overrides) as whole:
        dataset = load_dataset("msrvtt-1k-a", root=msrvtt_shaped)
        yield gather_material(dataset, whole.components, dataset_cache)


@pytest.fixture(scope="session")
def world(tmp_path_factory, text_encoder):
    """A small dataset of features in which mood and scene are known: nothing is decoded."""
    return inputs.write_world(tmp_path_factory.mktemp("world"), text_encoder)


@pytest.fixture(scope="session")
def labels(tmp_path_factory):
    """Labels of some of the demo's videos."""
    return inputs.write_labels(tmp_path_factory.mktemp("labels"))


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """Photographs of faces, in folders named after expressions."""
    return inputs.write_faces(tmp_path_factory.mktemp("faces"))


@pytest.fixture(scope="session")
def scenes(tmp_path_factory):
    """Photographs of scenes, named after what they show."""
    return inputs.write_scenes(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="session")
def reaction_clips(faces, scenes, tmp_path_factory):
    """The folder that `moodreel make-dataset reaction-clips --seed 3 --to` makes of them."""
    from moodreel.datasets.builders.reaction_clips import make_reactions

    folder = tmp_path_factory.mktemp("reactions")
    make_reactions(folder, faces, scenes, seed=3)
    return folder


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def objects(self):
        return [loads(line) for line in self.out.splitlines()]


@pytest.fixture
def moodreel(capfd, monkeypatch, registry):
    """Call a command in this process, with the session's models."""
    from moodreel.cli import run

    load = Registry.load.__func__

    def load_shared(kind, preset="starter", config=None, overrides=(), **more):
        mine = load(kind, preset, config, overrides, **more)
        if config is None and not any(item.startswith("components") for item in overrides):
            mine._built = dict(registry._built) if mine.settings.plugins else registry._built
        return mine

    monkeypatch.setattr(Registry, "load", classmethod(load_shared))

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return call


@pytest.fixture
def shell():
    """Run a command in a process of its own."""

    def call(*arguments, **options):
        command = [sys.executable, "-m", "moodreel", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, **options)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call
