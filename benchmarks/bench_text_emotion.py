"""Captions a second for each extractor of text, beside the plain call of the library it uses.

    python -m pytest benchmarks/bench_text_emotion.py

The weights of GoEmotions are not included, so the classifier is of MiniLM's size with random ones.
"""

from pathlib import Path

import pytest
import yaml

from moodreel import create
from moodreel_plugins.emotion.english.forms import read_word
from moodreel_plugins.emotion.english.spelling import corrected

DATA = Path(__file__).parents[1] / "tests" / "data"
CAPTIONS = 512


@pytest.fixture(scope="module")
def captions():
    queries = yaml.safe_load((DATA / "mood_queries.yaml").read_text(encoding="utf-8"))
    sentences = yaml.safe_load((DATA / "modified_sentences.yaml").read_text(encoding="utf-8"))
    texts = [row["query"] for half in queries.values() for row in half]
    texts += [row["text"] for group in sentences.values() for row in group]
    return [f"{texts[at % len(texts)]} {at}" for at in range(CAPTIONS)]


def measure(benchmark, function, captions):
    """Run a function over all captions, once to warm up, and note captions a second."""
    benchmark.pedantic(function, (captions,), rounds=5, warmup_rounds=1)
    benchmark.extra_info["captions a second"] = round(len(captions) / benchmark.stats["median"])


@pytest.mark.benchmark(group="nrc")
@pytest.mark.parametrize("name", ["nrc", "nrc-published"])
def test_nrc(benchmark, captions, name):
    measure(benchmark, create("emotion_extractor", name).extract, captions)


@pytest.mark.benchmark(group="nrc")
def test_nrc_plain(benchmark, captions):
    from nltk.tokenize import NLTKWordTokenizer
    from nrclex import NRCLex

    tokenizer = NLTKWordTokenizer()

    def count(texts):
        reader = NRCLex(None)
        for text in texts:
            reader.load_token_list(tokenizer.tokenize(text))

    measure(benchmark, count, captions)


@pytest.mark.benchmark(group="vader")
def test_vader(benchmark, captions):
    measure(benchmark, create("emotion_extractor", "vader").extract, captions)


@pytest.mark.benchmark(group="vader")
def test_vader_plain(benchmark, captions):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    measure(benchmark, lambda texts: list(map(analyzer.polarity_scores, texts)), captions)


@pytest.mark.benchmark(group="sentence encoder")
def test_prototypes(benchmark, captions):
    measure(benchmark, create("emotion_extractor", "prototypes").extract, captions)


@pytest.mark.benchmark(group="rules")
def test_words_not_seen_before(benchmark, captions):
    extractor = create("emotion_extractor", "words")

    def read(texts):
        read_word.cache_clear()
        corrected.cache_clear()
        return extractor.extract(texts)

    measure(benchmark, read, captions)


@pytest.mark.benchmark(group="rules")
def test_words_remembered(benchmark, captions):
    measure(benchmark, create("emotion_extractor", "words").extract, captions)


@pytest.mark.benchmark(group="sentence encoder")
def test_sentence_transformers(benchmark, captions):
    import sentence_transformers as models

    from moodreel.registry.registry import default_registry

    folder = default_registry().create("text_encoder", "minilm").folder
    model = models.SentenceTransformer(str(folder), device="cpu")
    measure(benchmark, lambda texts: model.encode(texts, batch_size=64), captions)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """The folder of a classifier with 28 labels, of MiniLM's size and vocabulary."""
    import torch
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification

    from moodreel.registry.registry import default_registry

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("classifier")
    minilm = default_registry().create("text_encoder", "minilm").folder
    labels = default_registry().find("emotion_extractor", "go-emotions").options["labels"]
    names = [label for group in labels.values() for label in group]
    config = AutoConfig.from_pretrained(minilm, id2label=dict(enumerate([*names, "neutral"])))
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(minilm).save_pretrained(folder)
    return str(folder)


@pytest.mark.benchmark(group="classifier")
def test_go_emotions(benchmark, captions, classifier):
    extractor = create("emotion_extractor", "go-emotions", model=classifier)
    measure(benchmark, extractor.extract, captions)


@pytest.mark.benchmark(group="classifier")
def test_transformers_pipeline(benchmark, captions, classifier):
    from transformers import pipeline

    classify = pipeline("text-classification", classifier, device="cpu", top_k=None)
    measure(benchmark, lambda texts: classify(texts, batch_size=32), captions)
