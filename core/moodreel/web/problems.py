"""Errors as problem+json (RFC 9457): one line each that a user can act on."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from moodreel.errors import (
    CatalogError,
    ConfigurationError,
    InvalidInput,
    MissingPackage,
    MoodreelError,
    UnreadableVideo,
)
from moodreel.paths import shown_path
from moodreel.web.models import Problem

MEDIA_TYPE = "application/problem+json"
STATUS: Sequence[tuple[type[MoodreelError], int]] = (
    (InvalidInput, 422),
    (MissingPackage, 503),
    (ConfigurationError, 422),
    (UnreadableVideo, 404),
    (CatalogError, 503),
)
RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": HTTPStatus(code).phrase}
    for code in (400, 403, 404, 409, 413, 422, 503)
}


class NotFound(MoodreelError):
    """There is no such thing in the index."""


class Busy(MoodreelError):
    """Too much is asked at once, or what is asked for is being done already."""


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a problem as a response."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=one_line(detail))
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def one_line(detail: str) -> str:
    """Return a message on one line that JSON can hold, whatever names of files are in it."""
    return shown_path(" ".join(detail.split()))


def add_handlers(app: FastAPI) -> None:
    """Let an application answer its errors as problems."""
    app.add_exception_handler(MoodreelError, answer_error)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(Exception, answer_unexpected)


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Answer an error that moodreel raised on purpose."""
    if isinstance(error, Busy):
        return problem(503, str(error), {"Retry-After": "1"})
    if isinstance(error, NotFound):
        return problem(404, str(error))
    known = (status for kind, status in STATUS if isinstance(error, kind))
    return problem(next(known, 500), str(error))


async def answer_http(request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses, such as an unknown path."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, str(error.detail), headers)


async def answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that does not fit the schema, without repeating what it held."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return problem(422, f"{where[:100]}: {first['msg'][:200]}")


async def answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    """Answer a fault of our own; its traceback is in the server's log."""
    return problem(500, f"unexpected {type(error).__name__}; the server's log says more")
