"""The API: every route, as the page uses it, and every error as problem+json."""

import re
from base64 import b64encode
from io import BytesIO

import pytest
from PIL import Image

from nearness import ROUNDING


def search(client, **query):
    answer = client.post("/api/search", json=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def named(found):
    return [hit["name"] for hit in found["hits"]]


def refused(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert "\n" not in problem["detail"]
    return problem["detail"]


def png(picture):
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return b64encode(buffer.getvalue()).decode()


def test_search_finds_says_why_and_whether_it_is_sure(client):
    found = search(client, text="a cat", top=3)
    assert named(found)[0] == "cat.mp4"
    first = found["hits"][0]
    assert (first["rank"], first["start"], first["weak"]) == (1, 0.0, False)
    assert first["why"].startswith("shows it ")
    told = [float(number) for number in re.findall(r"-?\d\.\d\d", first["why"])]
    assert sum(told) == pytest.approx(first["content_score"], abs=0.011)
    assert found["confident"]
    assert not search(client, text="two lawyers shake hands in an office")["confident"]


def test_search_gives_what_the_engine_gives(client, engine):
    hits = engine.search("an animal", emotions={"joy": 1}, weight=0.3, fusion="late", top=5)
    found = search(client, text="an animal", emotions={"joy": 1}, weight=0.3, fusion="late", top=5)
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == pytest.approx([hit.score for hit in hits], abs=ROUNDING)


def test_emotions_are_read_from_the_text_unless_they_are_given(client):
    assert set(client.post("/api/emotions", json={"text": "a joyful cat"}).json()) == {"joy"}
    assert client.post("/api/emotions", json={"text": ""}).json() == {}
    assert set(search(client, text="a joyful cat")["emotions"]) == {"joy"}
    assert search(client, text="a joyful cat", emotions={"fear": -1})["emotions"] == {"fear": -1}
    assert search(client, text="a joyful cat", emotions={})["emotions"] == {}


def test_a_picture_and_examples_refine_a_search(client, engine, demo, ids):
    frame = engine.frame(str(demo / "videos" / "coffee.mp4"), time=1.0)
    found = search(client, picture=png(Image.fromarray(frame)), top=1)
    assert named(found) == ["coffee.mp4"]
    best = named(search(client, text="an animal"))[0]
    refined = search(client, text="an animal", unlike=[{"video": ids[best], "time": 0}])
    assert named(refined)[0] != best
    similar = client.get(f"/api/videos/{ids[best]}/similar?time=0&top=20").json()
    assert best not in named(similar)


def test_filters_leave_the_others_out(client):
    assert named(search(client, text="a cat", filters={"path": "HORSE"})) == ["horse.mp4"]
    assert named(search(client, text="a cat", filters={"longer": 9})) == ["bikes.mp4"]


def test_recommendations_come_with_reasons_and_leave_the_liked_out(client, ids):
    asked = {"like": [{"video": ids["moon.mp4"], "time": 1}], "top": 5}
    found = client.post("/api/recommend", json=asked).json()
    assert len(found["hits"]) == 5
    assert "moon.mp4" not in named(found)
    assert all(hit["why"] for hit in found["hits"])
    refused(client.post("/api/recommend", json={}), 422)


def test_moods_have_a_shelf_each_without_weak_hits(client):
    shelves = {shelf["emotion"]: shelf["hits"] for shelf in client.get("/api/moods").json()}
    assert len(shelves) == 8
    assert shelves["joy"][0]["name"] == "astronaut.mp4"
    assert shelves["trust"] == []


def test_a_video_has_facts_a_timeline_and_pictures(client, ids):
    id = ids["bikes.mp4"]
    facts = client.get(f"/api/videos/{id}").json()
    assert (facts["width"], facts["height"], facts["name"]) == (640, 272, "bikes.mp4")
    timeline = client.get(f"/api/videos/{id}/timeline").json()
    assert [part["start"] for part in timeline["stretches"]] == [0, 5]
    assert "joy" in timeline["observes"]
    assert "trust" not in timeline["observes"]
    frame = client.get(f"/api/videos/{id}/frame?time=5&width=160")
    assert frame.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(frame.content)).size == (160, 68)
    late = client.get(f"/api/videos/{id}/frame?time=100000")
    assert Image.open(BytesIO(late.content)).width == 320
    strip = Image.open(BytesIO(client.get(f"/api/videos/{id}/strip").content))
    assert strip.size == (127 * 12, 54)


def test_the_file_comes_whole_or_in_ranges(client, demo, ids):
    data = (demo / "videos" / "cat.mp4").read_bytes()
    url = f"/api/videos/{ids['cat.mp4']}/file"
    whole = client.get(url)
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["content-type"] == "video/mp4"
    part = client.get(url, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, data[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(data)}"
    assert client.get(url, headers={"Range": "bytes=-50"}).content == data[-50:]
    assert client.get(url, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert client.head(url).headers["content-length"] == str(len(data))


def test_the_map_places_every_segment(client):
    points = client.get("/api/map").json()["points"]
    assert len(points) == 22
    assert len({(point["x"], point["y"]) for point in points}) == 22
    assert all(-1 <= point["x"] <= 1 and -1 <= point["y"] <= 1 for point in points)
    assert {point["mood"] for point in points if point["name"] == "astronaut.mp4"} == {"joy"}


def test_the_page_learns_what_there_is_to_choose_from(client, demo):
    setup = client.get("/api/setup").json()
    assert setup["emotions"][0] == "joy"
    assert {"joy", "anger"} <= set(setup["observed"]) < set(setup["emotions"])
    assert {"baseline", "late"} <= set(setup["fusions"])
    assert setup["folders"] == [{"id": 0, "name": "videos", "path": str(demo / "videos")}]
    health = client.get("/api/health").json()
    assert (health["status"], health["videos"], health["segments"]) == ("ok", 21, 22)
    components = client.get("/api/components").json()
    assert [part["name"] for part in components if part["used"] and "store" in part["kind"]]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"text": " "},
        {"text": "a" * 1001},
        {"text": "a cat", "top": 0},
        {"text": "a cat", "weight": 2},
        {"text": "a cat", "emotions": {"joy": 1.5}},
        {"text": "a cat", "emotions": {"hunger": 1}},
        {"text": "a cat", "fusion": "nothing"},
        {"text": "a cat", "fusion": "/etc/passwd"},
        {"text": "a cat", "fusion": "../../secret"},
        {"text": "a cat", "like": [{"video": 1, "time": -1}]},
        {"text": "a cat", "surprise": True},
        {"picture": "not base 64!"},
        {"picture": b64encode(b"not a picture").decode()},
    ],
)
def test_a_wrong_query_is_refused_in_one_line(client, query):
    refused(client.post("/api/search", json=query), 422)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ['"weight": {}', '"emotions": {{"joy": {}}}'])
def test_numbers_that_are_none_are_refused(client, field, value):
    body = '{"text": "a cat", ' + field.format(value) + "}"
    answer = client.post("/api/search", content=body, headers={"Content-Type": "application/json"})
    refused(answer, 422)


def test_a_picture_bomb_is_refused(client):
    bomb = png(Image.new("1", (20_000, 20_000)))
    assert "too many pixels" in refused(client.post("/api/search", json={"picture": bomb}), 422)


def test_what_is_not_there_is_said(client):
    for path in ("", "/timeline", "/frame", "/strip", "/file", "/similar"):
        assert "no video 999" in refused(client.get(f"/api/videos/999{path}"), 404)
    refused(client.get("/api/nothing"), 404)
    refused(client.get("/api/search"), 405)
    liked = {"text": "a cat", "like": [{"video": 999, "time": 0}]}
    refused(client.post("/api/search", json=liked), 404)


def test_a_file_that_is_gone_or_replaced_by_a_link_is_not_served(client, state, ids, tmp_path):
    record = state.video(ids["cat.mp4"])
    from pathlib import Path

    place, safe = Path(record.location), tmp_path / "safe.mp4"
    place.rename(safe)
    try:
        refused(client.get(f"/api/videos/{ids['cat.mp4']}/file"), 404)
        secret = tmp_path / "secret"
        secret.write_text("private")
        place.symlink_to(secret)
        refused(client.get(f"/api/videos/{ids['cat.mp4']}/file"), 404)
    finally:
        place.unlink(missing_ok=True)
        safe.rename(place)
    assert client.get(f"/api/videos/{ids['cat.mp4']}/file").status_code == 200


def test_what_is_to_be_known_of_an_answer_is_in_it(client):
    asked = {"text": "cat -dog", "emotions": {"trust": 1.0}}
    notes = client.post("/api/search", json=asked).json()["notes"]
    assert [note.split(" ")[0] for note in notes] == ["'-dog'", "no"]
    assert "Less like this" in notes[0]
    assert client.post("/api/search", json={"text": "a cat"}).json()["notes"] == []
