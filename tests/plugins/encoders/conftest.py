"""Small models of each family, which the tests of encoders share."""

import pytest

from tiny_models import save_clip, save_siglip, save_vip


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """A folder in transformers' form for each family."""
    home = tmp_path_factory.mktemp("models")
    return {
        "clip": save_clip(home / "clip"),
        "siglip": save_siglip(home / "siglip"),
        "clip-vip": save_vip(home / "clip-vip"),
    }
