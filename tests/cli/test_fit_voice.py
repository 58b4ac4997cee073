"""`moodreel fit-voice`: a reader of voices, fitted to labelled recordings."""

import pytest

from moodreel_plugins.emotion.voice_head import VoiceHead
from outcomes import check_refused
from voices import write_voices


def test_a_folder_of_recordings_is_fitted(moodreel, tmp_path):
    folder, target = write_voices(tmp_path / "voices"), tmp_path / "head.safetensors"
    done = moodreel("fit-voice", folder, "--to", target, "--least", 4, "--json")
    (report,) = done.objects
    assert report["counts"] == {"joy": 4, "neutral": 4}
    assert (report["speakers"], report["accuracy"][0]) == (4, 1)
    assert "components.emotion_extractor.voice.head=" in done.err
    assert VoiceHead.load(target).classes == ("neutral", "joy")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "no such folder"),
        (["voices/joy"], "no 8 recordings in folders named after emotions"),
        ([".", "--extractor", "voise"], "Did you mean 'voice'"),
        (["voices", "--speaker", "("], "not a regular expression"),
        (["voices", "--speaker", "a"], "needs a group in brackets"),
        (["voices", "--speaker", "(xyz)"], "finds no speaker in its name"),
        (["voices", "--extractor", "words"], "cannot be fitted to voices"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voices" / "joy").mkdir(parents=True)
    for number in range(8):
        (tmp_path / "voices" / "joy" / f"anna-{number}.wav").write_bytes(b"")
    check_refused(moodreel("fit-voice", *arguments, "--to", "head.safetensors"), says)
