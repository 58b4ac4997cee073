"""The API tells videos of one path apart, and gives every name as text that can be shown."""

from json import dumps

import pytest
from starlette.testclient import TestClient

from moodreel.web.adding import Recipe
from moodreel.web.app import create_app
from moodreel.web.state import AppState
from named_videos import NAMES


@pytest.fixture(scope="module")
def client(cards, engine_at):
    with engine_at(cards / "index") as engine:
        recipe = Recipe("starter", str(cards / "index"))
        state = AppState(recipe, engine.registry, engine, {}, [cards])
        app = create_app(state)
        yield TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)


def search(client, **query):
    answer = client.post("/api/search", json=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]


@pytest.mark.parametrize(
    ("text", "card"), [("a cup of coffee", "card2"), ("a rocket on a launch pad", "card1")]
)
def test_each_of_two_files_with_one_path_is_served_as_itself(client, cards, text, card):
    hits = search(client, text=text, filters={"path": "DCIM"})
    assert len({hit["video"] for hit in hits}) == 2
    best = hits[0]
    place = cards / card / "DCIM" / "a.mp4"
    assert best["location"] == str(place)
    assert (best["name"], best["folder"]) == ("a.mp4", f"{card}/DCIM")
    assert client.get(f"/api/videos/{best['video']}/file").content == place.read_bytes()
    assert client.get(f"/api/videos/{best['video']}").json()["location"] == str(place)
    frames = [client.get(f"/api/videos/{hit['video']}/frame").content for hit in hits]
    assert frames[0] != frames[1]
    near = client.get(f"/api/videos/{best['video']}/similar?time=0&top=20").json()["hits"]
    assert best["video"] not in {hit["video"] for hit in near}
    assert hits[1]["video"] in {hit["video"] for hit in near}
    whole = client.get(f"/api/videos/{best['video']}/similar?top=20").json()["hits"]
    assert {hit["video"] for hit in whole} == {hit["video"] for hit in near}
    liked = search(client, like=[{"video": best["video"], "time": 0}], filters={"path": "DCIM"})
    assert liked[0]["video"] == best["video"]


def test_recommendations_leave_out_the_liked_one_alone(client):
    first, second = search(client, text="a picture", filters={"path": "DCIM"})
    asked = {"like": [{"video": first["video"], "time": 0}], "top": 20}
    found = client.post("/api/recommend", json=asked).json()["hits"]
    assert first["video"] not in {hit["video"] for hit in found}
    assert second["video"] in {hit["video"] for hit in found}


def test_every_name_is_listed_shown_and_served(client):
    videos = client.get("/api/videos").json()
    assert len(videos) == len(NAMES) + 2
    names = {video["name"] for video in videos}
    assert {r"caf\xe9.mp4", r"two\nlines \x1b[31m.mp4", "[red]x[bold].mp4", "].mp4"} <= names
    for video in videos:
        base = f"/api/videos/{video['id']}"
        assert all(text.isprintable() for text in (video["name"], video["path"]))
        assert client.get(f"{base}/file").status_code == 200
        assert client.get(f"{base}/frame").status_code == 200
        assert client.get(f"{base}/timeline").json()["video"]["id"] == video["id"]
    points = client.get("/api/map").json()["points"]
    assert {point["video"] for point in points} == {video["id"] for video in videos}
    assert {"card1/DCIM/a.mp4", "card2/DCIM/a.mp4"} <= {point["name"] for point in points}


def test_a_name_that_is_no_text_is_no_500(client):
    for path in ("\ud800", "caf\\xe9", "\udce9"):
        body = dumps({"text": "a picture", "filters": {"path": path}})
        answer = client.post(
            "/api/search", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (200, 422), answer.text
