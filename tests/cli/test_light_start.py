"""Help and wrong names are answered before torch, or anything else that is heavy, is imported."""

import subprocess
import sys

import pytest

from moodreel.cli import COMMANDS

HEAVY = {"torch", "transformers", "timm", "sklearn", "decord", "av", "cv2", "faiss"}
HEAVY_FOR_HELP = HEAVY | {"sqlalchemy"}
CALL = "from moodreel.cli import run; code = run({arguments!r})"
WRONG = {
    "an unknown command": "serach cat",
    "an unknown option": "search cat --weigth 1",
    "an unknown preset": "search cat --preset startr",
    "a missing configuration": "search cat --config none.yaml",
    "an unknown setting": "search cat fusion_stratgy=late",
    "an unknown component": "search cat text_encoder=minilmm",
    "an unknown strategy": "search cat --fusion lat",
    "an unknown strategy as a setting": "search cat fusion_strategy=lat",
    "a trained strategy that is not there": "search cat --fusion trained/none",
    "an unknown option of an encoder": "search cat text_encoder.modle=1",
    "an unknown emotion": "search cat --emotion joi",
    "an unknown emotion alone": "mood joi=1",
    "search without an index": "search cat",
    "mood without an index": "mood joy",
    "similar without an index": "similar cat.mp4",
    "recommend without an index": "recommend --emotion joy",
    "explain without an index": "explain cat cat.mp4",
    "track without an index": "track cat --fusion late",
    "map without an index": "map --fusion late",
    "annotate without an index": "annotate .",
    "an unknown extractor": "annotate captions.csv --extractor nrk",
    "an unknown form of rows": "annotate captions.csv --to rows.xml",
    "an unknown form of a report": "compare msvd --fusion late --report a.pdf",
    "an unknown form of a tracking": "track cat --fusion late --report a.pdf",
    "an unknown form of a map": "map --fusion late --report a.pdf",
    "an unknown form of an explanation": "explain cat cat.mp4 --report a.pdf",
    "an unknown form of a plot": "mood cat.mp4 --plot a.gif",
    "an unknown dataset to compare on": "compare msvdd --fusion late",
    "an unknown strategy to compare": "compare msvd --fusion late --fusion lat",
    "an unknown dataset to evaluate on": "evaluate msvdd",
    "an unknown dataset to train on": "train msvdd --fusion concat-fc",
    "an unknown strategy to train": "train msvd --fusion concat-f",
    "an unknown objective": "train msvd --fusion concat-fc --objective info-nc",
    "an unknown choice of a plan": "train msvd --fusion concat-fc plan.emoton=1",
    "an unknown kind of component": "components --kind fusion",
    "an unknown component to list": "components captioner=lables",
    "an unknown converter": "convert clip-vp a.pt --to b",
    "an unknown captioner": "caption . --to a.jsonl captioner=lables",
    "an unknown extractor to fit": "fit-face . --extractor fase --to a",
    "an unknown extractor to fit to texts": "fit-text a.csv --extractor fited --to a.safetensors",
    "an unknown extractor of voices": "fit-voice . --extractor voize --to a.safetensors",
    "an unknown extractor of signals": "fit-signals a.csv --extractor al --to a.safetensors",
    "an unknown kind of plugin": "new-plugin fuson mine",
    "an unknown kind of data set": "make-dataset reaction --faces .",
    "a folder of faces that is not there": "make-dataset reaction-clips --faces none",
    "a path that is not there": "index none",
    "an unknown preset to index with": "index . --preset startr",
    "an unknown preset of the demo": "demo --preset startr",
    "an unknown preset to serve": "serve --preset startr",
    "unknown weights": "weights get clip-b23",
}


def run_apart(code, folder):
    """Run code in a process of its own; return its last line: the exit code, what was loaded."""
    report = f"import sys; code = None; {code}; print(); print(code, *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", report], cwd=folder, capture_output=True, text=True, check=True
    )
    exit_code, *modules = done.stdout.splitlines()[-1].split()
    return exit_code, {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("code", ["import moodreel", "import moodreel.interfaces"])
def test_importing_moodreel_loads_nothing_heavy(code, tmp_path):
    _, modules = run_apart(code, tmp_path)
    assert not modules & HEAVY_FOR_HELP


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_loads_nothing_heavy(name, tmp_path):
    arguments = [*([name] if name else []), "--help"]
    code, modules = run_apart(CALL.format(arguments=arguments), tmp_path)
    assert code == "0"
    assert not modules & HEAVY_FOR_HELP


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_a_wrong_name_loads_nothing_heavy(call, tmp_path):
    code, modules = run_apart(CALL.format(arguments=call.split()), tmp_path)
    assert code == "2"
    assert not modules & HEAVY
    assert not list(tmp_path.iterdir())


def test_every_command_that_takes_names_is_among_the_wrong_calls():
    assert {call.split()[0] for call in WRONG.values()} >= set(COMMANDS)
