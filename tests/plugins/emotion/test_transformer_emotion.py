"""Text-classification models: tiny ones, made here, with labels as real ones have them."""

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from moodreel import Emotion, create
from moodreel.errors import ConfigurationError
from moodreel.registry.registry import default_registry
from moodreel.testing import check_emotion_extractor
from moodreel_plugins.emotion.english.wording import word_set
from nearness import ROUNDING, assert_near

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "happy", "angry", "man", "wall"]
GO_EMOTIONS = sorted(
    word_set(
        "admiration amusement anger annoyance approval caring confusion curiosity desire "
        "disappointment disapproval disgust embarrassment excitement fear gratitude grief joy love "
        "nervousness optimism pride realization relief remorse sadness surprise neutral"
    )
)


@pytest.fixture(scope="module")
def make_model(tmp_path_factory):
    """Write a classifier with given labels and return its folder."""

    def make(labels, **options):
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("classifier")
        (folder / "vocab.txt").write_text("\n".join(WORDS))
        BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
        config = BertConfig(
            vocab_size=len(WORDS),
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=8,
            max_position_embeddings=32,
            id2label=dict(enumerate(labels)),
            **options,
        )
        model = BertForSequenceClassification(config)
        torch.nn.init.normal_(model.classifier.weight, std=2)
        model.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def ekman(make_model):
    return make_model(["anger", "DISGUST", "fear", "joy", "neutral", "sadness", "surprise"])


@pytest.fixture(scope="module")
def go_emotions(make_model):
    return make_model(GO_EMOTIONS, problem_type="multi_label_classification")


def shares(folder, texts, activation):
    """Return what transformers itself says, label -> probability, one text at a time."""
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    model = BertForSequenceClassification.from_pretrained(folder).eval()
    for text in texts:
        with torch.inference_mode():
            logits = model(**tokenizer(text, return_tensors="pt")).logits[0]
        names = [name.lower() for name in model.config.id2label.values()]
        yield dict(zip(names, activation(logits).tolist(), strict=True))


def test_labels_called_as_emotions_are_found_and_the_others_stay_unknown(ekman):
    extractor = create("emotion_extractor", "transformer", model=str(ekman))
    assert extractor.observes == set(Emotion) - {Emotion.TRUST, Emotion.ANTICIPATION}
    texts = ["a happy man", "a wall"]
    theirs = shares(ekman, texts, lambda logits: logits.softmax(0))
    for ours, reference in zip(extractor.extract(texts), theirs, strict=True):
        assert ours == pytest.approx({name: reference[name] for name in ours}, abs=ROUNDING)
        assert sum(ours.values()) < 1


def test_a_classifier_keeps_the_contract_of_its_kind(go_emotions):
    check_emotion_extractor(create("emotion_extractor", "go-emotions", model=str(go_emotions)))


def test_go_emotions_are_mapped_out_of_the_box(go_emotions):
    extractor = create("emotion_extractor", "go-emotions", model=str(go_emotions))
    assert extractor.observes == set(Emotion)
    texts = ["an angry man", "a happy happy man"]
    theirs = shares(go_emotions, texts, torch.sigmoid)
    for ours, reference in zip(extractor.extract(texts), theirs, strict=True):
        grouped = {e: max(reference[label] for label in extractor.labels[e]) for e in Emotion}
        assert ours == pytest.approx(grouped, abs=ROUNDING)


def test_each_of_the_28_labels_stands_for_one_emotion_at_most():
    labels = default_registry().find("emotion_extractor", "go-emotions").options["labels"]
    mapped = [label for group in labels.values() for label in group]
    assert sorted([*mapped, "neutral"]) == sorted(GO_EMOTIONS)


def test_a_softmax_adds_the_labels_of_an_emotion(ekman):
    labels = {"joy": ["joy", "surprise"]}
    options = {"model": str(ekman), "labels": labels}
    (added,) = create("emotion_extractor", "transformer", **options).extract(["a man"])
    (reference,) = shares(ekman, ["a man"], lambda logits: logits.softmax(0))
    assert added == pytest.approx({"joy": reference["joy"] + reference["surprise"]}, abs=ROUNDING)


def test_a_batch_reads_as_single_texts_do(go_emotions):
    extractor = create("emotion_extractor", "go-emotions", model=str(go_emotions), batch_size=2)
    texts = ["a happy man", "a wall", "angry angry angry man", "", "a"]
    batch = extractor.extract(texts).values
    single = [extractor.extract([text]).values[0] for text in texts]
    assert_near(batch, single)


@pytest.mark.parametrize("text", ["", "\ud800", "\x00\x1b", "😡", "happy " * 100_000])
def test_any_text_is_read(ekman, text):
    scores = create("emotion_extractor", "transformer", model=str(ekman)).extract([text])
    assert scores.observed.sum() == 6


def test_a_model_whose_labels_say_nothing_is_refused_with_its_labels(make_model):
    extractor = create("emotion_extractor", "transformer", model=str(make_model(["x", "y"])))
    with pytest.raises(ConfigurationError, match=r"x, y; set the option labels"):
        extractor.extract(["a man"])


def test_a_missing_model_is_one_line(tmp_path):
    extractor = create("emotion_extractor", "transformer", model=str(tmp_path))
    with pytest.raises(ConfigurationError, match="cannot be loaded") as error:
        extractor.extract(["a man"])
    assert "\n" not in str(error.value)


def test_other_weights_have_another_fingerprint(ekman, go_emotions):
    one, other = (
        create("emotion_extractor", "transformer", model=str(folder), labels={"joy": ["joy"]})
        for folder in (ekman, go_emotions)
    )
    assert one.weights()
    assert one.fingerprint != other.fingerprint
