"""`moodreel annotate`: the published files again, any input, selection, and labels."""

import csv
import json

import pytest
import yaml

import places
from moodreel import Emotion, EmotionScores
from moodreel.cli import run
from moodreel.datasets.annotation import annotate, caption_rows, columns
from moodreel.datasets.selection import select_by_sentiment
from moodreel.interfaces import EmotionExtractor

QUERIES = places.DATA / "mood_queries.yaml"
EMOTIONAL = {"didemo_test69_emotion": 63, "msrvtt_test34_emotion": 29, "msvd_test137_emotion": 136}
NEUTRAL = ("didemo_test69_neutural", "msrvtt_test34_neutral")
PUBLISHED = (*EMOTIONAL, *NEUTRAL, "msrvtt_test68_e")


class JoyOnly(EmotionExtractor):
    """Sees joy, in every text that says so."""

    modality = "text"
    observes = frozenset([Emotion.JOY])

    def extract(self, inputs):
        return EmotionScores.of([{"joy": float("joy" in text)} for text in inputs])


def write(path, rows):
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def lines(text):
    return [json.loads(line) for line in text.split("\n") if line]


# The published files


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_files_are_written_again(shared_data, tmp_path, name):
    source = shared_data / "annotations" / f"{name}.json"
    config = write(
        tmp_path / "exact.yaml",
        {"components": {"emotion_extractor": {"nrc": {"match_case": True}}}},
    )
    options = ["--to", str(tmp_path / "out.json"), "--config", str(config)]
    assert run(["annotate", str(source), *options]) == 0
    published = json.loads(source.read_text(encoding="utf-8"))
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert len(written) == len(published)
    for ours, theirs in zip(written, published, strict=True):
        assert {key: ours[key] for key in theirs} == theirs
        assert list(ours)[: len(columns())] == columns()


def test_the_published_selection_is_reproduced(shared_data, registry):
    vader = registry.create("emotion_extractor", "vader")
    counts = {}
    for name in (*EMOTIONAL, *NEUTRAL):
        path = shared_data / "annotations" / f"{name}.json"
        rows = list(caption_rows(json.loads(path.read_text(encoding="utf-8")), name))
        counts[name] = len(select_by_sentiment(rows, vader))
    assert counts == {**EMOTIONAL, **dict.fromkeys(NEUTRAL, 0)}
    assert sum(EMOTIONAL.values()) == 228


@pytest.mark.parametrize(
    ("name", "kept", "videos"),
    [(NEUTRAL[0], 0, 69), (NEUTRAL[1], 0, 34), ("didemo_test69_emotion", 65, 69)],
)
def test_the_word_list_adds_emotional_videos_and_no_neutral_ones(
    shared_data, tmp_path, capsys, name, kept, videos
):
    source = shared_data / "annotations" / f"{name}.json"
    target = tmp_path / "out.jsonl"
    ways = ["--select", "sentiment", "--select", "words"]
    assert run(["annotate", str(source), "--to", str(target), *ways]) == 0
    rows = lines(target.read_text(encoding="utf-8"))
    assert len({row["video"] for row in rows}) == kept
    assert all(row["emotion"] == 1 for row in rows)
    assert f"{kept} of {videos} videos" in capsys.readouterr().err


# Inputs and outputs

ROWS = [
    {"video": "a.mp4", "caption": 'a happy, "quoted" man\u2028smiles', "extra": "kept"},
    {"video": "a.mp4", "caption": ""},
    {"video": "b.mp4", "caption": "화난 남자 😡\x07", "duration": "2.5"},
]


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv"])
def test_every_form_can_be_read_and_written(tmp_path, suffix):
    source = write(tmp_path / "in.json", ROWS)
    first, second = tmp_path / f"first.{suffix}", tmp_path / "second.json"
    assert run(["annotate", str(source), "--to", str(first)]) == 0
    assert run(["annotate", str(first), "--to", str(second)]) == 0
    rows = json.loads(second.read_text(encoding="utf-8"))
    assert [row["caption"] for row in rows] == [row["caption"] for row in ROWS]
    assert [row["joy"] for row in rows] == [1, 0, None]
    assert [row["neutral"] for row in rows] == [0, 1, None]
    assert rows[0]["extra"] == "kept"
    assert rows[2]["duration"] == 2.5


def test_a_table_leaves_empty_what_is_not_known(tmp_path):
    source = write(tmp_path / "in.json", ROWS)
    assert run(["annotate", str(source), "--to", str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["anger"] for row in rows] == ["0.0", "0.0", ""]


def test_without_a_target_rows_go_to_stdout(tmp_path, capsys):
    source = write(tmp_path / "in.json", ["a happy baby", "half \ud800"])
    assert run(["annotate", str(source)]) == 0
    first, second = lines(capsys.readouterr().out)
    assert first["video"] == "0"
    assert first["joy"] == 2
    assert second["caption"] == "half \ud800"


def test_several_captions_of_a_row_become_rows():
    rows = list(caption_rows([{"video_id": "v1", "caption": ["one", "two"]}], "list"))
    assert [(row["video_id"], row["caption"]) for row in rows] == [("v1", "one"), ("v1", "two")]


def test_what_an_extractor_cannot_tell_is_null():
    rows = list(caption_rows([{"video": "v", "caption": "joy"}], "list"))
    (row,) = annotate(rows, JoyOnly())
    assert row["joy"] == 1
    assert {row[name] for name in ("trust", "positive", "negative", "neutral", "emotion")} == {None}


def test_an_index_is_annotated_by_its_captions(demo, tmp_path, capsys):
    from moodreel import Engine

    (tmp_path / "videos").mkdir()
    video = tmp_path / "videos" / "cat.mp4"
    video.write_bytes((demo / "videos" / "cat.mp4").read_bytes())
    cues = "1\n00:00:00,000 --> 00:00:04,000\na happy baby laughs\n"
    video.with_suffix(".srt").write_text(cues)
    with Engine.from_preset("starter", index=tmp_path / "index") as engine:
        engine.index(tmp_path / "videos")
    assert run(["annotate", str(tmp_path / "index")]) == 0
    rows = lines(capsys.readouterr().out)
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


def test_labels_are_compared_and_a_temperature_is_kept(labelled, tmp_path, capsys):
    fit = tmp_path / "fit.yaml"
    options = ["--extractor", "prototypes", "--evaluate", "--json", "--fit", str(fit)]
    assert run(["annotate", str(labelled), *options]) == 0
    report = json.loads(capsys.readouterr().out)
    assert sum(map(sum, report["confusion"])) == 72
    assert report["macro_f1"] > 0.6
    assert report["calibration_error"] < 0.2
    options = ["--extractor", "prototypes-calibrated", "--config", str(fit), "--evaluate", "--json"]
    assert run(["annotate", str(labelled), *options]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["temperature"] == pytest.approx(1, abs=0.1)


def test_the_comparison_is_a_table(labelled, capsys):
    assert run(["annotate", str(labelled), "--extractor", "words", "--evaluate"]) == 0
    shown = capsys.readouterr().out
    assert "macro-F1 0." in shown
    assert "expected calibration error 0." in shown
    assert all(emotion in shown for emotion in (*Emotion, "neutral", "unread"))


# What goes wrong


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([{"video": "a"}], (), "no column for a caption"),
        ([{"caption": "a"}], (), "no column for a video"),
        ("text", (), "holds no rows"),
        ([{"video": "a", "caption": "b"}], ("--extractor", "nrk"), "Did you mean 'nrc'"),
        ([{"video": "a", "caption": "b"}], ("--extractor", "face"), "reads video, not text"),
        ([{"video": "a", "caption": "b"}], ("--to", "out.xml"), "not to this"),
        ([{"video": "a", "caption": "b"}], ("--to", "no/where.csv"), "cannot be written"),
        ([{"video": "a", "caption": "b"}], ("--evaluate",), "no labelled rows"),
        ([{"video": "a", "caption": "b", "label": "hapy"}], ("--evaluate",), "unknown label"),
    ],
)
def test_errors_are_one_line(tmp_path, monkeypatch, capsys, rows, options, said):
    monkeypatch.chdir(tmp_path)
    assert run(["annotate", str(write(tmp_path / "in.json", rows)), *options]) in (1, 2)
    shown = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in shown
    assert shown.startswith("moodreel: ")


def test_a_missing_file_and_an_index_without_captions_are_named(demo, tmp_path, capsys):
    assert run(["annotate", str(tmp_path / "none.json"), "--extractor", "words"]) == 2
    assert "none.json: cannot be read" in capsys.readouterr().err
    assert run(["annotate", str(tmp_path), "--extractor", "words"]) == 2
    assert "holds no index" in capsys.readouterr().err
