"""What keeps other sites out, and what a crowd or a monster of a request meets."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import httpx
import pytest

from moodreel.web.guards import Guard, host_name
from moodreel.web.problems import Busy

QUERY = {"text": "a cat", "top": 5}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8765",
        "192.168.1.5:8765",
        "user@127.0.0.1",
        "",
        "[::1",
        "127.0.0.1/x",
    ],
)
def test_a_foreign_name_is_refused(client, host):
    answer = client.get("/api/health", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765"])
def test_this_machines_names_are_known(client, host):
    assert client.get("/api/setup", headers={"Host": host}).status_code == 200


def test_names_can_be_allowed_and_all_addresses():
    guard = Guard(None, ["reels.local"])
    assert guard.knows("reels.local:8765")
    assert not guard.knows("192.168.1.5")
    assert Guard(None, any_address=True).knows("192.168.1.5:8765")
    assert not Guard(None, any_address=True).knows("evil.example")
    assert host_name("[::1]:80") == "::1"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_requests_of_other_sites_are_refused(client, headers):
    assert client.post("/api/search", json=QUERY, headers=headers).status_code == 403
    assert client.get("/api/videos", headers=headers).status_code == 403


def test_the_page_itself_and_a_followed_link_are_let_in(client):
    own = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/search", json=QUERY, headers=own).status_code == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    link["Sec-Fetch-Dest"] = "document"
    assert client.get("/", headers=link).status_code == 200
    assert client.get("/api/videos", headers=link).status_code == 403


def test_the_policy_allows_no_inline_script_and_no_other_site(client):
    for path in ("/", "/js/main.js", "/api/health", "/api/nothing"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "http" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    ["/../app.py", "/%2e%2e/app.py", "/js/..%2f..%2fapp.py", "//etc/passwd", "/js/%00", "/app.py"],
)
def test_no_path_leaves_the_page(site, path):
    with socket.create_connection(site.removeprefix("http://").split(":")) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert answer.split()[1] in (b"404", b"403", b"400")


def test_a_query_of_a_megabyte_is_refused(client):
    big = client.post("/api/search", json={"text": "a" * 1_000_000})
    assert big.status_code == 422
    small = client.post("/api/emotions", json={"text": "a" * 1_000_000})
    assert small.status_code == 413
    assert small.headers["content-type"] == "application/problem+json"


def test_an_endless_body_is_cut_off(site):
    def forever():
        for _ in range(400):
            yield b" " * 100_000

    try:
        answer = httpx.post(f"{site}/api/search", content=forever(), timeout=30)
        assert answer.status_code == 413
    except httpx.TransportError:
        pass  # cut off while it was still sending
    assert httpx.get(f"{site}/api/health", timeout=30).status_code == 200


def memory():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def test_two_hundred_at_once_are_answered_and_leave_nothing_behind(site):
    def ask(number):
        text = f"an animal, number {number % 20}"
        answer = httpx.post(f"{site}/api/search", json={"text": text}, timeout=120)
        return answer.status_code

    with ThreadPoolExecutor(200) as crowd:
        first = list(crowd.map(ask, range(200)))
        before = memory()
        second = list(crowd.map(ask, range(80)))
    assert set(first + second) <= {200, 503}
    assert first.count(200) >= 100
    assert memory() - before < 60


def test_past_the_waiting_ones_a_crowd_is_refused():
    from moodreel.web.concurrency import ConcurrencyLimit

    async def ask():
        crowd = ConcurrencyLimit(1, 2)
        asked = [asyncio.ensure_future(crowd.run(lambda: monotonic())) for _ in range(5)]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(ask())
    assert [isinstance(answer, Busy) for answer in answers] == [False] * 3 + [True] * 2
