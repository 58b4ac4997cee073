"""Recipes: whole set-ups as files, equal to what was published, changed from the command line."""

import math

import pytest
from omegaconf import OmegaConf

from moodreel.cli import run
from moodreel.errors import ConfigurationError
from moodreel.training.recipes import Recipe, recipe_names

# microsoft/XPretrain at 5318f2a, CLIP-ViP/src/configs/: what of the two files says how is trained.
SHARED = {
    "train_num_frms": 12,
    "sample_rate": 0,
    "sample_jitter": 1,
    "logit_scale_init_value": 4.60,
    "gradient_accumulation_steps": 1,
    "fp16": 1,
    "seed": 42,
    "betas": [0.9, 0.98],
    "lr_mul": 1,
    "lr_mul_prefix": "",
    "warmup_ratio": 0.01,
}
PUBLISHED = {
    "clip-vip-msrvtt": {
        **SHARED,
        "max_txt_len": 50,
        "train_batch_size": 16,
        "learning_rate": 1e-6,
        "weight_decay": 0.2,
        "loss_name": "NCELearnableTempLoss",
        "grad_norm": 1.0,
        "num_train_epochs": 100,
        "only_valid_steps": 100,
    },
    "clip-vip-pretrain": {
        **SHARED,
        "max_txt_len": 70,
        "train_batch_size": 32,
        "learning_rate": 5e-6,
        "weight_decay": 0.05,
        "loss_name": "NCELearnableTempLoss_vsc_fc",
        "grad_norm": 5.0,
        "num_train_epochs": 5,
        "only_valid_steps": 1000,
    },
}


def dumped(capsys, *arguments):
    assert run(["train", "msrvtt-9k", *arguments, "--dump"]) == 0
    return OmegaConf.to_container(OmegaConf.create(capsys.readouterr().out))


def as_published(recipe):
    """A recipe in the published configuration's words."""
    plan, components = recipe["plan"], recipe["overrides"]
    assert plan["per_process"], "the published batch is that of one GPU"
    assert plan["rate"] == plan["encoder_rate"], "everything learns at one rate"
    return {
        "train_num_frms": components["video_encoder.frames"],
        "sample_rate": 0,
        "sample_jitter": int(plan["jitter"]),
        "logit_scale_init_value": round(math.log(plan["scale"]), 12),
        "gradient_accumulation_steps": plan["accumulate"],
        "fp16": int(plan["precision"] == "fp16"),
        "seed": plan["seed"],
        "betas": plan["betas"],
        "lr_mul": 1 if not plan["rates"] and plan["layer_rate"] == 1 else None,
        "lr_mul_prefix": "".join(plan["rates"]),
        "warmup_ratio": plan["warmup"],
        "max_txt_len": components["text_encoder.max_tokens"],
        "train_batch_size": plan["batch"],
        "learning_rate": plan["rate"],
        "weight_decay": plan["decay"],
        "loss_name": plan["objective"],
        "grad_norm": plan["clip"],
        "num_train_epochs": plan["epochs"],
        "only_valid_steps": plan["every"],
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_dumped_recipe_has_the_published_values(capsys, name):
    recipe = dumped(capsys, "--recipe", name)
    assert as_published(recipe) == PUBLISHED[name]
    assert recipe["plan"]["tune"] == "all"
    assert recipe["fusion"] == "baseline"
    added = ("emotion", "distil", "correct", "patience")
    assert not any(recipe["plan"][term] for term in added), "nothing is added"
    assert recipe["plan"]["neutral"] is None


def test_options_and_settings_change_a_recipe(capsys, tmp_path):
    more = ["--batch", "8", "plan.rates.text_model.embeddings=0", "--preset", "starter"]
    recipe = dumped(capsys, "--recipe", "clip-vip-msrvtt", "--steps", "20", *more)
    plan = recipe["plan"]
    assert (plan["steps"], plan["epochs"], plan["batch"]) == (20, None, 8)
    assert plan["rates"] == {"text_model.embeddings": 0.0}
    assert plan["decay"] == 0.2
    assert recipe["preset"] == "starter"
    file = tmp_path / "mine.yaml"
    file.write_text(OmegaConf.to_yaml(OmegaConf.create(recipe)))
    assert dumped(capsys, "--recipe", str(file)) == recipe


def test_every_recipe_that_is_shipped_can_be_read():
    assert {"clip-vip-msrvtt", "clip-vip-pretrain", "seed-additive"} <= set(recipe_names())
    for name in recipe_names():
        recipe = Recipe.load(name)
        assert recipe.source
        assert recipe.fusion


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plan: {stepz: 3}", "plan has no 'stepz'. Did you mean 'steps'"),
        ("plan: {rate: fast}", "plan.rate: input should be a valid number"),
        ("fussion: late", "a recipe has no 'fussion'. Did you mean 'fusion'"),
        ("[1, 2]", "holds no recipe"),
        ("a: [", "is no YAML"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(tmp_path, text, says):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=says.replace("[", r"\[")) as caught:
        Recipe.load(str(file))
    assert str(caught.value).startswith(str(file))


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(ConfigurationError, match="Did you mean 'clip-vip-msrvtt'"):
        Recipe.load("clip-vip-msrvt")
