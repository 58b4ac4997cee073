"""What tests share: real models, real videos, one index of the sample clips for the session."""

from pathlib import Path

import pytest

from moodreel import Engine, Registry
from moodreel.plugins import gather_components, load_plugins
from moodreel.settings import load_settings

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch):
    for name in ("MOODREEL_CONFIG", "MOODREEL_INDEX", "MOODREEL_DISABLE_PLUGINS"):
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
def demo(tmp_path_factory):
    """The folder that `moodreel demo --to` makes: videos and an index of them."""
    from moodreel.samples import make_samples

    folder = tmp_path_factory.mktemp("demo")
    make_samples(folder / "videos")
    with Engine.from_preset("starter", index=folder / "index") as engine:
        report = engine.index(folder / "videos")
    assert not report.failed
    return folder


@pytest.fixture(scope="session")
def engine(demo):
    with Engine.from_preset("starter", index=demo / "index") as engine:
        yield engine


@pytest.fixture
def registry_with():
    """Build a registry with plugins that are not installed."""

    def build(*plugins, config=None, overrides=()):
        found = gather_components(load_plugins(plugins))
        return Registry(load_settings("starter", config, overrides), found)

    return build
