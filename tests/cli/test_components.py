"""`moodreel components`: everything there is, what it needs, and whether it can run."""

from moodreel.registry.discovery import installed_plugins
from moodreel.registry.registry import default_registry
from outcomes import check_refused


def test_every_registered_component_is_listed(moodreel):
    rows = moodreel("components", "--json").objects
    assert {(row["kind"], row["plugin"]) for row in rows} == set(installed_plugins().registrations)
    starter = {row["name"] for row in rows if row["used"]}
    assert {"decord", "pyav", "starter", "minilm", "words", "face", "late", "faiss"} <= starter


def test_options_and_needs_are_shown(moodreel):
    rows = {row["name"]: row for row in moodreel("components", "--json").objects}
    assert rows["late"]["options"]["weight"] == "derived"
    assert "faiss" in rows["faiss"]["needs"]
    assert rows["faiss"]["problem"] == ""


def test_a_component_that_cannot_run_says_what_to_install(moodreel, monkeypatch):
    from moodreel.registry import entries

    monkeypatch.setattr(entries, "is_installed", lambda module: module != "faiss")
    rows = {row["name"]: row for row in moodreel("components", "--json").objects}
    assert rows["faiss"]["problem"] == 'needs faiss: pip install "moodreel[starter]"'


def test_one_kind_can_be_asked_for(moodreel):
    rows = moodreel("components", "--kind", "vector_store", "--json").objects
    assert {row["kind"] for row in rows} == {"vector_store"}


def test_a_wrong_call_is_one_line(moodreel):
    for wrong, says in (
        (["--kind", "vector_stor"], "Did you mean 'vector_store'"),
        (["--preset", "startr"], "Did you mean 'starter'"),
        (["captioner=lables"], "Did you mean 'labels'"),
        (["stray"], "unexpected argument 'stray'"),
    ):
        check_refused(moodreel("components", *wrong), says)


def test_licences_are_listed_once_each_with_their_components(moodreel):
    shown = moodreel("components", "--licences").out
    rows = [line for line in shown.splitlines() if line.strip().startswith("nrclex ")]
    (row,) = rows
    assert "free for research only" in row
    assert "emotion_extractor nrc" in row
    entries = default_registry().entries.values()
    assert all(need.module in shown for entry in entries for need in entry.requires)


def test_models_that_are_named_have_a_licence_too(moodreel):
    found = moodreel("components", "--kind", "emotion_extractor", "--json").objects
    rows = {row["name"]: row for row in found}
    assert rows["go-emotions"]["licences"].keys() > {"transformers"}


def test_the_table_is_readable(moodreel):
    out = moodreel("components").out
    assert "* late" in out
    assert "weight=derived" in out
