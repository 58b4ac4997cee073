"""`moodreel annotate`: the published files again, any input, selection, and labels."""

import csv
import json

import pytest
import yaml

import places
from moodreel import Emotion
from moodreel.datasets.annotation import columns
from outcomes import check_refused

QUERIES = places.DATA / "mood_queries.yaml"
PUBLISHED = (
    "didemo_test69_emotion",
    "msrvtt_test34_emotion",
    "msvd_test137_emotion",
    "didemo_test69_neutural",
    "msrvtt_test34_neutral",
    "msrvtt_test68_e",
)


def write(path, rows):
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def lines(text):
    return [json.loads(line) for line in text.split("\n") if line]


# The published files


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_files_are_written_again(moodreel, shared_data, tmp_path, name):
    source = shared_data / "annotations" / f"{name}.json"
    config = write(
        tmp_path / "exact.yaml",
        {"components": {"emotion_extractor": {"nrc": {"match_case": True}}}},
    )
    done = moodreel("annotate", source, "--to", tmp_path / "out.json", "--config", config)
    assert done.code == 0, done.err
    published = json.loads(source.read_text(encoding="utf-8"))
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert len(written) == len(published)
    for ours, theirs in zip(written, published, strict=True):
        assert {key: ours[key] for key in theirs} == theirs
        assert list(ours)[: len(columns())] == columns()


@pytest.mark.parametrize(
    ("name", "kept", "videos"),
    [
        ("didemo_test69_neutural", 0, 69),
        ("msrvtt_test34_neutral", 0, 34),
        ("didemo_test69_emotion", 65, 69),
    ],
)
def test_the_word_list_adds_emotional_videos_and_no_neutral_ones(
    moodreel, shared_data, tmp_path, name, kept, videos
):
    source = shared_data / "annotations" / f"{name}.json"
    target = tmp_path / "out.jsonl"
    ways = ["--select", "sentiment", "--select", "words"]
    done = moodreel("annotate", source, "--to", target, *ways)
    assert done.code == 0
    rows = lines(target.read_text(encoding="utf-8"))
    assert len({row["video"] for row in rows}) == kept
    assert all(row["emotion"] == 1 for row in rows)
    assert f"{kept} of {videos} videos" in done.err


def test_words_of_ones_own_select_by_themselves(moodreel, tmp_path):
    source = write(tmp_path / "in.json", ROWS)
    (tmp_path / "words.txt").write_text("quoted\n")
    done = moodreel("annotate", source, "--words", tmp_path / "words.txt")
    assert done.code == 0
    assert {row["video"] for row in lines(done.out)} == {"a.mp4"}
    assert "1 of 2 videos are emotional" in done.err


# Inputs and outputs

ROWS = [
    {"video": "a.mp4", "caption": 'a happy, "quoted" man\u2028smiles', "extra": "kept"},
    {"video": "a.mp4", "caption": ""},
    {"video": "b.mp4", "caption": "화난 남자 😡\x07", "duration": "2.5"},
]


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv"])
def test_every_form_can_be_read_and_written(moodreel, tmp_path, suffix):
    source = write(tmp_path / "in.json", ROWS)
    first, second = tmp_path / f"first.{suffix}", tmp_path / "second.json"
    assert moodreel("annotate", source, "--to", first).code == 0
    assert moodreel("annotate", first, "--to", second).code == 0
    rows = json.loads(second.read_text(encoding="utf-8"))
    assert [row["caption"] for row in rows] == [row["caption"] for row in ROWS]
    assert [row["joy"] for row in rows] == [1, 0, None]
    assert [row["neutral"] for row in rows] == [0, 1, None]
    assert rows[0]["extra"] == "kept"
    assert rows[2]["duration"] == 2.5


def test_a_table_leaves_empty_what_is_not_known(moodreel, tmp_path):
    source = write(tmp_path / "in.json", ROWS)
    assert moodreel("annotate", source, "--to", tmp_path / "out.csv").code == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["anger"] for row in rows] == ["0.0", "0.0", ""]


def test_without_a_target_rows_go_to_stdout(moodreel, tmp_path):
    done = moodreel("annotate", write(tmp_path / "in.json", ["a happy baby", "half \ud800"]))
    assert done.code == 0
    first, second = lines(done.out)
    assert first["video"] == "0"
    assert first["joy"] == 2
    assert second["caption"] == "half \ud800"


def test_an_index_is_annotated_by_its_captions(moodreel, engine_at, demo, tmp_path):
    (tmp_path / "videos").mkdir()
    video = tmp_path / "videos" / "cat.mp4"
    video.write_bytes((demo / "videos" / "cat.mp4").read_bytes())
    cues = "1\n00:00:00,000 --> 00:00:04,000\na happy baby laughs\n"
    video.with_suffix(".srt").write_text(cues)
    with engine_at(tmp_path / "index") as engine:
        engine.index(tmp_path / "videos")
    rows = lines(moodreel("annotate", tmp_path / "index").out)
    assert rows[0]["caption"] == "a happy baby laughs"
    assert rows[0]["joy"] == 2
    assert rows[0]["start"] == 0
    assert all(row["video_id"] == "cat" for row in rows)


# Labels


@pytest.fixture
def labelled(tmp_path):
    rows = [row for half in yaml.safe_load(QUERIES.read_text()).values() for row in half]
    named = [{"video": str(at), "caption": r["query"], **r} for at, r in enumerate(rows)]
    return write(tmp_path / "labelled.json", named)


def test_labels_are_compared_and_a_temperature_is_kept(moodreel, labelled, tmp_path):
    fit = tmp_path / "fit.yaml"
    options = ["--extractor", "prototypes", "--evaluate", "--json", "--fit", fit]
    (report,) = moodreel("annotate", labelled, *options).objects
    assert sum(map(sum, report["confusion"])) == 72
    assert report["macro_f1"] > 0.6
    assert report["calibration_error"] < 0.2
    options = ["--extractor", "prototypes-calibrated", "--config", fit, "--evaluate", "--json"]
    (again,) = moodreel("annotate", labelled, *options).objects
    assert again["temperature"] == pytest.approx(1, abs=0.1)


def test_the_comparison_is_a_table(moodreel, labelled):
    shown = moodreel("annotate", labelled, "--extractor", "words", "--evaluate").out
    assert "macro-F1 " in shown
    assert "expected calibration error 0." in shown
    assert all(emotion in shown for emotion in (*Emotion, "neutral", "unread"))


# What goes wrong

ONE = [{"video": "a", "caption": "b"}]


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        ([{"video": "a"}], (), "no column for a caption"),
        ([{"caption": "a"}], (), "no column for a video"),
        ("text", (), "holds the text 'text'"),
        (ONE, ("--extractor", "nrk"), "Did you mean 'nrc'"),
        (ONE, ("--extractor", "face"), "reads video, not text"),
        (ONE, ("--to", "out.xml"), "not to this"),
        (ONE, ("--evaluate",), "no labelled rows"),
        ([{"video": "a", "caption": "b", "label": "hapy"}], ("--evaluate",), "unknown label"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, rows, options, says):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("annotate", write(tmp_path / "in.json", rows), *options), says)


def test_a_file_that_cannot_be_written_is_named(moodreel, tmp_path):
    target = tmp_path / "no" / "where.csv"
    done = moodreel("annotate", write(tmp_path / "in.json", ONE), "--to", target)
    check_refused(done, "cannot be written", code=1)


def test_a_missing_file_and_a_folder_without_an_index_are_named(moodreel, tmp_path):
    check_refused(moodreel("annotate", tmp_path / "none.json"), "none.json: cannot be read")
    check_refused(moodreel("annotate", tmp_path), "holds no index")
