"""The parts of facial emotions that are swapped by configuration: detector, classifier, head."""

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from moodreel import Clip, Emotion, create
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel_plugins.emotion.face_classifiers import CLASSES, FACE_SIDE
from moodreel_plugins.emotion.face_head import (
    FaceHead,
    check_labels,
    fit_head,
    macro_accuracy,
    predict_by_halves,
)
from nearness import ROUNDING, assert_near
from tiny_models import tiny_classifier


@pytest.fixture(scope="module")
def astronaut():
    import skimage

    return skimage.data.astronaut()[:480, :480]


def clip_of(*frames):
    return Clip(np.stack(frames), np.arange(len(frames), dtype=np.float64))


# YuNet


STRIDES = (8, 16, 32)


@pytest.fixture(scope="module")
def bright_squares(tmp_path_factory):
    """A model with YuNet's outputs whose faces are bright cells: an anchor's size around each."""
    from onnx import TensorProto, helper, save

    nodes = []

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(name, value, kind=TensorProto.FLOAT):
        value = np.asarray(value)
        tensor = helper.make_tensor(name, kind, value.shape, value.ravel().tolist())
        return node("Constant", [], name, value=tensor)

    mean = node("ReduceMean", ["input"], "mean", axes=[1])
    grey = node("Mul", [mean, constant("k", 1 / 255)], "grey")
    for stride in STRIDES:
        window = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
        cells = node("AveragePool", [grey], f"cells_{stride}", **window)
        column = constant(f"column_{stride}", [1, -1, 1], TensorProto.INT64)
        score = node("Reshape", [cells, column], f"cls_{stride}")
        node("Identity", [score], f"obj_{stride}")
        zero = node("Sub", [score, score], f"zero_{stride}")
        node("Concat", [zero] * 4, f"bbox_{stride}", axis=2)
        node("Concat", [zero] * 10, f"kps_{stride}", axis=2)
    outputs = [
        helper.make_tensor_value_info(
            f"{part}_{stride}", TensorProto.FLOAT, [1, (640 // stride) ** 2, width]
        )
        for part, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        for stride in STRIDES
    ]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 640, 640])]
    graph = helper.make_graph(nodes, "squares", inputs, outputs)
    path = tmp_path_factory.mktemp("yunet") / "squares.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), path)
    return path


def test_yunet_finds_the_faces_where_a_model_is_given(bright_squares):
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[128:256, 256:384] = 255
    extractor = create("emotion_extractor", "face", yunet=str(bright_squares))
    boxes = extractor.detector.find(frame)
    assert boxes
    for box in boxes:
        centre = box.left + box.width / 2, box.top + box.height / 2
        assert 240 <= centre[0] <= 400
        assert 112 <= centre[1] <= 272
        assert 0 < box.weight < 1
    scores = extractor.extract([clip_of(frame), clip_of(np.zeros_like(frame))])
    assert scores.evidence[0] == len(boxes)
    assert scores.observed.any(axis=1).tolist() == [True, False]


def test_a_file_that_is_no_yunet_model_is_named(tmp_path, astronaut):
    file = tmp_path / "broken.onnx"
    file.write_bytes(b"not a model")
    extractor = create("emotion_extractor", "face", yunet=str(file))
    with pytest.raises(ConfigurationError, match=r"broken\.onnx: not a YuNet model"):
        extractor.extract([clip_of(astronaut)])


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere"):
        create("emotion_extractor", "face", yunet=str(tmp_path / "nowhere.onnx"))


@pytest.mark.parametrize("options", [{"confidence": 0.0}, {"confidence": 1.0}])
def test_options_of_yunet_out_of_range_are_refused(bright_squares, options):
    with pytest.raises(ConfigurationError, match="confidence"):
        create("emotion_extractor", "face", yunet=str(bright_squares), **options)


# A classifier of transformers


def test_any_image_classifier_of_transformers_reads_the_faces(tmp_path, astronaut):
    folder = tiny_classifier(tmp_path, ["Happy", "sad", "NEUTRAL", "contempt"])
    extractor = create("emotion_extractor", "face", classifier=folder)
    assert extractor.observes == {Emotion.JOY, Emotion.SADNESS}
    seen = extractor.extract([clip_of(astronaut)]).named(0)
    assert set(seen) == {"joy", "sadness"}
    assert sum(seen.values()) < 1
    (face,) = extractor.read_faces(clip_of(astronaut))
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=ROUNDING)
    assert set(face.probabilities) == {"joy", "sadness", "neutral"}


def test_its_logits_are_those_of_the_model_itself(tmp_path):
    extractor = create(
        "emotion_extractor", "face", classifier=tiny_classifier(tmp_path, ["happy", "sad"])
    )
    faces = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    with torch.inference_mode():
        pixels = extractor.classifier.processor(list(faces), return_tensors="pt")
        expected = extractor.classifier.model(**pixels).logits
        features = extractor.classifier.features(torch.from_numpy(faces))
    assert_near(features[:, :2], expected)
    assert features.shape == (3, 2 + 16)


def test_a_label_that_is_no_emotion_is_named(tmp_path, astronaut):
    folder = tiny_classifier(tmp_path, ["cat", "dog"])
    extractor = create("emotion_extractor", "face", classifier=folder)
    with pytest.raises(ConfigurationError, match="'cat' is no emotion"):
        extractor.extract([clip_of(astronaut)])


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="weights cannot be read"):
        create("emotion_extractor", "face", classifier=str(tmp_path))


# The head


def separable(count=40, classes=("anger", "joy", "neutral"), seed=0):
    draw = np.random.default_rng(seed)
    labels = np.array([classes[i % len(classes)] for i in range(count)])
    centres = {name: draw.normal(size=20) * 3 for name in classes}
    features = np.stack([centres[name] + draw.normal(size=20) for name in labels])
    return features.astype(np.float32), labels


@pytest.mark.parametrize("classes", [("anger", "joy", "neutral"), ("joy", "sadness")])
def test_a_head_learns_what_can_be_told_apart(classes, tmp_path):
    features, labels = separable(classes=classes)
    head = fit_head(features, labels.tolist(), logits=5)
    head.save(tmp_path / "head.safetensors")
    again = FaceHead.load(tmp_path / "head.safetensors")
    said = np.array(again.classes)[again(torch.from_numpy(features)).argmax(1)]
    assert (said == labels).all()
    assert again.classes == classes


def test_a_heads_probabilities_are_those_of_the_regression():
    from sklearn.linear_model import LogisticRegression

    for classes in (("anger", "joy", "neutral"), ("joy", "sadness")):
        features, labels = separable(classes=classes)
        standard = (features - features.mean(0)) / features.std(0)
        model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
        expected = model.fit(standard, labels).predict_proba(standard)
        head = fit_head(features, labels.tolist(), logits=features.shape[1])
        ours = head(torch.from_numpy(features)).softmax(-1)
        np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_halves_are_judged_by_what_was_fitted_to_the_other():
    features, _ = separable()
    chance = np.random.default_rng(1).permutation(separable()[1])
    accuracy, low, high = macro_accuracy(predict_by_halves(features, chance, 5), chance)
    assert low < accuracy < high
    assert accuracy < 0.7
    learnt, labels = separable()
    assert macro_accuracy(predict_by_halves(learnt, labels, 5), labels)[0] == 1


def test_macro_accuracy_weighs_classes_alike():
    labels = np.array(["joy"] * 8 + ["fear"] * 2)
    assert macro_accuracy(np.array(["joy"] * 10), labels)[0] == 0.5


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["joy"] * 9, "two expressions"),
        (["joy"] * 9 + ["bored"] * 9, "unknown expression 'bored'"),
        (["joy"] * 9 + ["fear"] * 3, "fear: fitting needs 4 faces"),
        ([], "two expressions"),
    ],
)
def test_what_cannot_be_fitted_is_said(labels, says):
    with pytest.raises(InvalidInput, match=says):
        check_labels(labels)


def test_a_head_of_another_network_is_refused(tmp_path, astronaut):
    features, labels = separable()
    fit_head(features, labels.tolist(), 5).save(tmp_path / "head.safetensors")
    extractor = create("emotion_extractor", "face", head=str(tmp_path / "head.safetensors"))
    with pytest.raises(ConfigurationError, match="fitted to 20 features, this classifier has 135"):
        extractor.extract([clip_of(astronaut)])


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b"nonsense"),
        lambda path: save_file({"weight": np.zeros((2, 3), np.float32)}, path),
        lambda path: save_file(
            {"weight": np.zeros((2, 3), np.float32), "bias": np.zeros(2, np.float32)},
            path,
            {"classes": "joy,boredom"},
        ),
        lambda path: save_file(
            {"weight": np.zeros((2, 3), np.float32), "bias": np.zeros(3, np.float32)},
            path,
            {"classes": "joy,fear"},
        ),
    ],
)
def test_a_file_that_is_no_head_is_named(tmp_path, write):
    write(tmp_path / "head.safetensors")
    with pytest.raises(ConfigurationError, match=r"head\.safetensors: not a fitted head"):
        FaceHead.load(tmp_path / "head.safetensors")


def test_the_classes_are_the_networks():
    assert (len(CLASSES), FACE_SIDE) == (7, 64)
