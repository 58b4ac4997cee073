"""The contract of a captioner."""

from moodreel.interfaces import Captioner
from moodreel.testing.boundary import conformance
from moodreel.testing.samples import sample_clips

MOST_WORDS = 16
SHAPES = ((1, 480, 640), (4, 64, 48), (3, 1, 1))


@conformance
def check_captioner(captioner: Captioner) -> None:
    """Check one caption of at most 16 words a clip, of any shape, that depends on no other clip."""
    clips = sample_clips(shapes=SHAPES)
    said = captioner.caption(clips)
    assert len(said) == len(clips), f"one caption a clip, got {len(said)} for {len(clips)}"
    for caption in said:
        assert isinstance(caption, str), f"captions are strings, got {type(caption).__name__}"
        assert len(caption.split()) <= MOST_WORDS, f"at most 16 words, got {caption!r}"
    alone = [captioner.caption([clip])[0] for clip in clips]
    assert list(said) == alone, "a caption must not depend on the other clips of a batch"
    assert list(captioner.caption([])) == [], "no clips, no captions"
