"""`moodreel fit-text`: a reader of texts, fitted to labelled texts and used by configuration."""

import csv
import json

import pytest

from labelled_texts import labelled_rows
from moodreel.interfaces import TextFitReport
from outcomes import check_refused


@pytest.fixture
def labelled(tmp_path):
    """A table of labelled texts."""
    rows = labelled_rows()
    file = tmp_path / "texts.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_labelled_texts_are_fitted_and_used_by_configuration(moodreel, labelled, tmp_path):
    target = tmp_path / "head.safetensors"
    done = moodreel("fit-text", labelled, "--to", target, "--json")
    report = TextFitReport(**done.objects[0])
    assert report.counts == {"joy": 30, "sadness": 30}
    assert (report.texts, report.groups, report.neutral) == (120, 20, 60)
    assert report.before[0] < 0.3 < report.after[1]
    assert report.neutral_after <= 0.1
    assert json.loads(target.with_suffix(".json").read_text())["report"]["texts"] == 120
    option = f"components.emotion_extractor.fitted.head={target}"
    assert option in done.err
    captions = tmp_path / "captions.json"
    captions.write_text(json.dumps(["a couple dancing at their wedding", "a truck on a street"]))
    wedding, truck = moodreel("annotate", captions, "--extractor", "fitted", option).objects
    assert wedding["joy"] > 0.3
    assert not any(truck[name] for name in ("joy", "sadness", "fear"))


def test_numbers_for_each_emotion_are_labels_too(moodreel, tmp_path):
    file = tmp_path / "texts.jsonl"
    rows = [
        {"text": row["text"], "joy": 0.7 * (row["label"] == "joy"), "anger": 0}
        for row in labelled_rows()
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    done = moodreel("fit-text", file, "--to", tmp_path / "head.safetensors")
    assert done.code == 0, done.err
    assert "120 texts of 120 groups: 21 joy, 90 neutral" in done.out


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        ("text,label\na man,joi\n", [], "unknown emotion 'joi'"),
        ("text,label\na man,\n", [], "texts.csv:2: no label"),
        ("text,joy\na man,7\n", [], "joy=7 is no number from 0 to 1"),
        ("text,label\na man,joy\n", [], "needs 5 texts or more of an emotion"),
        ("text,label\na man,joy\n", ["--extractor", "vader"], "can be fitted to texts"),
        ("text,label\na man,joy\n", ["--extractor", "fited"], "Did you mean 'fitted'"),
        ("words,label\na man,joy\n", [], "no column for a caption"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, text, arguments, says):
    file = tmp_path / "texts.csv"
    file.write_text(text)
    done = moodreel("fit-text", file, "--to", tmp_path / "head.safetensors", *arguments)
    check_refused(done, says)


def test_a_target_that_is_no_safetensors_is_refused_before_fitting(moodreel, labelled):
    check_refused(moodreel("fit-text", labelled, "--to", "head.json"), ".safetensors")


def test_a_file_that_cannot_be_written_is_named(moodreel, labelled, tmp_path):
    target = tmp_path / "nowhere" / "head.safetensors"
    check_refused(moodreel("fit-text", labelled, "--to", target), "cannot be written", code=1)
