"""How routes get at what they share."""

from fastapi import Request

from moodreel.web.desk import Desk


def get_desk(request: Request) -> Desk:
    """Return the application's desk."""
    desk: Desk = request.app.state.desk
    return desk
