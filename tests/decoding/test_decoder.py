"""Promise 7, nothing is lost: a decoder that crashes or hangs costs one file, not the run."""

import os
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from moodreel import Clip
from moodreel.decoding.decoder import Decoder
from moodreel.errors import ConfigurationError, MoodreelError, UnreadableVideo
from moodreel.interfaces import VideoReader
from moodreel.media import VideoFacts


class Misbehaving(VideoReader):
    """Does what the file's name says."""

    def probe(self, path):
        if "crash" in path.name:
            os.abort()
        if "hang" in path.name:
            time.sleep(60)
        if "raise" in path.name:
            raise RuntimeError("several\nlines " + "x" * 500)
        if "refuse" in path.name:
            raise UnreadableVideo(path, "is upside down")
        return VideoFacts(os.getpid(), 25.0, 64, 48)

    def read(self, path, times):
        return Clip(np.zeros((1, 48, 64, 3), np.uint8), np.array(times[:1]))


class Steady(Misbehaving):
    """Reads whatever the other cannot."""

    def probe(self, path):
        return VideoFacts(1.0, 25.0, 64, 48)


@pytest.fixture(scope="module")
def decoder():
    with Decoder([Misbehaving()], workers=1, timeout=3) as decoder:
        yield decoder


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("crash.mp4", r"the decoder crashed \(signal 6\)"),
        ("hang.mp4", "no answer in 3 s"),
        (
            "raise.mp4",
            r"Misbehaving \(not registered\): probe fails: RuntimeError: several lines x+",
        ),
        ("refuse.mp4", "is upside down"),
    ],
)
def test_one_bad_file_is_named_in_one_line_and_the_next_is_read(decoder, name, reason):
    with pytest.raises(UnreadableVideo, match=reason) as caught:
        decoder.probe(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert decoder.probe("good.mp4").width == 64


def test_decoding_happens_in_another_process(decoder):
    assert decoder.probe("good.mp4").duration != os.getpid()


@pytest.mark.parametrize("name", ["crash.mp4", "refuse.mp4"])
def test_the_second_reader_takes_over(name):
    with Decoder([Misbehaving(), Steady()], workers=1, timeout=10) as decoder:
        assert decoder.probe(name).duration == 1.0


def test_the_reasons_of_all_readers_are_given_once():
    with Decoder([Misbehaving(), Misbehaving()], workers=1) as decoder:
        with pytest.raises(UnreadableVideo) as caught:
            decoder.probe("refuse.mp4")
        assert caught.value.reason == "is upside down"


def wait_for(condition):
    """Return when a condition holds; fail after half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class Waiting(Misbehaving):
    """Says that it has begun, and never comes back."""

    def probe(self, path):
        path.touch()
        time.sleep(60)


def test_closing_gives_up_what_is_being_read_and_starts_no_new_workers(tmp_path):
    """Or the second reader would begin while the process ends, which is how Ctrl-C crashed it."""
    decoder, begun = Decoder([Waiting(), Steady()], workers=1), tmp_path / "begun.mp4"
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(decoder.probe, begun)
        wait_for(begun.exists)
        decoder.close()
        with pytest.raises(MoodreelError, match="closed"):
            reading.result(timeout=30)


def test_workers_load_neither_torch_nor_opencv():
    code = "import sys; sys.exit('torch' in sys.modules or 'cv2' in sys.modules)"
    with Decoder([Misbehaving()], workers=1) as decoder:
        decoder.call(exec, code.replace("sys.exit(", "assert not ("))


def test_without_a_reader_the_setting_is_named():
    with pytest.raises(ConfigurationError, match="video_reader"):
        Decoder([])


def test_a_script_without_a_main_guard_is_not_run_again_in_the_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            from moodreel import create
            from moodreel.decoding.decoder import Decoder
            print("ran")
            with Decoder([create("video_reader", "pyav")], workers=2) as decoder:
                decoder.call(abs, -1)
        """)
    )
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["ran"]


def test_workers_end_with_a_parent_that_was_killed(tmp_path):
    script = textwrap.dedent("""
        import os, signal
        from moodreel import create
        from moodreel.decoding.decoder import Decoder
        decoder = Decoder([create("video_reader", "pyav")], workers=1)
        print(decoder.call(os.getpid), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    worker = Path("/proc") / ran.stdout.strip()
    for _ in range(100):
        if not worker.exists() or "Z" in (worker / "stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")
