"""How routes get at what they share."""

from fastapi import Request

from moodreel.web.state import AppState


def get_state(request: Request) -> AppState:
    """Return the application's state."""
    state: AppState = request.app.state.state
    return state
