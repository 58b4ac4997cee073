"""Adding videos while the server answers, and an application that lacks some of its parts."""

import json
import shutil
from time import monotonic

import httpx
import pytest
from starlette.testclient import TestClient

from moodreel.errors import InvalidInput
from moodreel.web.app import create_app
from moodreel.web.state import open_state
from serving import running


def test_a_folder_is_indexed_with_progress_and_failures_while_searches_go_on(demo, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    for name in ("cat.mp4", "coffee.mp4"):
        shutil.copy(demo / "videos" / name, folder)
    (folder / "broken.mp4").write_bytes(b"no video at all")
    state = open_state(index=tmp_path / "index", folders=[folder])
    slowest, states = 0.0, []
    with running(create_app(state)) as site:
        assert httpx.get(f"{site}/api/health").json()["status"] == "empty"
        assert httpx.post(f"{site}/api/indexing", json={"folder": 0}).status_code == 202
        again = httpx.post(f"{site}/api/indexing", json={"folder": 0})
        assert (again.status_code, "being indexed" in again.json()["detail"]) == (503, True)
        with httpx.stream("GET", f"{site}/api/indexing/events", timeout=120) as events:
            for line in events.iter_lines():
                started = monotonic()
                assert httpx.get(f"{site}/api/setup").status_code == 200
                slowest = max(slowest, monotonic() - started)
                if line.startswith("data: "):
                    states.append(json.loads(line.removeprefix("data: ")))
                    if states[-1]["state"] != "running":
                        break
        hits = httpx.post(f"{site}/api/search", json={"text": "a cat"}, timeout=60).json()["hits"]
    last = states[-1]
    assert (last["state"], last["summary"]) == ("done", {"added": 2, "failed": 1})
    assert [failure["path"] for failure in last["failures"]] == ["broken.mp4"]
    assert any(state["total"] == 3 for state in states)
    assert [hit["name"] for hit in hits] == ["cat.mp4", "coffee.mp4"]
    assert slowest < 3


def test_only_the_servers_own_folders_can_be_added(client):
    assert client.post("/api/indexing", json={"folder": 1}).status_code == 404
    assert client.post("/api/indexing", json={"folder": "/etc"}).status_code == 422
    assert client.post("/api/indexing", json={"path": "/etc"}).status_code == 422


def test_a_folder_that_is_not_there_is_refused_at_the_start(tmp_path):
    with pytest.raises(InvalidInput, match="no such folder"):
        open_state(index=tmp_path, folders=[tmp_path / "nowhere"])


@pytest.fixture
def lacking(monkeypatch):
    """Make some packages look as if they were not installed."""

    def lack(*modules):
        from moodreel.registry import entries

        known = entries.is_installed
        monkeypatch.setattr(
            entries, "is_installed", lambda module: module not in modules and known(module)
        )

    return lack


def test_without_the_face_network_everything_else_works(demo, lacking):
    lacking("h5py")
    state = open_state(index=demo / "index")
    client = TestClient(create_app(state), base_url="http://localhost")
    health = client.get("/api/health").json()
    assert health["status"] == "limited"
    assert [lack["part"] for lack in health["lacks"]] == ["seeing emotions in videos"]
    assert "h5py" in health["lacks"][0]["problem"]
    found = client.post("/api/search", json={"text": "a cat", "top": 1}).json()["hits"]
    assert (found[0]["name"], found[0]["emotions"]) == ("cat.mp4", {})
    assert client.get("/api/moods").status_code == 200
    state.close()


def test_without_an_encoder_the_page_says_what_to_install(demo, lacking, ids):
    lacking("timm")
    state = open_state(index=demo / "index")
    client = TestClient(create_app(state), base_url="http://localhost")
    health = client.get("/api/health").json()
    assert health["status"] == "unusable"
    assert "pip install timm" in health["lacks"][0]["problem"]
    answer = client.post("/api/search", json={"text": "a cat"})
    assert (answer.status_code, "timm" in answer.json()["detail"]) == (503, True)
    assert client.get("/").status_code == 200
    assert client.get(f"/api/videos/{ids['cat.mp4']}/file").status_code == 200
    assert any(part["problem"] for part in client.get("/api/components").json())
    state.close()


def test_an_index_made_with_other_components_is_said_to_lack_these(demo):
    state = open_state(index=demo / "index", overrides=["video_encoder.temperature=9"])
    client = TestClient(create_app(state), base_url="http://localhost")
    health = client.get("/api/health").json()
    assert health["status"] == "limited"
    assert "21 of 21 videos lack it" in health["lacks"][0]["problem"]
    assert client.post("/api/search", json={"text": "a cat"}).json()["hits"] == []
    assert client.get("/api/map").json()["points"] == []
    state.close()


def test_without_an_index_the_page_says_how_to_make_one(tmp_path):
    state = open_state(index=tmp_path / "nothing")
    client = TestClient(create_app(state), base_url="http://localhost")
    health = client.get("/api/health").json()
    assert health["status"] == "empty"
    assert "moodreel index" in health["lacks"][0]["problem"]
    answer = client.post("/api/search", json={"text": "a cat"})
    assert (answer.status_code, answer.json()["status"]) == (503, 503)


def test_a_strategy_of_a_file_is_searched_with(demo, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from moodreel import hookimpl\n"
        "from moodreel.fusion import FusionStrategy\n"
        "class Mine(FusionStrategy): pass\n"
        "@hookimpl\n"
        "def register_fusion_strategies(register): register('mine', Mine)\n"
    )
    state = open_state(index=demo / "index", plugins=[file])
    client = TestClient(create_app(state), base_url="http://localhost")
    found = client.post("/api/search", json={"text": "a cat", "top": 1, "fusion": "mine"}).json()
    assert found["hits"][0]["name"] == "cat.mp4"
    state.close()
