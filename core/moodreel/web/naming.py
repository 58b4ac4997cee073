"""The names of videos as the API gives them: printable, and enough to tell videos apart."""

from moodreel.catalog.records import VideoRecord
from moodreel.paths import shown_path
from moodreel.web.state import AppState


def video_names(state: AppState, video: VideoRecord) -> dict[str, str]:
    """Return a video's file name; its folder, where others have that name; and its location."""
    title = state.shelves().titles.get(video.location, video.location)
    folder, _, name = title.rpartition("/")
    return {
        "name": shown_path(name),
        "folder": shown_path(folder),
        "location": shown_path(video.location),
    }


def video_title(state: AppState, video: VideoRecord) -> str:
    """Return a video's file name, after its folder where others have that name."""
    names = video_names(state, video)
    return "/".join(filter(None, (names["folder"], names["name"])))
