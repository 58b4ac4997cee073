"""Request guards against other sites: hosts, origins, body sizes and security headers.

A server on a local port can be reached by every page that the user's browser opens. A page of
another site is refused by its origin, also when its name was made to point at this machine (DNS
rebinding), for then the host's name is not one of ours.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moodreel.web.problems import problem

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The most bytes of a request's body, without and with a picture: judgements, not measured. 9 MB of
# a picture are 12 million characters in base 64 (moodreel.web.models.MOST_PICTURE).
SMALL_BODY = 64_000
LARGE_BODY = 13_000_000
LARGE_PATHS = ("/api/search",)  # a picture may come with a search
PAGES = ("/",)


class Guard:
    """Refuses what does not come from the page itself or from the user's own programs.

    Args:
        app: the application that is guarded.
        hosts: the host names that the server may be called by, besides loopback ones.
        any_address: whether any IP address is allowed as a host, for a server that listens on all.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), any_address: bool = False) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts} | {"localhost"}
        self.any_address = any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, pass it on, and add the headers to the answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        refusal = self.refuse(scope, headers)
        if refusal:
            status, detail = refusal
            await problem(status, detail)(scope, receive, send_guarded)
            return
        limit = LARGE_BODY if scope["path"] in LARGE_PATHS else SMALL_BODY
        body = await read_body(receive, limit)
        if body is None:
            detail = f"a request of more than {limit // 1000} kB is too large"
            await problem(413, detail, {"Connection": "close"})(scope, receive, send_guarded)
            return
        await self.app(scope, replay(body, receive), send_guarded)

    def refuse(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return the status and the reason if a request is to be refused."""
        host = headers.get("host", "")
        if not self.knows(host):
            return 403, "this name is not one that the server was started with (--allow-host)"
        origin = headers.get("origin")
        if origin is not None and not same_site(origin, host):
            return 403, "requests from other sites are refused"
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and not is_visit(scope, headers):
            return 403, "requests from other sites are refused"
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400, "the request's length is no number"
        return None

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name = host_name(host)
        if name in self.hosts:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self.any_address


def host_name(host: str) -> str:
    """Return a Host header's name without the port; "" if it is none.

    >>> host_name("LocalHost:8765"), host_name("[::1]:8765"), host_name("a@b")
    ('localhost', '::1', '')
    """
    try:
        parts = urlsplit(f"//{host}")
        return "" if "@" in host or parts.path else (parts.hostname or "")
    except ValueError:
        return ""


def same_site(origin: str, host: str) -> bool:
    """Whether an Origin header is that of the host itself."""
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


def is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether a request from elsewhere is a user who follows a link to the page."""
    goes = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
    return goes and headers.get("sec-fetch-dest") == "document" and scope["path"] in PAGES


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """Return a request's body; None if it is longer than the limit."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > limit:
            return None
    return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a channel that gives the body once, and then what the client does."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
