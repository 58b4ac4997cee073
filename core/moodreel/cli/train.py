"""`moodreel train`: a strategy that learns from videos and captions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from moodreel.cli.datasets import cache_option, root_option, tell_failed, videos_option
from moodreel.cli.groups import option_group
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_components
from moodreel.cli.options import ConfigurationOptions, configuration_options
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.progress import progress_bar
from moodreel.errors import MissingPackage

if TYPE_CHECKING:
    from moodreel.datasets import Dataset
    from moodreel.training.recipes import Recipe
    from moodreel.training.trainer import Outcome

PACKAGES = ("accelerate", "tensorboard", "matplotlib")
PLAN = "plan."


@dataclass(frozen=True)
class PlanOptions:
    """Choices of the training that have an option of their own; None: as the plan has it."""

    tune: str | None = None
    steps: int | None = None
    batch: int | None = None
    rate: float | None = None
    objective: str | None = None
    seed: int | None = None
    precision: str | None = None


@dataclass(frozen=True)
class ExampleOptions:
    """What is learned from.

    Args:
        splits: the splits of the dataset to learn from; none: as the recipe has it.
        validation: the split that decides when to stop; "none": all steps are made; None: as the
            recipe has it.
        root: the folder of a benchmark's annotation files.
        videos: the folder of the video files.
        cache: the folder where features are kept.
    """

    splits: tuple[str, ...]
    validation: str | None
    root: str | None
    videos: str | None
    cache: str

    def load(self, source: str) -> "Dataset":
        """Load the dataset, all of its splits."""
        from moodreel.datasets import load_dataset

        return load_dataset(source, self.root, self.videos)


plan_options = option_group(
    "choices",
    PlanOptions,
    click.option(
        "--tune",
        type=click.Choice(["none", "projection", "text", "all"]),
        help="The encoders that learn besides the strategy: none, the text encoder's projection, "
        "the text encoder, or both encoders.  [default: none]",
    ),
    click.option(
        "--steps", type=int, metavar="N", help="The number of batches at most.  [default: 600]"
    ),
    click.option("--batch", type=int, metavar="N", help="The captions of a batch.  [default: 128]"),
    click.option(
        "--rate", type=float, metavar="X", help="The highest learning rate.  [default: 0.003]"
    ),
    click.option(
        "--objective",
        metavar="NAME",
        help="The contrastive objective that is minimised.  [default: info-nce]",
    ),
    click.option(
        "--seed",
        type=int,
        metavar="N",
        help="The seed of first values, batches and dropout.  [default: 0]",
    ),
    click.option(
        "--precision",
        type=click.Choice(["no", "bf16", "fp16"]),
        help="The mixed precision of the strategy's arithmetic.  [default: no]",
    ),
)
example_options = option_group(
    "examples",
    ExampleOptions,
    click.option(
        "--split",
        "splits",
        multiple=True,
        metavar="SPLIT",
        help="A split to learn from; may repeat.  [default: train]",
    ),
    click.option(
        "--validation",
        metavar="SPLIT",
        help="The split that decides when to stop; none: all steps are made.  [default: val]",
    ),
    root_option,
    videos_option,
    cache_option,
)


@click.command()
@click.argument("dataset")
@overrides_argument
@click.option(
    "--fusion",
    metavar="NAME",
    help="The fusion strategy, by name or as the folder of a trained one, to train that on. "
    "Required, but with --recipe.",
)
@click.option(
    "--recipe",
    "recipe_name",
    metavar="NAME",
    help="A training set-up: clip-vip-msrvtt, clip-vip-pretrain, seed-additive, or a YAML file. "
    "Options and KEY=VALUE change it.",
)
@click.option("--dump", is_flag=True, help="Print the set-up with all its values, and end.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder that the trained strategy is written into.  [default: trained/NAME]",
)
@plan_options
@example_options
@click.option(
    "--restart", is_flag=True, help="Forget an unfinished run in DIR, instead of going on with it."
)
@configuration_options
def command(
    dataset: str,
    fusion: str | None,
    recipe_name: str | None,
    dump: bool,
    target: Path | None,
    choices: PlanOptions,
    examples: ExampleOptions,
    restart: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Train a fusion strategy on the videos and captions of DATASET.

    DATASET is what `moodreel evaluate` takes. The features of frozen encoders are made once and
    kept. An interrupted run goes on where it stood when it is started again. KEY=VALUE sets options
    of the strategy (fusion_strategy.form=add), or further choices of the training:
    plan.emotion=1 plan.distil=1 plan.neutral=0.5 plan.patience=0.

    For several processes: accelerate launch -m moodreel train ...
    """
    from moodreel.training.recipes import make_plan

    recipe = chosen_recipe(recipe_name, fusion, choices, examples, configuration)
    if dump:
        click.echo(recipe.dump(), nl=False)
        return 0
    check_installed()
    plan = make_plan(recipe.plan)
    whole = recipe_configuration(recipe, configuration)
    check_names(whole, [recipe.fusion])
    folder = target or Path("trained") / Path(recipe_name or recipe.fusion).stem
    source = examples.load(dataset)
    drop_unfinished(folder, restart)
    failed: list[str] = []
    asked: dict[str, Any] = {"splits": recipe.splits, "cache": Path(examples.cache)}
    asked["validation"] = None if recipe.validation == "none" else recipe.validation
    with open_components(whole, [recipe.fusion]) as components, progress_bar() as bar:
        from moodreel.features.texts import check_encoder
        from moodreel.training.runs import Run

        name = components.registry.slot_name("text_encoder")
        check_encoder(source, components.text_encoder, name)
        asked |= {"on_progress": bar, "on_failure": partial(note_failed, failed)}
        outcome = Run(components, source, recipe.fusion, plan, folder, **asked).train()
    tell_outcome(folder, outcome)
    return 1 if failed else 0


def chosen_recipe(
    name: str | None,
    fusion: str | None,
    choices: PlanOptions,
    examples: ExampleOptions,
    configuration: ConfigurationOptions,
) -> "Recipe":
    """Return a recipe with what the command line puts in place of its own values."""
    from moodreel.training.recipes import Recipe

    options = {name: value for name, value in vars(choices).items() if value is not None}
    given: dict[str, Any] = {"fusion": fusion, "splits": examples.splits}
    given |= {"validation": examples.validation, "preset": given_preset(configuration)}
    plan = {**options, **pairs(configuration.overrides, PLAN)}
    if "steps" in plan:
        plan = {"epochs": None, **plan}  # or a recipe's epochs would count
    recipe = Recipe.load(name) if name else Recipe()
    recipe = recipe.changed(plan=plan, **{key: value for key, value in given.items() if value})
    if not recipe.fusion:
        raise click.UsageError("Missing option '--fusion': a strategy that learns, or --recipe.")
    return recipe


def given_preset(configuration: ConfigurationOptions) -> str | None:
    """Return the preset of the command line, None where it has its default."""
    source = click.get_current_context().get_parameter_source("preset")
    return None if source is ParameterSource.DEFAULT else configuration.preset


def recipe_configuration(
    recipe: "Recipe", configuration: ConfigurationOptions
) -> ConfigurationOptions:
    """Return the configuration of a recipe, with the command line's settings over it."""
    own = [f"{key}={value}" for key, value in recipe.overrides.items()]
    rest = [item for item in configuration.overrides if not item.startswith(PLAN)]
    preset = recipe.preset or configuration.preset
    return replace(configuration, preset=preset, overrides=("segments.length=0", *own, *rest))


def note_failed(failed: list[str], path: str, reason: str) -> None:
    """Name a video that cannot be read, on stderr, and note its path."""
    tell_failed(path, reason)
    failed.append(path)


def check_installed() -> None:
    """Refuse to begin where a package that training needs is not installed."""
    from moodreel.errors import is_installed

    for module in PACKAGES:
        if not is_installed(module):
            raise MissingPackage(
                f'training needs the package {module!r}: pip install "moodreel[train]"'
            )


def pairs(overrides: Sequence[str], prefix: str) -> dict[str, Any]:
    """Return the values of PREFIX.NAME=VALUE by name."""
    from omegaconf import OmegaConf

    given = [item[len(prefix) :] for item in overrides if item.startswith(prefix)]
    held = OmegaConf.to_container(OmegaConf.from_dotlist(given))
    assert isinstance(held, dict)
    return {str(name): flat(value) for name, value in held.items()}


def flat(value: Any) -> Any:
    """Return a value; a mapping of mappings as one, with dotted names."""
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, part in value.items():
        inner = flat(part)
        found |= (
            {f"{name}.{n}": v for n, v in inner.items()}
            if isinstance(inner, dict)
            else {name: inner}
        )
    return found


def drop_unfinished(folder: Path, restart: bool) -> None:
    """Forget what an unfinished run left in a folder, if that is asked for."""
    if restart:
        from moodreel.training.states import drop_state

        drop_state(folder)


def tell_outcome(folder: Path, outcome: "Outcome") -> None:
    """Print how the training went, and what can be done with the strategy."""
    from moodreel.fusion.checkpoints import TUNED

    measured = ", ".join(f"{name} {value:.3f}" for name, value in outcome.metrics.items())
    click.echo(f"{folder}: {outcome.steps} steps, best after {outcome.best_step}; {measured}")
    tuned = folder / TUNED
    use = f"--config {tuned} --preset tuned" if tuned.is_file() else f"--fusion {folder}"
    click.echo(f'Try: moodreel search "a joyful person" {use}', err=True)
