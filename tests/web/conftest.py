"""The application over the session's demo index: in process, and as a real server."""

import pytest
from starlette.testclient import TestClient

from moodreel.web.adding import Recipe
from moodreel.web.app import create_app
from moodreel.web.state import AppState
from serving import running


@pytest.fixture(scope="session")
def state(engine, demo):
    recipe = Recipe("starter", str(demo / "index"))
    return AppState(recipe, engine.registry, engine, {}, [demo / "videos"])


@pytest.fixture(scope="session")
def app(state):
    return create_app(state)


@pytest.fixture(scope="session")
def client(app):
    return TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)


@pytest.fixture(scope="session")
def site(app):
    with running(app) as address:
        yield address


@pytest.fixture(scope="session")
def ids(client):
    """The id of each video by its file name."""
    return {video["name"]: video["id"] for video in client.get("/api/videos").json()}
