"""The promises of fusion: every strategy, every form and side, before and after training."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch.nn.functional import normalize

import places
from moodreel import EmotionScores, create
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel.fusion.checkpoints import TrainingContext, load_strategy, save_strategy
from moodreel.fusion.strategy import Dims
from moodreel.interfaces import TextFeatures, VideoFeatures, VideoTokens
from moodreel.registry.discovery import installed_plugins
from moodreel.registry.registry import default_registry
from moodreel.testing import check_fusion, no_emotion, sample_emotions, sample_text, sample_video
from moodreel.testing.samples import SMALL, encode_tokens, sample_patches
from moodreel_plugins.encoders.clip_vip import ClipVip
from nearness import HALVES, assert_near, assert_same_hits

GOLDENS = places.GOLDENS / "clip_vip"
NAMES = [name for kind, name in installed_plugins().registrations if kind == "fusion_strategy"]
GATED = ["additive", "concat-fc", "cross-attention", "video-side"]
LEARNED = {name: {} for name in GATED} | {"late": {"weight": "learned"}}
QUERIES = 5


def build(name, **options):
    return default_registry().fresh("fusion_strategy", name, **options)


def shake(strategy, seed=0, scale=0.5):
    """Give every parameter a random value near its own, as any training might."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in strategy.parameters():
            parameter += torch.randn(parameter.shape, generator=draw) * scale
    return strategy


def ready(name, trained=None, **options):
    """A strategy for small dimensions, fitted; `trained` is the seed of what it learned."""
    strategy = build(name, **(LEARNED.get(name, {}) | options)).bind(SMALL).eval()
    strategy.adapt(VideoFeatures(sample_video().pooled), sample_emotions())
    return strategy if trained is None else shake(strategy, trained)


def encoded(strategy, wanted):
    text = sample_text(len(wanted))
    tokens = strategy.inject(text.tokens, wanted)
    return TextFeatures(encode_tokens(tokens, text.mask), text.tokens, text.mask)


@torch.inference_mode()
def scores(strategy, wanted, seen=None):
    stored = strategy.fuse_video(sample_video(), seen or sample_emotions())
    return strategy.fuse_text(encoded(strategy, wanted), wanted) @ stored.T


def baseline():
    return sample_text(QUERIES).pooled @ sample_video().pooled.T


# The promises, whatever was learned


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_strategy_starts_as_the_baseline(name):
    assert_near(scores(ready(name), sample_emotions(QUERIES)), baseline())


@pytest.mark.parametrize("name", {*NAMES, *LEARNED})
@given(seed=st.integers(0, 2**16))
@settings(max_examples=8, deadline=None)
def test_a_query_without_emotion_scores_as_the_baseline_does(name, seed):
    strategy = ready(name, trained=seed)
    for wanted in (no_emotion(QUERIES), EmotionScores.unobserved(QUERIES)):
        assert_near(scores(strategy, wanted, sample_emotions(seed=seed)), baseline())


@pytest.mark.parametrize("name", LEARNED)
@given(seed=st.integers(0, 2**16))
@settings(max_examples=8, deadline=None)
def test_content_is_stored_as_it_is_whatever_was_learned(name, seed):
    video = sample_video()
    with torch.inference_mode():
        stored = ready(name, trained=seed).fuse_video(video, sample_emotions(seed=seed))
    assert stored[:, : SMALL.content].equal(video.pooled)


@pytest.mark.parametrize("name", LEARNED)
def test_training_moves_emotional_queries(name):
    strategy = ready(name, trained=1)
    assert (scores(strategy, sample_emotions(QUERIES)) - baseline()).abs().max() > 0.01


@pytest.mark.parametrize("sides", ["both", "text", "video"])
@pytest.mark.parametrize("form", ["extend", "add"])
@pytest.mark.parametrize("name", GATED)
def test_every_form_and_side_keeps_the_contract(name, form, sides):
    """Adding to the content can promise neutral queries nothing where it moves the videos."""
    strategy = build(name, form=form, sides=sides)
    check_fusion(strategy, neutral=form == "extend" or sides == "text")


def test_concatenation_with_tokens_keeps_what_the_form_that_adds_can_keep():
    check_fusion(build("concat-fc", tokens=True, form="add"), neutral=False)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("concat-fc", {"hidden": 8}),
        ("concat-fc", {"dropout": 0.0, "mood_dim": 3}),
        ("concat-fc", {"tokens": True}),
        ("concat-fc", {"tokens": True, "hidden": 8, "sides": "text"}),
        ("concat-fc", {"tokens": True, "sides": "video"}),
        ("concat-fc", {"tokens": True, "form": "add", "sides": "text"}),
        ("cross-attention", {"joint": False}),
        ("cross-attention", {"width": 8, "heads": 2}),
        ("additive", {"weighting": "intensity"}),
        ("late", {"weight": "learned"}),
    ],
)
def test_options_keep_the_contract(name, options):
    check_fusion(build(name, **options))


@pytest.mark.parametrize("into", ["proxy", "proxies", "patches"])
def test_injection_into_videos_moves_them_for_neutral_queries_too_and_says_so(into):
    strategy = build("video-injection", into=into)
    check_fusion(strategy, neutral=False)
    with pytest.raises(AssertionError, match="a query without emotion must score"):
        check_fusion(strategy)


def test_a_mood_is_injected_into_its_own_clip_as_far_as_the_gate_is_open():
    strategy, tokens = build("video-injection", into="patches").bind(SMALL), sample_patches(3)
    strategy.gate.data.fill_(0.5)
    seen = EmotionScores.of([{"joy": 0.4}, {}, {"joy": 0.0}])
    inject = strategy.video_injector(seen)
    order = np.array([2, 0, 1, 0])  # as an encoder batches frames: rows are told by their clips
    rows = VideoTokens(tokens.proxies[order], tokens.patches[order], order, tokens.frames[order])
    changed, added = inject(rows)
    assert added is None
    moved = (changed.patches - rows.patches)[:, 0, 0]
    joy, known = strategy.table[0], strategy.known[0]
    assert_near(moved, 0.5 * torch.stack([known, 0.4 * joy + known, 0 * joy, 0.4 * joy + known]))


@pytest.mark.parametrize("name", GATED)
def test_without_a_gate_training_starts_away_from_the_baseline(name):
    strategy = build(name, gated=False)
    assert not strategy.gate.requires_grad
    check_fusion(strategy, identity=False)
    with pytest.raises(AssertionError, match="gate that starts at zero"):
        check_fusion(strategy)


# The engine and the catalog


@pytest.mark.parametrize("name", LEARNED)
def test_neutral_queries_rank_exactly_as_the_baseline_in_the_index(name, engine, tmp_path):
    """Trained at random, adopted by the real engine, on the demo's videos and queries."""
    registry = engine.registry
    strategy = shake(load_strategy(registry, name, **LEARNED[name]))
    folder = str(save_strategy(tmp_path / name, strategy, TrainingContext.of(registry)))
    for text in ("people riding bicycles in the street", "a cat", "rocket launch"):
        assert_same_hits(ranked(engine, text, {}, folder), ranked(engine, text, {}, "baseline"))
    moody, plain = (ranked(engine, "a cat", {"joy": 1}, by) for by in (folder, "baseline"))
    with pytest.raises(AssertionError):
        assert_same_hits(moody, plain, within=HALVES)


def ranked(engine, text, emotions, fusion):
    hits = engine.search(text, emotions=emotions, fusion=fusion, top=99, merge=False)
    return [hit.to_dict() for hit in hits]


def test_frames_reach_the_strategies_that_ask_for_them(engine, monkeypatch):
    from moodreel_plugins.fusion.cross_attention import CrossAttention

    shapes, shown = [], CrossAttention.video_mood

    def look(self, video, emotions):
        shapes.append(video.frames.shape)
        return shown(self, video, emotions)

    monkeypatch.setattr(CrossAttention, "video_mood", look)
    engine.search("a cat", fusion="cross-attention")
    assert sum(shape[0] for shape in shapes) >= len(engine.search_index.source.load()[0])
    assert {shape[2] for shape in shapes} == {engine.components.video_encoder.dim}


# What a weight means


@pytest.mark.parametrize("name", ["concat-fc", "cross-attention", "video-side"])
def test_half_weight_ranks_as_trained_and_the_ends_ask_for_one_part_alone(name):
    strategy, wanted, text = ready(name, trained=3), sample_emotions(1), sample_text(1)
    with torch.inference_mode():
        trained, half, content, mood = (
            strategy.fuse_text(text, wanted, weight) for weight in (None, 0.5, 0.0, 1.0)
        )
    assert_near(half * 2, trained)
    assert not content[:, SMALL.content :].any()
    assert not mood[:, : SMALL.content].any()
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        strategy.fuse_text(text, wanted, 1.5)


def test_only_what_weighs_takes_a_weight():
    assert ready("video-side").weighs
    assert not build("video-side", form="add", sides="video").weighs
    assert not build("additive", form="add").weighs
    assert not build("baseline").weighs


def test_a_learned_weight_of_late_stays_above_zero_and_can_come_back():
    strategy = ready("late")
    for value, share in ((-0.2, 0.0), (0.3, 0.3), (1.7, 1.7)):
        strategy.weight.data.fill_(value)
        assert strategy.ratio.item() == pytest.approx(share, abs=1e-6)
        strategy.zero_grad()
        strategy.ratio.backward()
        assert strategy.weight.grad == 1


# Dimensions and stages


def test_a_strategy_serves_the_dimensions_it_was_made_for_and_no_others():
    strategy = build("concat-fc").bind(Dims(8, 4))
    before = strategy.video_side[1].weight
    assert strategy.bind(Dims(8, 4)).video_side[1].weight is before
    with pytest.raises(ConfigurationError, match=r"made for Dims\(content=8, token=4\)"):
        strategy.bind(Dims(9, 4))


def test_a_strategy_that_was_not_bound_says_what_to_do():
    with pytest.raises(AttributeError, match=r"no attribute 'table'; .* call bind\(Dims"):
        build("additive").inject(sample_text().tokens, sample_emotions(5))
    with pytest.raises(AttributeError, match=r"no attribute 'tabel'$"):
        build("additive").bind(SMALL).tabel  # noqa: B018


@pytest.mark.parametrize(
    ("name", "options", "stages"),
    [
        ("baseline", {}, set()),
        ("late", {}, {"text", "video"}),
        ("additive", {}, {"tokens", "text", "video"}),
        ("additive", {"form": "add"}, {"tokens", "video"}),
        ("additive", {"form": "add", "sides": "text"}, {"tokens"}),
        ("additive", {"sides": "video"}, {"text", "video"}),
        ("concat-fc", {"form": "add", "sides": "video"}, {"video"}),
        ("concat-fc", {"tokens": True}, {"tokens", "text", "video"}),
        ("concat-fc", {"tokens": True, "sides": "video"}, {"text", "video"}),
        ("concat-fc", {"tokens": True, "form": "add"}, {"tokens", "video"}),
        ("token-concat-fc", {}, {"tokens", "text", "video"}),
        ("video-injection", {}, {"patches"}),
        ("video-side", {"form": "add", "sides": "text"}, {"text"}),
        ("cross-attention", {}, {"text", "video", "rerank"}),
        ("cross-attention", {"joint": False}, {"text", "video"}),
    ],
)
def test_a_strategy_declares_the_stages_it_touches(name, options, stages):
    assert build(name, **options).stages == stages


@pytest.mark.parametrize("name", {*NAMES, *LEARNED})
def test_a_strategy_works_where_its_parameters_are(name):
    """On the device without memory, a tensor left behind on the CPU would be refused."""
    strategy, meta = ready(name).to("meta"), {"device": "meta"}
    text, video = sample_text(QUERIES), sample_video()
    moved = TextFeatures(text.pooled.to(**meta), text.tokens.to(**meta), text.mask.to(**meta))
    shown = VideoFeatures(video.pooled.to(**meta), video.frames.to(**meta))
    wanted, seen = sample_emotions(QUERIES), sample_emotions()
    assert strategy.inject(moved.tokens, wanted).is_meta
    assert strategy.fuse_text(moved, wanted).is_meta
    assert strategy.fuse_video(shown, seen).is_meta
    one = TextFeatures(moved.pooled[:1], moved.tokens[:1], moved.mask[:1])
    better = strategy.rerank(one, wanted[:1], shown, seen)
    assert better is None or better.is_meta


# The published embedding


@pytest.mark.parametrize("folder", ["vip_t12", "vip_t4"])
@torch.inference_mode()
def test_additive_gives_the_published_numbers(folder):
    known = load_file(GOLDENS / folder / "io.safetensors")
    model = ClipVip.from_pretrained(GOLDENS / folder)
    strategy = create("fusion_strategy", "additive", init="normal")
    width = known["emotion_embedding"].shape[1]
    strategy.bind(Dims(known["text_embeds"].shape[1], width))
    strategy.table.copy_(known["emotion_embedding"])
    counts = known["emotion_counts"].numpy()
    counts = EmotionScores(counts, np.ones_like(counts))
    inputs = known["input_ids"], known["attention_mask"]
    features = model.text_features(*inputs, inject=strategy.injector(counts))
    expected = known["text_embeds_additive"]
    assert_near(normalize(features, dim=-1), expected)
    assert_near(expected[0], known["text_embeds"][0])


def test_binary_counts_presence_and_intensity_counts_strength():
    table = torch.randn(8, SMALL.token)
    wanted = EmotionScores.of([{"joy": 3, "anger": 0.5, "fear": -1}, {}])
    tokens = sample_text(2).tokens
    for weighting, mean in (
        ("binary", (table[0] + table[7]) / 2),
        ("intensity", (3 * table[0] + 0.5 * table[7] - table[4]) / 3),
    ):
        strategy = build("additive", weighting=weighting).bind(SMALL)
        strategy.table.data.copy_(table)
        moved = strategy.inject(tokens, wanted) - tokens
        assert_near(moved[0], mean.expand_as(moved[0]))
        assert not moved[1].any()


# Concatenation with tokens


def test_a_layer_sees_each_token_beside_the_emotions_and_leaves_padding_alone():
    strategy = ready("concat-fc", tokens=True, dropout=0.0)
    text, wanted = sample_text(2), EmotionScores.of([{"joy": 0.5}, {}])
    with torch.inference_mode():
        strategy.token_gate.fill_(2)
        moved = strategy.inject(text.tokens, wanted, mask=text.mask)
        embedded = strategy.table.weight[:, 0].expand(len(text.tokens[0]), -1)  # joy at full
        (layer,) = [part for part in strategy.token_side if hasattr(part, "weight")]
        change = 2 * 0.5 * layer(torch.cat([text.tokens[0], embedded], -1))
    assert_near(moved[0], text.tokens[0] + change * text.mask[0].unsqueeze(-1))
    assert moved[1].equal(text.tokens[1])


# Cross-attention


def test_padding_and_unobserved_emotions_do_not_reach_the_emotion_encoder():
    strategy = ready("cross-attention", trained=2)
    text, wanted = sample_text(QUERIES), sample_emotions(QUERIES)
    garbled = TextFeatures(
        text.pooled, torch.where(text.mask[..., None], text.tokens, 9), text.mask
    )
    with torch.inference_mode():
        assert_near(strategy.fuse_text(garbled, wanted), strategy.fuse_text(text, wanted))
        partly = EmotionScores.of([{"joy": 0.5}])
        fully = EmotionScores.of([{"joy": 0.5}], observes=["joy", "anger"])
        one = TextFeatures(text.pooled[:1], text.tokens[:1], text.mask[:1])
        assert not strategy.fuse_text(one, partly).equal(strategy.fuse_text(one, fully))


def test_both_sides_share_the_emotion_encoder():
    names = [name for name, _ in build("cross-attention").bind(SMALL).named_parameters()]
    assert sum(name.startswith("emotions.table") for name in names) == 1
    assert sum("across.attend.in_proj_weight" in name for name in names if "emotions" in name) == 1


def test_rerank_reads_what_the_vectors_alone_do_not_say():
    strategy = ready("cross-attention", trained=2)
    text, wanted = sample_text(1), sample_emotions(1)
    with torch.inference_mode():
        better = strategy.rerank(text, wanted, sample_video(), sample_emotions())
        strategy.joint_gate.zero_()
        plain = strategy.rerank(text, wanted, sample_video(), sample_emotions())
    assert_near(plain, scores(strategy, wanted)[0])
    assert (better - plain).std() > 1e-3


def test_a_width_that_the_heads_cannot_share_is_refused():
    with pytest.raises(ConfigurationError, match="multiple of heads"):
        create("fusion_strategy", "cross-attention", width=10, heads=4)
