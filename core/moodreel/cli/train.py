"""`moodreel train`: a strategy that learns from videos and captions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.index import progress_bar
from moodreel.cli.options import check_overrides, configuration_options
from moodreel.errors import ConfigurationError, MissingPackage, closest

if TYPE_CHECKING:
    from moodreel.training.plan import TrainingPlan

PLAN, OPTION = "plan.", "fusion_strategy."
PACKAGES = ("accelerate", "tensorboard", "matplotlib")


@click.command()
@click.argument("dataset")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--fusion", required=True, metavar="NAME", help="The strategy, or a trained folder.")
@click.option(
    "--tune",
    type=click.Choice(["none", "projection", "text", "all"]),
    default="none",
    show_default=True,
    help="What learns besides the strategy.",
)
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the trained strategy goes.  [default: trained/NAME]",
)
@click.option("--steps", type=int, metavar="N", help="Batches at most.  [default: 600]")
@click.option("--batch", type=int, metavar="N", help="Captions a batch.  [default: 128]")
@click.option("--rate", type=float, metavar="X", help="The highest learning rate.")
@click.option("--objective", metavar="NAME", help="What is minimised.  [default: info-nce]")
@click.option("--seed", type=int, metavar="N", help="Decides all that is random.  [default: 0]")
@click.option("--precision", type=click.Choice(["no", "bf16", "fp16"]), help="Mixed precision.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    default=["train"],
    show_default=True,
    help="What to learn from; may repeat.",
)
@click.option(
    "--validation",
    default="val",
    show_default=True,
    metavar="SPLIT",
    help="What decides when to stop; none: all steps are made.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The annotations of a published dataset.",
)
@click.option(
    "--videos", type=click.Path(path_type=Path), metavar="DIR", help="The dataset's video files."
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where features are kept; `evaluate` shares it.  [default: .moodreel/datasets]",
)
@click.option("--restart", is_flag=True, help="Forget an unfinished run in DIR.")
@configuration_options
def command(
    dataset: str,
    overrides: tuple[str, ...],
    fusion: str,
    target: Path | None,
    splits: tuple[str, ...],
    validation: str,
    root: Path | None,
    videos: Path | None,
    cache: Path | None,
    restart: bool,
    preset: str,
    config: str | None,
    **choices: Any,
) -> None:
    """Train a fusion strategy on DATASET (a path, or the name of a published one).

    Features of frozen encoders are made once and kept. A run that was interrupted goes on where
    it stood. KEY=VALUE sets options of the strategy (fusion_strategy.form=add), or further
    choices of the training: plan.emotion=1 plan.distil=1 plan.neutral=0.5 plan.patience=0.

    For several processes: accelerate launch -m moodreel train ...
    """
    check_installed()
    from moodreel.components import Components
    from moodreel.datasets import load_dataset
    from moodreel.features.videos import CACHE
    from moodreel.training.runs import Run
    from moodreel.training.states import drop_state

    plan = make_plan(choices, pairs(overrides, PLAN))
    rest = [item for item in overrides if not item.startswith((PLAN, OPTION))]
    settings = ["segments.length=0", *check_overrides(rest)]
    folder = target or Path("trained") / Path(fusion).name
    if restart:
        drop_state(folder)
    with (
        Components.load(preset, config, settings) as components,
        progress_bar() as on_progress,
    ):
        outcome = Run(
            components,
            load_dataset(dataset, root, videos),
            fusion,
            plan,
            folder,
            splits,
            None if validation == "none" else validation,
            cache or CACHE,
            pairs(overrides, OPTION),
            on_progress,
        ).train()
    measured = ", ".join(f"{name} {value:.3f}" for name, value in outcome.metrics.items())
    click.echo(f"{folder}: {outcome.steps} steps, best after {outcome.best_step}; {measured}")
    click.echo(f'Try: moodreel search "a joyful person" --fusion {folder}', err=True)


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

    given = [item[len(prefix) :] for item in check_overrides(overrides) if item.startswith(prefix)]
    held = OmegaConf.to_container(OmegaConf.from_dotlist(given))
    assert isinstance(held, dict)
    return {str(name): value for name, value in held.items()}


def make_plan(choices: Mapping[str, Any], given: Mapping[str, Any]) -> "TrainingPlan":
    """Return the plan of options, and of plan.NAME=VALUE."""
    from pydantic import TypeAdapter, ValidationError

    from moodreel.training.plan import TrainingPlan

    known = TrainingPlan.__dataclass_fields__
    for name in given:
        if name not in known:
            raise ConfigurationError(f"plan has no {name!r}.{closest(name, known)}")
    chosen = {name: value for name, value in choices.items() if value is not None}
    try:
        return TypeAdapter(TrainingPlan).validate_python({**chosen, **given})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{PLAN}{where}: {first['msg'].lower()}") from None
