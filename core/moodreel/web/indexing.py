"""Routes for indexing: start a run, read its state, and follow it by server-sent events."""

from asyncio import sleep
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response, StreamingResponse

from moodreel.web.adding import Adder
from moodreel.web.models import AddRequest, Indexing
from moodreel.web.problems import Busy, NotFound
from moodreel.web.sharing import get_state
from moodreel.web.state import AppState

router = APIRouter()
Shared = Annotated[AppState, Depends(get_state)]
LOOK = 0.2  # seconds between looks at the state, too short to be noticed: a judgement
HEARTBEAT = 75  # looks without news, 15 s, after which a sign of life is sent: a judgement
MOST_LISTENERS = 32  # event streams at once, far more than pages in use: a judgement, not measured
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "one event a change"}
}
listeners = 0


@router.get("/indexing")
def state(state: Shared) -> Indexing:
    """Say where indexing stands."""
    return state.adder.state


@router.post("/indexing", status_code=202)
def start(asked: AddRequest, state: Shared) -> Indexing:
    """Start to index one of the folders that the server was started with."""
    if asked.folder >= len(state.folders):
        raise NotFound(
            f"there is no folder {asked.folder}; start the server with --add FOLDER to have one"
        )
    return state.adder.start(state.folders[asked.folder])


@router.get("/indexing/events", response_class=Response, responses=EVENTS)
async def events(state: Shared) -> StreamingResponse:
    """Tell every change of the state as a server-sent event."""
    if listeners >= MOST_LISTENERS:
        raise Busy("too many are listening already")
    return StreamingResponse(tell(state.adder), media_type="text/event-stream")


async def tell(adder: Adder) -> AsyncIterator[str]:
    """Yield the state now and whenever it changes."""
    global listeners
    listeners += 1
    told, silent = -1, 0
    try:
        while True:
            if told != adder.changes:
                told, silent = adder.changes, 0
                yield f"data: {adder.state.model_dump_json()}\n\n"
            silent += 1
            if silent % HEARTBEAT == 0:
                yield ": still here\n\n"
            await sleep(LOOK)
    finally:
        listeners -= 1
