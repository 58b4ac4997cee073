"""Whatever is typed, `moodreel search` prints hits, or one line, and no more: through the whole."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hard_videos import write_video
from moodreel import Registry

SIGNS = ("\u202e", "\ud800", "\udcff", "\0", "\u2028", "e\u0301" * 9, "\U0001f468\u200d\U0001f469")
ODD = st.sampled_from([*SIGNS, "\x1b[2J", "=", "a=b", "--", "@3"])
TEXTS = st.lists(st.text(max_size=8) | ODD, max_size=4).map(" ".join)
OPTIONS = st.sampled_from(["--path", "--emotion", "--like", "--unlike", "--in", "--fusion"])
GIVEN = st.lists(st.tuples(OPTIONS, TEXTS), max_size=2)


@pytest.fixture(scope="module")
def type_in(registry, engine_at, tmp_path_factory):
    """Call `moodreel search` in this process, with the session's models and a small index."""
    from moodreel.cli import run

    folder = tmp_path_factory.mktemp("typed")
    (folder / "a.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nA cat.\n")
    with engine_at(folder / "index") as engine:
        engine.index(write_video(folder / "a.mp4", frames=30, size=(64, 48)))
        engine.search("a cat", inside="captions")

    load = Registry.load.__func__

    def load_shared(kind, *given, **named):
        mine = load(kind, *given, **named)
        mine._built = registry._built
        return mine

    def call(text, options, *flags):
        given = [part for option in options for part in option]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["search", "--index", str(folder / "index"), *flags, *given, "--", text])
        return code, out.getvalue(), err.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Registry, "load", classmethod(load_shared))
        yield call


@pytest.mark.faults
@given(TEXTS, GIVEN, st.booleans())
@settings(deadline=None, max_examples=max(25, settings().max_examples // 5))
def test_any_command_line_is_answered_or_refused(type_in, text, options, as_json):
    code, out, err = type_in(text, options, *(["--json"] if as_json else []))
    assert code in (0, 1, 2), err
    assert "unexpected" not in err
    assert all(line.startswith("moodreel: ") for line in err.splitlines()), err
    (out + err).encode()
    if as_json:
        hits = [json.loads(line) for line in out.splitlines()]
        assert (code == 0) == bool(hits)
