"""`moodreel convert`: a published checkpoint becomes a folder that a component loads."""

import pytest

from inputs import CLIP_VIP, publish_clip_vip
from moodreel_plugins.encoders.clip_vip import ClipVip
from outcomes import check_refused


def test_a_checkpoint_is_converted_and_the_command_says_so(moodreel, tmp_path):
    made, source = tmp_path / "made", publish_clip_vip(tmp_path / "published.pt")
    done = moodreel("convert", "clip-vip", source, "--to", made, f"config={CLIP_VIP}/config.json")
    assert done.code == 0, done.err
    assert done.out.startswith(f"{made}: CLIP-ViP")
    assert ClipVip.from_pretrained(made).config.vision_config.hidden_size == 64


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["clip-vp", "x.pt"], "Did you mean 'clip-vip'"),
        (["late", "x.pt"], "'late' converts no checkpoints. Known: clip,"),
        (["clip-vip", "x.pt"], "no such file"),
        (["clip-vip", "x.pt", "proxis=2"], "Did you mean 'proxies'"),
        (["clip-vip", "x.pt", "proxies=many"], "valid integer"),
        (["clip-vip", "x.pt", "stray"], "unexpected argument"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, arguments, says):
    check_refused(moodreel("convert", *arguments, "--to", tmp_path / "made"), says)
    assert not (tmp_path / "made").exists()
