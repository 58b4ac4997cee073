"""The dependency by which routes receive the application's state."""

from fastapi import Request

from moodreel.web.state import AppState


def get_state(request: Request) -> AppState:
    """Return the application's state."""
    state: AppState = request.app.state.state
    return state
