"""The reader torchcodec, with a stand-in for the package: it needs FFmpeg's libraries installed.

Where torchcodec is installed itself, it is one of the readers of test_numbered.py.
"""

import sys
from types import ModuleType, SimpleNamespace

import av
import numpy as np
import pytest
import torch

from moodreel.errors import UnreadableVideo
from moodreel_plugins.readers.torchcodec_reader import TorchcodecReader, open_decoder
from numbered_videos import KINDS, even


class StandIn:
    """Decodes everything, and answers as torchcodec's `VideoDecoder` does.

    `late` is by how many frames it is wrong.
    """

    late = 0

    def __init__(self, path, *, stream_index, dimension_order, num_ffmpeg_threads):
        assert dimension_order == "NHWC"
        with av.open(path) as container:
            frames = list(container.decode(container.streams[stream_index]))
        self.begins = np.array([frame.time for frame in frames])
        self.frames = np.stack([frame.to_ndarray(format="rgb24") for frame in frames])
        end = self.begins[-1] + 0.04
        begin = self.begins[0]
        self.metadata = SimpleNamespace(begin_stream_seconds=begin, end_stream_seconds=end)

    def get_frames_played_at(self, seconds):
        places = np.searchsorted(self.begins, seconds, side="right") - 1 - self.late
        return SimpleNamespace(data=torch.from_numpy(self.frames[places.clip(0)]))


@pytest.fixture
def stand_in(monkeypatch):
    package, decoders = ModuleType("torchcodec"), ModuleType("torchcodec.decoders")
    decoders.VideoDecoder = type("Decoder", (StandIn,), {})
    monkeypatch.setitem(sys.modules, "torchcodec", package)
    monkeypatch.setitem(sys.modules, "torchcodec.decoders", decoders)
    open_decoder.cache_clear()
    return decoders.VideoDecoder


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("numbered") / "late.mkv"
    return path, KINDS["late.mkv"](path)


TIMES = [0.0, 4.5, 9.3, 15.9]


def test_frames_are_those_shown_at_the_times_asked_for(stand_in, video):
    path, shown = video
    clip = TorchcodecReader().read(path, TIMES)
    assert clip.times.tolist() == TIMES
    assert shown.misses(TIMES, clip.frames) == []


def test_frames_are_shrunk_to_the_size_asked_for(stand_in, video):
    clip = TorchcodecReader(shorter_side=120).read(video[0], TIMES)
    assert clip.frames.shape == (4, 120, 160, 3)


def test_a_file_of_which_it_shows_other_frames_is_refused(stand_in, video):
    stand_in.late = 3
    with pytest.raises(UnreadableVideo, match="shows another frame at"):
        TorchcodecReader().read(video[0], TIMES)


def test_without_the_libraries_of_ffmpeg_it_says_what_to_do(monkeypatch, video):
    def fail(*_):
        raise OSError("libavutil.so.59: cannot open shared object file")

    module = ModuleType("torchcodec.decoders")
    module.__getattr__ = fail
    monkeypatch.setitem(sys.modules, "torchcodec", ModuleType("torchcodec"))
    monkeypatch.setitem(sys.modules, "torchcodec.decoders", module)
    open_decoder.cache_clear()
    with pytest.raises(UnreadableVideo, match="install FFmpeg, or use another reader"):
        TorchcodecReader().read(video[0], TIMES)


def test_times_past_the_end_are_left_out(stand_in, video):
    path, shown = video
    assert shown.begins[-1] == pytest.approx(even(300, 4.0).begins[-1])
    assert TorchcodecReader().read(path, [1.0, 60.0]).times.tolist() == [1.0]
