"""The contracts of what finds words in a video: transcribers of speech, readers of the screen."""

from collections.abc import Sequence
from typing import Any

from moodreel.interfaces import TextSpotter, Transcriber
from moodreel.media import TimedText
from moodreel.testing.boundary import conformance
from moodreel.testing.samples import sample_clips, sample_sounds

SLACK = 1.0  # seconds by which words may end later than their sound: a judgement


@conformance
def check_transcriber(transcriber: Transcriber) -> None:
    """Check one list of timed texts a sound, also for silence, noise and no sound at all."""
    sounds = sample_sounds()
    said = transcriber.transcribe(sounds)
    for sound, texts in zip(sounds, said, strict=True):
        check_texts(texts, sound.start, sound.end)
    check_alone(transcriber.transcribe, sounds, said)


@conformance
def check_text_spotter(spotter: TextSpotter) -> None:
    """Check one list of timed texts a clip, of any shape."""
    clips = sample_clips()
    spotted = spotter.spot(clips)
    for clip, texts in zip(clips, spotted, strict=True):
        check_texts(texts, clip.times[0], clip.times[-1])
    check_alone(spotter.spot, clips, spotted)


def check_texts(texts: Sequence[TimedText], start: float, end: float) -> None:
    """Check that texts are in time, inside their input, and say something."""
    starts = [text.start for text in texts]
    assert starts == sorted(starts), f"texts come in time, got them at {starts}"
    for text in texts:
        assert text.text.strip(), "a text that says nothing is left out"
        assert 0 <= text.confidence <= 1, f"confidence is 0 to 1, got {text.confidence}"
        inside = start - SLACK <= text.start <= text.end <= end + SLACK
        assert inside, f"times count from the start of the video: {start} to {end} s, got {text}"


def check_alone(read: Any, inputs: Sequence[Any], together: list[list[TimedText]]) -> None:
    """Check that what one input gives does not depend on the others."""
    words = [[text.text for text in texts] for texts in together]
    alone = [[text.text for text in read([item])[0]] for item in inputs]
    assert words == alone, "the texts of one input must not depend on the others"
    assert list(read([])) == [], "no inputs, no texts"
