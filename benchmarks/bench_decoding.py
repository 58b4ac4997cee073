"""Random access: 12 frames of a video of a minute, by container, beside decord and plain PyAV.

Every frame says its number, so that a reader's speed only counts where its frames are right.
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import av
import numpy as np
import pytest
from results import table, write_section

from moodreel import create
from moodreel.decoding.segmentation import Segment, sample_times

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from numbered_videos import encode

FRAMES, ROUNDS, COUNT, SIZE = 12, 5, 1500, (640, 360)
X264 = {"preset": "veryfast", "g": "250", "bf": "3"}
VIDEOS = {
    "h264.mp4": X264,
    "h264.mkv": X264,
    "h264.mov": {"preset": "veryfast", "g": "30"},
    "h264.ts": {"preset": "veryfast", "g": "50", "bf": "2"},
    "h264.flv": {"preset": "veryfast", "g": "50"},
    "hevc.mp4": {"codec": "libx265", "preset": "ultrafast", "x265-params": "log-level=none"},
    "vp9.webm": {"codec": "libvpx-vp9", "deadline": "realtime", "cpu-used": "8", "g": "128"},
    "mpeg4.avi": {"codec": "mpeg4", "g": "100", "bf": "2"},
    "mpeg2.mpg": {"codec": "mpeg2video", "g": "15", "bf": "2", "container": "vob"},
    "wmv2.wmv": {"codec": "wmv2", "g": "100", "container": "asf"},
}


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Make every video: its path, what it shows, its facts, and the moments to read."""
    folder, reader = tmp_path_factory.mktemp("numbered"), create("video_reader", "pyav")
    made = {}
    for name, options in VIDEOS.items():
        shown = encode(folder / name, count=COUNT, size=SIZE, **options)
        facts = reader.probe(folder / name)
        times = sample_times(Segment(0, facts.duration), FRAMES)
        made[name] = folder / name, shown, facts, times
    return made


def by_moodreel(path, times, facts):
    return list(create("video_reader", "pyav").read(path, times, facts=facts).frames)


def by_decord(path, times, facts):
    """decord by its own times, as its manual says."""
    import decord

    decord.logging.set_level(decord.logging.FATAL)
    video = decord.VideoReader(str(path), num_threads=0)
    begins = video.get_frame_timestamp(range(len(video)))[:, 0]
    begins = begins - begins[0]
    places = np.searchsorted(begins, np.array(times) + 1e-3, side="right") - 1
    return list(video.get_batch(places.clip(0)).asnumpy())


def by_seeking(path, times, facts):
    """The loop that most people write: seek, then decode until the time is there."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        found = []
        for time in times:
            goal = time + (container.start_time or 0) / 1e6
            container.seek(int(goal / stream.time_base), stream=stream)
            shown = None
            for frame in container.decode(stream):
                if shown is not None and frame.time is not None and frame.time > goal + 1e-3:
                    break
                shown = frame
            found.append(shown.to_ndarray(format="rgb24"))
    return found


def by_decoding_all(path, times, facts):
    """The loop that cannot err: decode everything once."""
    wanted, found, shown = list(times), [], None
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        zero = (container.start_time or 0) / 1e6
        for frame in container.decode(stream):
            while wanted and shown is not None and frame.time - zero > wanted[0] + 1e-3:
                found.append(shown.to_ndarray(format="rgb24"))
                wanted.pop(0)
            shown = frame
    found += [shown.to_ndarray(format="rgb24") for _ in wanted]
    return found


WAYS = {
    "moodreel": by_moodreel,
    "decord": by_decord,
    "seek and decode": by_seeking,
    "decode all": by_decoding_all,
}


def measured(way, path, shown, facts, times):
    """Return milliseconds, and whether all frames are right; None where it fails."""
    try:
        right = len(shown.misses(times, way(path, times, facts))) == 0
        spent = []
        for _ in range(ROUNDS):
            start = perf_counter()
            way(path, times, facts)
            spent.append((perf_counter() - start) * 1000)
        return median(spent), right
    except Exception:
        return None, False


@pytest.mark.parametrize("name", VIDEOS)
@pytest.mark.benchmark(group=f"decoding {FRAMES} frames of a minute")
def test_reader(benchmark, name, videos):
    path, _, facts, times = videos[name]
    frames = benchmark.pedantic(by_moodreel, (path, times, facts), rounds=3, warmup_rounds=1)
    assert len(frames) == FRAMES


def test_readers_beside_one_another(videos):
    rows = []
    for name, (path, shown, facts, times) in videos.items():
        found = {way: measured(call, path, shown, facts, times) for way, call in WAYS.items()}
        others = [spent for way, (spent, right) in found.items() if right and way != "moodreel"]
        ours, right = found["moodreel"]
        assert right
        rows.append([name, *map(told, found.values()), f"{ours / min(others):.2f}"])
    head = ["video", *WAYS, "times the fastest that is right"]
    note = (
        f"Milliseconds for {FRAMES} frames of {COUNT // 25} s at {SIZE[0]} x {SIZE[1]}, median of "
        f"{ROUNDS}; struck out where a frame is more than one off.\n\n"
    )
    write_section("Decoding", note + table(head, rows))


def told(result):
    """Return a time for the table."""
    spent, right = result
    if spent is None:
        return "fails"
    return f"{spent:.0f}" if right else f"~~{spent:.0f}~~"
