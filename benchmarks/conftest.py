"""What benchmarks share: sample videos, and a large index."""

import pytest
from large_index import VIDEOS, DrawnEncoder, LargeIndex, write_video

from moodreel import Registry
from moodreel.catalog.catalog import Catalog
from moodreel.datasets.builders.samples import make_samples
from moodreel.search.vectors import Source, fused_vectors


@pytest.fixture(scope="session")
def registry():
    return Registry.load("starter")


@pytest.fixture(scope="session")
def sample_videos(tmp_path_factory):
    return make_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def large_index(registry, tmp_path_factory):
    catalog = Catalog(tmp_path_factory.mktemp("large") / "index", create=True)
    captioner = registry.slot("captioner")
    source = Source(catalog, DrawnEncoder(), registry.slot("video_emotion"), captioner)
    for number in range(VIDEOS):
        write_video(catalog, number, source)
    strategy = registry.fresh("fusion_strategy")
    yield LargeIndex(source, fused_vectors(source, strategy, registry.fresh("vector_store")))
    catalog.close()
