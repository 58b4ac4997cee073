"""The kinds of component are listed once, by their hooks; every other table has them all."""

from inspect import getmembers, isclass

from moodreel import interfaces
from moodreel.fusion import FusionStrategy
from moodreel.hookspecs import HOOKS
from moodreel.registry.slots import SLOTS
from moodreel.scaffold.scaffold import GUIDES, read_template
from moodreel.testing import CHECKS


def test_the_hooks_name_the_kinds():
    assert list(HOOKS) == [
        "video_reader", "video_encoder", "text_encoder", "emotion_extractor", "captioner",
        "transcriber", "text_spotter", "segmenter", "fusion_strategy", "vector_store",
    ]  # fmt: skip


def test_every_kind_has_one_interface_and_one_check():
    classes = [found for _, found in getmembers(interfaces, isclass)] + [FusionStrategy]
    assert {found.kind for found in classes if hasattr(found, "kind")} == HOOKS.keys()
    assert CHECKS.keys() == HOOKS.keys()


def test_every_kind_fits_a_slot_and_nothing_else_does():
    assert set(SLOTS.values()) == HOOKS.keys()


def test_every_kind_can_be_begun_with_a_template_and_its_check():
    assert GUIDES.keys() == HOOKS.keys()
    for kind, guide in GUIDES.items():
        assert read_template(f"{kind}.py").template
        assert guide.check == CHECKS[kind].__name__
