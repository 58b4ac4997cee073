"""Loading datasets: the published benchmarks' own forms, the shared annotations, and any rows."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from moodreel import Emotion, EmotionScores
from moodreel.datasets import load_dataset
from moodreel.datasets.benchmarks import BENCHMARKS
from moodreel.datasets.relevance import emotion_relevance, labelled_videos, make_queries
from moodreel.errors import InvalidInput
from moodreel.features.texts import precomputed_texts, text_features, wanted_emotions
from moodreel.features.videos import video_features
from nearness import HALVES, ROUNDING, assert_near


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return path


def touch(folder, *names):
    for name in names:
        write(folder / name, "")


def pairs(dataset):
    return [(caption.video, caption.text) for caption in dataset.captions]


SENTENCES = {
    "videos": [{"video_id": f"video{i}", "split": "train"} for i in range(3)],
    "sentences": [
        {"video_id": "video0", "caption": "a cat", "sen_id": 0},
        {"video_id": "video1", "caption": "a dog", "sen_id": 1},
        {"video_id": "video2", "caption": "a cow", "sen_id": 2},
        {"video_id": "video1", "caption": "a hound", "sen_id": 3},
    ],
}


@pytest.fixture
def msrvtt(tmp_path):
    write(tmp_path / "MSRVTT_data.json", SENTENCES)
    write(tmp_path / "MSRVTT_train.9k.csv", "video_id\nvideo0\nvideo1\n")
    write(tmp_path / "MSRVTT_train.7k.csv", "video_id\nvideo1\n")
    test = 'key,vid_key,video_id,sentence\nret0,msr2,video2,"a cow, eating"\nret1,m,video9,gone\n'
    write(tmp_path / "MSRVTT_JSFUSION_test.csv", test)
    touch(tmp_path / "videos", "video0.mp4", "video1.mp4", "video2.mp4")
    return tmp_path


def test_msrvtt_has_the_parts_of_each_size_and_lists_what_is_missing(msrvtt):
    only_test = load_dataset("msrvtt-1k-a", root=msrvtt)
    assert pairs(only_test) == [("video2", "a cow, eating")]
    assert only_test.videos[0].path == msrvtt / "videos/video2.mp4"
    assert list(only_test.missing) == ["video9"]
    larger = load_dataset("msrvtt-9k", root=msrvtt)
    assert [c.text for c in larger.captions] == ["a cat", "a dog", "a hound", "a cow, eating"]
    assert larger.splits == ["train", "test"]
    assert [v.name for v in load_dataset("msrvtt-7k", msrvtt, split="train").videos] == ["video1"]


def test_a_limit_takes_the_first_videos_with_all_their_captions(msrvtt):
    taste = load_dataset("msrvtt-9k", root=msrvtt, limit=2)
    assert [video.name for video in taste.videos] == ["video0", "video1"]
    assert len(taste.captions) == 3


def test_videos_may_lie_elsewhere(msrvtt, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    touch(elsewhere, "deep/video2.avi")
    dataset = load_dataset("msrvtt-1k-a", root=msrvtt, videos=elsewhere)
    assert dataset.videos[0].path == elsewhere / "deep/video2.avi"


@pytest.fixture
def didemo(tmp_path):
    rows = [
        {"video": "a@N1_x.mov", "description": "a man waves", "times": [[0, 0], [1, 1], [1, 1]]},
        {"video": "b@N2_y.avi", "description": "a baby sits", "times": [[2, 3]]},
        {"video": "a@N1_x.mov", "description": "he turns", "times": [[0, 1]]},
    ]
    write(tmp_path / "test_data.json", rows)
    touch(tmp_path / "videos", "a@N1_x.mov.mp4", "b@N2_y.mp4")
    return tmp_path


def test_didemo_is_one_paragraph_a_video(didemo):
    dataset = load_dataset("didemo", root=didemo)
    assert pairs(dataset) == [
        ("a@N1_x.mov", "a man waves. he turns"),
        ("b@N2_y.avi", "a baby sits"),
    ]
    assert dataset.splits == ["test"]


def test_didemo_moments_are_the_stretches_most_annotators_chose(didemo):
    stretches = {v.name: v.segment for v in load_dataset("didemo-moments", root=didemo).videos}
    assert [(s.start, s.end) for s in stretches.values()] == [(5, 10), (10, 20), (0, 10)]
    assert next(iter(stretches)) == "a@N1_x.mov@5-10"


def test_activitynet_is_read_whole_and_by_moment(tmp_path):
    held = {
        "v_1": {"duration": 9.5, "timestamps": [[0, 4.5], [4, 9]], "sentences": [" One.", "Two"]}
    }
    write(tmp_path / "val_1.json", held)
    touch(tmp_path, "v_1.mkv")
    assert pairs(load_dataset("activitynet", root=tmp_path)) == [("v_1", "One. Two")]
    moments = load_dataset("activitynet-moments", root=tmp_path)
    assert pairs(moments) == [("v_1@0-4.5", "One."), ("v_1@4-9", "Two")]
    assert {video.path for video in moments.videos} == {tmp_path / "v_1.mkv"}


def test_msvd_is_read_in_each_of_its_forms(tmp_path):
    text = write(
        tmp_path / "t/AllVideoDescriptions.txt", "x_1_2 a man runs\nx_1_2 a run\ny_3_4 b\n"
    )
    write(tmp_path / "t/test_list.txt", "x_1_2\n")
    table = "VideoID,Start,End,Language,Description\nx,1,2,English,a man runs\nx,1,2,French,il\n"
    write(tmp_path / "c/video_corpus.csv", table)
    write(tmp_path / "j/raw-captions.json", {"x_1_2": [["a", "man", "runs"], "a run"]})
    for folder in "tcj":
        touch(tmp_path / folder, "videos/x_1_2.avi", "videos/y_3_4.avi")
    from_text = load_dataset("msvd", root=text.parent)
    assert pairs(from_text) == [("x_1_2", "a man runs"), ("x_1_2", "a run")]
    assert from_text.splits == ["test"]
    assert pairs(load_dataset("msvd", root=tmp_path / "c")) == [("x_1_2", "a man runs")]
    assert pairs(load_dataset("msvd", root=tmp_path / "j")) == pairs(from_text)


def test_each_caption_of_a_video_is_a_query_of_msvd_multi(tmp_path):
    write(tmp_path / "AllVideoDescriptions.txt", "x_1_2 a man runs\nx_1_2 A man runs.\n")
    touch(tmp_path, "x_1_2.avi")
    assert len(make_queries(load_dataset("msvd-multi", root=tmp_path)).captions) == 2


def test_vatex_takes_english_captions_and_the_split_that_lists_name(tmp_path):
    row = {"videoID": "a_000001_000011", "enCap": ["One", "Two"], "chCap": ["\u4e00"]}
    other = {"videoID": "b_000002_000012", "enCap": ["Three"], "chCap": ["\u4e09"]}
    write(tmp_path / "vatex_training_v1.0.json", [{**row, "videoID": "t_000001_000011"}])
    write(tmp_path / "vatex_validation_v1.0.json", [row, other])
    touch(tmp_path, "a_000001_000011.mp4", "b_000002_000012.mp4", "t_000001_000011.mp4")
    whole = load_dataset("vatex", root=tmp_path)
    assert whole.splits == ["train", "val"]
    assert pairs(whole)[-1] == ("b_000002_000012", "Three")
    write(tmp_path / "test_list.txt", "a_000001_000011\n")
    listed = load_dataset("vatex", root=tmp_path)
    assert listed.splits == ["train", "test", "val"]
    test = listed.part("test")
    assert pairs(test) == [("a_000001_000011", "One"), ("a_000001_000011", "Two")]


def test_lsmdc_reads_tabs_and_lone_quotation_marks(tmp_path):
    name = "1001_American_Beauty_00.00.51.926-00.00.54.129"
    row = f'{name}\t0\t1\t0\t1\tShe says "hello\n'
    write(tmp_path / "LSMDC16_challenge_1000_publictect.csv", row)
    touch(tmp_path, f"1001_American_Beauty/{name}.avi")
    dataset = load_dataset("lsmdc", root=tmp_path)
    assert pairs(dataset) == [(name, 'She says "hello')]
    assert dataset.videos[0].path.name == f"{name}.avi"


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_without_its_files_says_which_are_wanted(name, tmp_path):
    with pytest.raises(InvalidInput, match=r"holds no .* is read from .*--root DIR"):
        load_dataset(name, root=tmp_path)


FORMS = {
    "rows.json": [{"video": "a.mp4", "caption": "one", "joy": 2.0, "fear": None}],
    "rows.jsonl": '{"video": "a.mp4", "caption": "one", "emotions": {"joy": 2}}\n\n',
    "rows.csv": "Video,Caption,joy,fear\na.mp4,one,2,\n",
    "rows.tsv": "video_id\ttext\tjoy\na\tone\t2\n",
    "keyed.json": {"a.mp4": {"caption": ["one"], "emotions": {"joy": 2}}},
}


@pytest.mark.parametrize("name", FORMS)
def test_rows_of_any_form_say_the_same(name, tmp_path):
    touch(tmp_path, "a.mp4")
    dataset = load_dataset(write(tmp_path / name, FORMS[name]))
    assert [caption.text for caption in dataset.captions] == ["one"]
    assert dataset.captions[0].emotions == {"joy": 2.0}
    assert dataset.videos[0].path == tmp_path / "a.mp4"


def test_emotions_may_be_named_or_in_the_notation_of_queries(tmp_path):
    rows = "video,caption,emotion\na,x,joy\na,y,joy=0.5;anger\na,z,neutral\na,w,1\n"
    touch(tmp_path, "a.mp4")
    captions = load_dataset(write(tmp_path / "rows.csv", rows)).captions
    assert [c.emotions for c in captions] == [{"joy": 1.0}, {"joy": 0.5, "anger": 1.0}, {}, None]
    assert captions[3].kind == "emotional"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"video": "a"}\n', "rows.jsonl:1: no column for a caption: name it 'caption'"),
        ('{"caption": "a"}\n', "rows.jsonl:1: no column for a video: name it 'video'"),
        (
            '{"video": "a", "caption": "x", "emotions": {"jou": 1}}',
            ":1: unknown emotion 'jou'",
        ),
        ('{"video": "a", "caption": "x", "joy": "much"}', "rows.jsonl:1: joy='much' is no number"),
        (f'{{"video": "a", "caption": "x", "joy": 1{400 * "0"}}}', "rows.jsonl:1: joy=1000"),
        ("[1]\n", "rows.jsonl:1: a row must be an object"),
        ("{\n", "rows.jsonl:1: not JSON"),
    ],
)
def test_a_bad_row_is_named(text, message, tmp_path):
    path = write(tmp_path / "rows.jsonl", text)
    with pytest.raises(InvalidInput) as raised:
        load_dataset(path)
    assert message in str(raised.value)


def test_unknown_names_paths_and_splits_are_refused(msrvtt):
    with pytest.raises(InvalidInput, match="no such file, folder or benchmark"):
        load_dataset("msrvt-9k")
    with pytest.raises(InvalidInput, match=r"has no split 'tast'\. Did you mean 'test'"):
        load_dataset("msrvtt-1k-a", msrvtt, split="tast")
    with pytest.raises(InvalidInput, match=r"holds no captions\.jsonl"):
        load_dataset(msrvtt)


SHARED = {
    "msrvtt_test34_emotion": (34, 34, 0),
    "msrvtt_test34_neutral": (34, 34, 0),
    "msrvtt_test68_e": (68, 68, 0),
    "msvd_test137_emotion": (137, 5775, 0),
    "didemo_test69_emotion": (69, 158, 37),
    "didemo_test69_neutural": (69, 145, 29),
}


@pytest.mark.parametrize("name", SHARED)
def test_the_shared_annotations_are_read_around_their_faults(name, shared_data, tmp_path):
    rows = json.loads((shared_data / "annotations" / f"{name}.json").read_text())
    touch(tmp_path, *{row["video"] for row in rows})
    dataset = load_dataset(shared_data / "annotations" / f"{name}.json", videos=tmp_path)
    found = (len(dataset.videos), len(dataset.captions), len(dataset.skipped))
    assert found == SHARED[name]
    assert not dataset.missing
    assert not any("_" in caption.text or not caption.text for caption in dataset.captions)
    given = make_queries(dataset, grouped=False).given_emotions()
    full = [row for row in rows if row["caption"] and row["caption"].strip()]
    for emotion in Emotion:
        assert given.values[:, emotion.column].tolist() == [row[emotion] for row in full]


def test_missing_videos_are_listed_and_their_captions_left_out(shared_data):
    dataset = load_dataset(shared_data / "annotations" / "msrvtt_test68_e.json")
    assert len(dataset.missing) == 68
    assert not dataset.captions


def reaction_rows():
    def row(video, expression, caption, kind, emotions, split="test"):
        labels = {"scene": "clock", "expression": expression}
        return {"video": f"videos/{video}.mp4", "caption": caption, "split": split, "kind": kind,
                "emotions": emotions, "labels": labels}  # fmt: skip

    return [
        row("a", "joy", "a happy person and a clock", "emotional", {"joy": 1}),
        row("b", "joy", "a happy person and a clock", "emotional", {"joy": 1}),
        row("a", "joy", "a clock", "scene", {}),
        row("c", "neutral", "a clock", "scene", {}),
        row("d", "anger", "a clock", "scene", {}, "validation"),
    ]


@pytest.fixture
def reactions(tmp_path):
    touch(tmp_path, *(f"videos/{name}.mp4" for name in "abcd"))
    write(tmp_path / "captions.jsonl", "\n".join(map(json.dumps, reaction_rows())))
    return tmp_path


def test_reaction_clips_are_a_folder_with_labels_and_splits(reactions):
    whole = load_dataset(reactions)
    assert whole.splits == ["test", "val"]
    dataset = load_dataset(reactions, split="test")
    assert [dict(v.emotions) for v in dataset.videos] == [{"joy": 1.0}, {"joy": 1.0}, {}]
    labels = labelled_videos(dataset)
    assert labels.observed.all()
    assert labels.values.sum() == 2
    queries = make_queries(dataset)
    assert queries.texts == ["a happy person and a clock", "a clock"]
    assert [list(right) for right in queries.relevant] == [[0, 1], [0, 2]]
    assert len(make_queries(dataset, grouped=False).texts) == 4
    grades = emotion_relevance(queries.given_emotions(), labels)
    assert grades.tolist() == [[1, 1, 0], [0, 0, 0]]


def test_relevance_of_mixed_emotions_is_shared_and_unwanted_ones_count_against():
    wanted = EmotionScores.of([{"joy": 1, "surprise": 1}, {"joy": 1, "anger": -1}])
    seen = EmotionScores.of([{"joy": 1.0}, {"joy": 0.5, "anger": 1.0}], observes=Emotion)
    assert_near(emotion_relevance(wanted, seen), [[0.5, 0.25], [0.5, 0.0]])


@pytest.fixture
def precomputed(tmp_path):
    rows = [{"video": v, "caption": t} for v, t in (("a", "one"), ("gone", "two"), ("b", "three"))]
    write(tmp_path / "captions.json", rows)
    frames = torch.tensor([[1.0, 0, 0], [0, 1, 0]])
    save_file({"a": frames, "b": torch.tensor([0.0, 0, 5])}, tmp_path / "videos.safetensors")
    save_file({"pooled": torch.eye(3) * 2}, tmp_path / "texts.safetensors")
    write(tmp_path / "emotions.json", {"a": {"joy": 0.5}, "b": "anger"})
    return tmp_path


def test_features_made_elsewhere_are_taken_as_they_are(precomputed, engine):
    dataset = load_dataset(precomputed)
    assert list(dataset.missing) == ["gone"]
    held = video_features(dataset, engine.components, frames=False)
    expected = [[0.5**0.5, 0.5**0.5, 0], [0, 0, 1]]
    assert_near(held.features.pooled, expected)
    assert held.emotions.named(0)["joy"] == 0.5
    queries = make_queries(dataset)
    texts = precomputed_texts(queries.captions, dataset.features)
    assert texts.pooled.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_damaged_features_are_refused(precomputed):
    write(precomputed / "videos.safetensors", "no tensors")
    with pytest.raises(InvalidInput, match="not a file of tensors"):
        load_dataset(precomputed)


@pytest.fixture(scope="session")
def two_videos(demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    rows = [{"video": "cat", "caption": "a cat"}, {"video": "coffee.mp4", "caption": "a coffee"}]
    write(folder / "captions.jsonl", "\n".join(map(json.dumps, rows)))
    return load_dataset(folder / "captions.jsonl", videos=demo / "videos")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_features_are_those_of_an_index_and_made_once(two_videos, engine, cache):
    told = []
    first = video_features(
        two_videos, engine.components, cache, frames=True, on_progress=told.append
    )
    assert first.names == ["cat", "coffee.mp4"]
    assert told
    again = video_features(
        two_videos, engine.components, cache, on_progress=lambda progress: pytest.fail("ran")
    )
    assert again.features.pooled.equal(first.features.pooled)
    ids = [m.id for m in engine.catalog.segments(record_id(engine, two_videos.videos[0].path))]
    _, stored = engine.catalog.load_features(engine.components.video_encoder, ids)
    assert_near(stored, first.features.pooled[first.owner == 0], HALVES)
    assert first.features.frames is not None or not engine_has_frames(engine, ids)


def record_id(engine, path):
    return next(v.id for v in engine.catalog.videos() if Path(v.location) == path.resolve())


def engine_has_frames(engine, ids):
    held = engine.catalog.load_frames(
        engine.components.video_encoder, ids, engine.components.video_encoder.dim
    )
    return any(frames is not None for frames in held)


def test_a_video_scores_as_its_best_segment(two_videos, engine, cache):
    held = video_features(two_videos, engine.components, cache)
    scores = np.random.default_rng(0).normal(size=(3, len(held.owner))).astype(np.float32)
    best = held.by_video(scores)
    assert best.shape == (3, 2)
    for video in range(2):
        assert (best[:, video] == scores[:, held.owner == video].max(1)).all()


def test_moments_of_a_video_have_features_of_their_own(demo, engine, tmp_path):
    held = {"cat": {"timestamps": [[0, 2], [3, 6], [50, 60]], "sentences": ["one", "two", "three"]}}
    write(tmp_path / "val_1.json", held)
    dataset = load_dataset("activitynet-moments", tmp_path, demo / "videos")
    made = video_features(dataset, engine.components, tmp_path / "cache")
    assert made.names == ["cat@0-2", "cat@3-6"]
    assert [(s.start, s.end) for s in made.segments] == [(0, 2), (3, 6)]
    assert not made.features.pooled[0].equal(made.features.pooled[1])


def test_without_any_video_the_error_says_where_to_look_for_them(msrvtt, engine, tmp_path):
    (msrvtt / "videos/video2.mp4").unlink()
    dataset = load_dataset("msrvtt-1k-a", root=msrvtt)
    with pytest.raises(InvalidInput, match=r"none of its 2 videos was found .*--videos DIR"):
        video_features(dataset, engine.components, tmp_path / "cache")


@pytest.mark.parametrize(("name", "held"), [("none.json", "[]"), ("head.tsv", "video\tcaption\n")])
def test_a_file_without_captions_is_said_to_hold_none(tmp_path, engine, name, held):
    (tmp_path / name).write_text(held)
    with pytest.raises(InvalidInput, match="holds no captions"):
        video_features(load_dataset(tmp_path / name), engine.components, tmp_path / "cache")


def test_texts_are_encoded_as_a_search_does(engine):
    texts = ["a cat", "two angry men in a car park"]
    held = text_features(texts, engine.components.text_encoder, tokens=True)
    assert_near(held.pooled, engine.encode_text(texts))
    if held.tokens is not None:
        assert held.tokens.shape[:2] == held.mask.shape


def test_wanted_emotions_are_given_or_read(engine):
    texts = ["an angry man", "a cat"]
    read = wanted_emotions(texts, engine.components.text_emotion)
    assert read.named(0)["anger"] > 0.5
    given = EmotionScores.concatenate([EmotionScores.of([{"joy": 1}]), EmotionScores.unobserved(1)])
    mixed = wanted_emotions(texts, engine.components.text_emotion, given)
    assert mixed.named(0) == {"joy": 1.0}
    assert mixed.named(1) == pytest.approx(read.named(1), abs=ROUNDING)
