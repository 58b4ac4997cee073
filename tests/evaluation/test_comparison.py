"""Evaluating and comparing strategies on an MSR-VTT-shaped dataset of the demo's videos."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from moodreel import Engine, hookimpl
from moodreel.datasets import load_dataset
from moodreel.errors import InvalidInput
from moodreel.evaluation.comparison import compare
from moodreel.evaluation.material import gather_material
from moodreel.evaluation.metrics.ranking import retrieval_metrics
from moodreel.evaluation.results import EMOTION_MAP
from moodreel.evaluation.scoring import score_strategy
from moodreel.fusion.strategy import FusionStrategy
from moodreel.interfaces import VideoFeatures
from moodreel.reports.comparison import as_html, as_markdown
from moodreel.reports.sections import sections, verdicts
from moodreel.reports.trec import write_trec
from nearness import HALVES, ROUNDING, assert_same


class Scrambled(FusionStrategy):
    """Known to be worse: every video has the vector of another."""

    def fuse_video(self, video, seen):
        return video.pooled.roll(3, 0)


class Reversed(FusionStrategy):
    """Reranks the shortlist from its last to its first."""

    def rerank(self, text, wanted, video, seen):
        return -(text.pooled @ video.pooled.T)[0]


class Worse:
    @staticmethod
    @hookimpl
    def register_fusion_strategies(register):
        register("scrambled", Scrambled)
        register("reversed", Reversed)


@pytest.fixture
def with_worse(material, registry_with, monkeypatch):
    """The same material, with strategies that are known to be worse."""
    monkeypatch.setattr(material.components, "registry", registry_with(Worse))
    return material


def test_the_queries_are_grouped_by_the_emotions_they_name(material):
    sizes = {name: int(group.sum()) for name, group in material.groups.items()}
    assert sizes == {"all": 12, "emotional": 2, "neutral": 10, "joy": 1, "sadness": 1}
    assert list(material.dataset.missing) == ["video9999"]
    assert material.judge == "the extractor 'face'"


def test_the_figures_are_those_of_the_score_matrix(material):
    result = compare(material, ["baseline"], resamples=100).results[0]
    texts, videos = material.texts.pooled, material.videos.features.pooled
    figures = retrieval_metrics(texts @ videos.T, material.relevance)
    assert result.scores.summary() == pytest.approx(figures, abs=ROUNDING)
    reverse = retrieval_metrics(videos @ texts.T, material.relevance.transposed())
    found = result.to_text_summary(np.ones(len(videos), bool))
    assert found == pytest.approx(reverse, abs=ROUNDING)


def test_a_search_ranks_as_the_evaluation_does(material, msrvtt_shaped, tmp_path):
    engine = Engine(material.components.registry, tmp_path / "index")
    engine.index(msrvtt_shaped / "videos")
    names = [video.path.name for video in material.videos.videos]
    for name in ("baseline", "late"):
        scores = score_strategy(material, name).matrix()
        for row, text in enumerate(material.queries.texts):
            hits = engine.search(text, fusion=name, top=3)
            found = [scores[row, names.index(hit.video.rpartition("/")[2])] for hit in hits]
            assert found == pytest.approx(np.sort(scores[row])[::-1][:3], abs=HALVES)
    engine.close()


def test_two_identical_strategies_do_not_differ(material):
    comparison = compare(material, ["late", "late"], resamples=500)
    assert {found.mean for found in comparison.differences.values()} == {0.0}
    assert not any(found.significant for found in comparison.differences.values())
    assert all(not tally.wins and not tally.losses for tally in comparison.tallies.values())
    assert verdicts(comparison)[0] == "late (2): no difference to late shown on all queries"


def test_a_worse_strategy_is_said_to_be_worse(with_worse):
    comparison = compare(with_worse, ["baseline", "scrambled"], resamples=2000)
    found = comparison.differences["scrambled", "all", "MRR"]
    assert found.high < 0
    assert found.significant
    assert verdicts(comparison)[0].startswith("scrambled: worse than baseline on all queries")
    assert comparison.tallies["scrambled", "all"].losses > 8


def test_emotional_queries_gain_by_late_fusion_and_neutral_ones_lose_nothing(material):
    comparison = compare(material, ["baseline", "late"], resamples=500)
    table = comparison.table()
    assert_same(table["late"]["neutral"], table["baseline"]["neutral"])
    gain = table["late"]["emotional"][EMOTION_MAP] - table["baseline"]["emotional"][EMOTION_MAP]
    assert gain > 0.05


def test_reranking_orders_the_shortlist_and_keeps_it_above_the_rest(with_worse, monkeypatch):
    monkeypatch.setattr("moodreel.evaluation.scoring.RERANKED", 3)
    plain = score_strategy(with_worse, "baseline").matrix()
    changed = score_strategy(with_worse, "reversed").matrix()
    before, after = (np.argsort(-scores, axis=1) for scores in (plain, changed))
    assert (after[:, :3] == before[:, 2::-1]).all()
    assert (after[:, 3:] == before[:, 3:]).all()
    assert score_strategy(with_worse, "reversed").costs.query_ms > 0


def test_segments_of_a_video_count_by_their_best(material):
    scoring = score_strategy(material, "late")
    doubled = np.repeat(scoring.segments, 2, axis=0)
    doubled[1::2] *= 0.5
    videos = type(material.videos)(
        material.videos.videos,
        np.repeat(material.videos.owner, 2),
        [s for s in material.videos.segments for _ in range(2)],
        VideoFeatures(torch.from_numpy(doubled)),
        material.videos.emotions[np.repeat(material.videos.owner, 2)],
    )
    both = replace(
        scoring, material=replace(material, videos=videos), segments=doubled.astype(np.float32)
    )
    parts = list(both.video_blocks())
    best = np.maximum(scoring.segments @ scoring.queries.T, doubled[1::2] @ scoring.queries.T)
    np.testing.assert_allclose(np.concatenate(parts), best, rtol=0, atol=ROUNDING)


def test_costs_say_what_a_vector_takes(material):
    late = score_strategy(material, "late").costs
    assert late.dimensions == material.videos.dim + 8
    assert late.kilobytes == late.dimensions * 2 * 1000 / 1024
    assert late.parameters == 0
    assert late.fuse_seconds > 0
    assert late.query_ms > 0


def test_trec_files_are_read_by_ir_measures_to_the_same_figures(material, tmp_path):
    import ir_measures as ir

    write_trec(material, ["baseline", "late"], tmp_path)
    qrels = list(ir.read_trec_qrels(str(tmp_path / "qrels.txt")))
    assert len(qrels) == len(material.queries.captions)
    for name in ("baseline", "late"):
        ran = list(ir.read_trec_run(str(tmp_path / f"run-{name}.txt")))
        theirs = ir.calc_aggregate([ir.Success @ 1, ir.Success @ 5, ir.RR, ir.nDCG], qrels, ran)
        ours = retrieval_metrics(score_strategy(material, name).matrix(), material.relevance)
        assert theirs[ir.Success @ 1] == pytest.approx(ours["R@1"], abs=1e-6)
        assert theirs[ir.Success @ 5] == pytest.approx(ours["R@5"], abs=1e-6)
        assert theirs[ir.RR] == pytest.approx(ours["MRR"], abs=1e-6)
        assert theirs[ir.nDCG] == pytest.approx(ours["nDCG"], abs=1e-6)
    graded = list(ir.read_trec_qrels(str(tmp_path / "emotion-qrels.txt")))
    assert graded
    assert all(0 < row.relevance <= 1000 for row in graded)


def test_reports_hold_every_table_and_stand_alone(material):
    comparison = compare(material, ["baseline", "late"], dual=5.0, resamples=200)
    titles = [section.title for section in sections(comparison)]
    assert titles == [
        "Text to video", "Against baseline", "Video to text",
        "Text to video with dual softmax (not available to a search)", "Costs",
    ]  # fmt: skip
    written = as_markdown(comparison)
    assert all(f"## {title}" in written for title in titles)
    page = as_html(comparison)
    assert page.count("<svg") == 2
    assert "src=" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_given_emotions_are_asked_for_where_that_is_wanted(material, dataset_cache):
    captions = [replace(c, emotions={"anger": 1.0}) for c in material.dataset.captions[:2]]
    given = replace(material.dataset, captions=captions, videos=material.dataset.videos[:2])
    asked = gather_material(given, material.components, dataset_cache, "given")
    assert next(iter(asked.wanted))["anger"] == 1.0
    read = gather_material(given, material.components, dataset_cache, "text")
    assert next(iter(read.wanted))["anger"] == 0.0
    assert list(read.groups) == ["all", "emotional", "anger"]
    with pytest.raises(InvalidInput, match="gives no emotions of its captions"):
        gather_material(material.dataset, material.components, dataset_cache, "given")


@pytest.mark.parametrize(("given", "reading"), [(0, "text"), (1, "text"), (1, "given")])
def test_emotions_of_queries_are_read_once(material, dataset_cache, monkeypatch, given, reading):
    captions = [replace(c, emotions={"joy": 1.0}) for c in material.dataset.captions[:given]]
    dataset = replace(material.dataset, captions=[*captions, *material.dataset.captions[given:]])
    extractor, read = material.components.text_emotion, []
    extract = extractor.extract
    monkeypatch.setattr(extractor, "extract", lambda texts: read.append(texts) or extract(texts))
    gathered = gather_material(dataset, material.components, dataset_cache, reading)
    assert read == [gathered.queries.texts]


@pytest.fixture
def made_elsewhere(tmp_path):
    """A folder of features of three numbers each, with labels of emotion."""
    rows = [{"video": v, "caption": t} for v, t in (("a", "a cat"), ("b", "an angry man"))]
    (tmp_path / "captions.json").write_text(json.dumps(rows))
    (tmp_path / "emotions.json").write_text(json.dumps({"a": {}, "b": "anger"}))
    save_file({"a": torch.eye(3)[0], "b": torch.eye(3)[1]}, tmp_path / "videos.safetensors")
    return tmp_path


def test_features_made_elsewhere_are_compared(made_elsewhere, material):
    save_file({"pooled": torch.eye(3)[:2]}, made_elsewhere / "texts.safetensors")
    given = gather_material(load_dataset(made_elsewhere), material.components)
    result = compare(given, ["baseline", "late"], resamples=100).results[1]
    assert result.scores.summary()["R@1"] == 1.0
    assert result.emotion[1] == 1.0
    assert given.judge == "labels"
    with pytest.raises(InvalidInput, match="was made for vectors of 384 numbers"):
        compare(given, ["concat-fc"], resamples=100)


def test_features_that_no_text_can_be_compared_with_are_refused(made_elsewhere, material):
    with pytest.raises(InvalidInput, match=r"have 3 numbers, those of texts 384: add texts\."):
        gather_material(load_dataset(made_elsewhere), material.components)
