"""The losses of a run: a line of JSON a step, a TensorBoard log, and a plot."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moodreel.storage.atomic import atomic_path

LOG = "losses.jsonl"
PLOT = "losses.svg"


class Curves:
    """Writes the losses and metrics of a run, step by step.

    A resumed run drops what an earlier one had written after the step it goes on from.

    Args:
        folder: the folder of the run.
        step: the first step that is written.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.file = folder / LOG
        kept = [row for row in read_rows(self.file) if row["step"] < step]
        with atomic_path(self.file) as partial:
            partial.write_text("".join(json.dumps(row) + "\n" for row in kept))
        self.lines = self.file.open("a", encoding="utf-8")
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=step)

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Write the values of a step."""
        self.lines.write(json.dumps({"step": step, **values}) + "\n")
        for name, value in values.items():
            self.board.add_scalar(name, value, step)

    def flush(self) -> None:
        """Put everything on disk."""
        self.lines.flush()
        self.board.flush()

    def close(self) -> None:
        """Finish both logs."""
        self.lines.close()
        self.board.close()


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a log; a last line that was cut off is left out."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def plot_curves(folder: Path) -> Path:
    """Draw the losses and the validation's mAP over the steps, and return the picture."""
    from matplotlib.figure import Figure

    rows = read_rows(folder / LOG)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name in ("loss", "contrastive", "emotion", "distillation"):
        draw(axes, rows, name)
    axes.set(xlabel="step", ylabel="loss")
    axes.legend(loc="upper left", frameon=False)
    if any("validation" in row for row in rows):
        right = axes.twinx()
        draw(right, rows, "validation", marker="o", color="black", label="validation mAP")
        right.set_ylabel("mAP")
        right.legend(loc="upper right", frameon=False)
    figure.savefig(folder / PLOT)
    return folder / PLOT


def draw(axes: Any, rows: Sequence[Mapping[str, float]], name: str, **style: Any) -> None:
    """Draw one curve, if there is one."""
    points = [(row["step"], row[name]) for row in rows if name in row]
    if points:
        steps, values = zip(*points, strict=True)
        axes.plot(steps, values, **{"label": name, "linewidth": 1, **style})
