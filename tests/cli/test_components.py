"""`moodreel components`: everything there is, what it needs, and whether it can run."""

from moodreel.registry.discovery import installed_plugins


def test_every_registered_component_is_listed(moodreel):
    rows = moodreel("components", "--json").objects
    assert {(row["kind"], row["plugin"]) for row in rows} == set(installed_plugins().registrations)
    starter = {row["name"] for row in rows if row["used"]}
    assert {"decord", "pyav", "starter", "minilm", "words", "face", "late", "faiss"} <= starter


def test_options_and_needs_are_shown(moodreel):
    rows = {row["name"]: row for row in moodreel("components", "--json").objects}
    assert rows["late"]["options"]["weight"] == 0.5
    assert "faiss" in rows["faiss"]["needs"]
    assert rows["faiss"]["problem"] == ""


def test_a_component_that_cannot_run_says_what_to_install(moodreel, monkeypatch):
    from moodreel.registry import entries

    monkeypatch.setattr(entries, "is_installed", lambda module: module != "faiss")
    rows = {row["name"]: row for row in moodreel("components", "--json").objects}
    assert rows["faiss"]["problem"] == 'needs faiss: pip install "moodreel[starter]"'


def test_one_kind_can_be_asked_for_and_a_wrong_one_names_the_closest(moodreel):
    rows = moodreel("components", "--kind", "vector_store", "--json").objects
    assert {row["kind"] for row in rows} == {"vector_store"}
    done = moodreel("components", "--kind", "vector_stor")
    assert done.code == 2
    assert "Did you mean 'vector_store'" in done.err


def test_the_table_is_readable(moodreel):
    out = moodreel("components").out
    assert "* late" in out
    assert "weight=0.5" in out
