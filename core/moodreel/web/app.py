"""The application: routes, guards, and the page."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import numpy as np
from fastapi import APIRouter, FastAPI
from PIL import Image
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from moodreel import __version__
from moodreel.errors import MoodreelError
from moodreel.web import about, indexing, searching, videos
from moodreel.web.frames import encode_jpeg
from moodreel.web.guards import Guard
from moodreel.web.problems import RESPONSES, add_handlers
from moodreel.web.state import AppState

STATIC = Path(__file__).with_name("static")
PAGE = {"/": "index.html", "/style.css": "style.css", "/icon.svg": "icon.svg"}


def create_app(state: AppState, hosts: Iterable[str] = (), any_address: bool = False) -> FastAPI:
    """Return the application over a state, which is closed with it.

    Args:
        state: the application's state.
        hosts: host names that the server may be called by, besides loopback ones.
        any_address: whether the server may be called by any IP address.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        Thread(target=warm_up, args=(state,), daemon=True).start()
        yield
        state.close()

    app = FastAPI(
        title="moodreel",
        version=__version__,
        description="Finds videos, and moments in them, by what they show and how they feel.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.state.state = state
    add_handlers(app)
    routes = APIRouter(prefix="/api", responses=RESPONSES)
    for part in (searching, videos, indexing, about):
        routes.include_router(part.router)
    app.include_router(routes)
    for path, name in PAGE.items():
        app.add_route(path, page_file(STATIC / name), include_in_schema=False)
    app.mount("/js", StaticFiles(directory=STATIC / "js"), name="scripts")
    app.add_middleware(Guard, hosts=tuple(hosts), any_address=any_address)
    return app


def page_file(path: Path) -> Callable[[Request], FileResponse]:
    """Return a route that gives one file of the page."""

    def give(request: Request) -> FileResponse:
        return FileResponse(path, headers={"Cache-Control": "no-cache"})

    return give


def warm_up(state: AppState) -> None:
    """Load what a first search needs, by text and by picture, before somebody waits for it."""
    black = np.zeros((8, 8, 3), np.uint8)
    try:
        state.working.search("anything", top=1)
        state.working.search(image=encode_jpeg(Image.fromarray(black)), top=1)
    except MoodreelError:
        return  # there is nothing to be searched yet; whoever asks is told why
