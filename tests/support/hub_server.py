"""A model hub on this machine, as the hub's client asks it: for tests of fetching."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from urllib.parse import unquote, urlparse

COMMIT = "c" * 40
LARGE = (".safetensors", ".bin")


@dataclass
class Hub:
    """Models to serve, and how badly.

    Args:
        models: name -> folder with its files.
        breaks_after: connections break after so many bytes of a large file, so often as stands in
            `breaks_left`.
        spoils: names of files whose bytes are others than the hub states.
        status: what every question is answered with; None: as it should be.
        takes_ranges: whether a request for the rest of a file is answered with the rest.
        slow: whether the second half of a large file waits for `release`.
        asked: the requests for files: name, and the first byte that was asked for.
    """

    models: dict[str, Path]
    breaks_after: int = 0
    breaks_left: int = 0
    spoils: set[str] = field(default_factory=set)
    status: int | None = None
    takes_ranges: bool = True
    slow: bool = False
    half_sent: Event = field(default_factory=Event)
    release: Event = field(default_factory=Event)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def described(self, path):
        data = path.read_bytes()
        oid = sha1(b"blob %d\0" % len(data) + data).hexdigest()
        found = {"rfilename": path.name, "size": len(data), "blobId": oid}
        if path.name.endswith(LARGE):
            digest = sha256(data).hexdigest()
            found["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
        return found


def tree_row(row):
    """The same file as the listing of a folder has it."""
    made = {"type": "file", "path": row["rfilename"], "size": row["size"], "oid": row["blobId"]}
    if "lfs" in row:
        made["lfs"] = {**row["lfs"], "oid": row["lfs"]["sha256"]}
    return made


class Asked(BaseHTTPRequestHandler):
    """Answers the questions of the hub's client."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_):
        """Say nothing."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        path = unquote(urlparse(self.path).path)
        if self.hub.status:
            return self.send(b"", self.hub.status)
        for name, folder in self.hub.models.items():
            rows = [self.hub.described(file) for file in sorted(folder.iterdir())]
            if path.startswith(f"/api/models/{name}/tree/"):
                return self.send_json([tree_row(row) for row in rows])
            if path == f"/api/models/{name}" or path.startswith(f"/api/models/{name}/revision/"):
                return self.send_json({"id": name, "sha": COMMIT, "siblings": rows})
            if path.startswith(f"/{name}/resolve/"):
                return self.send_file(folder / path.rpartition("/")[2], body)
        return self.send(b"{}", 404, {"X-Error-Code": "RepoNotFound"})

    def send_json(self, held):
        self.send(json.dumps(held).encode(), 200, {"Content-Type": "application/json"})

    def send_file(self, path, body):
        if not path.is_file():
            return self.send(b"", 404, {"X-Error-Code": "EntryNotFound"})
        row, data = self.hub.described(path), path.read_bytes()
        if path.name in self.hub.spoils:
            data = bytes(255 - byte for byte in data)
        etag = row.get("lfs", {}).get("sha256", row["blobId"])
        start = self.first_byte()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if body:
            self.hub.asked.append((path.name, start))
        return self.send(data[start:], 206 if start else 200, headers, body, "lfs" in row)

    def first_byte(self):
        wanted = self.headers.get("Range", "") if self.hub.takes_ranges else ""
        return int(wanted.removeprefix("bytes=").partition("-")[0] or 0)

    def send(self, data, status, headers=(), body=True, large=False):
        self.send_response(status)
        for key, value in dict(headers).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body and large and self.hub.breaks_left and len(data) > self.hub.breaks_after:
            self.hub.breaks_left -= 1
            self.wfile.write(data[: self.hub.breaks_after])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
        elif body and large and self.hub.slow:
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.hub.half_sent.set()
            self.hub.release.wait(60)
        elif body:
            self.wfile.write(data)


@contextmanager
def serving_hub(hub):
    """Serve a hub; yield its address."""
    handler = type("Bound", (Asked,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # clients of these tests leave in the middle
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
