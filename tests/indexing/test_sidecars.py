"""Captions beside a video: which file is taken."""

import unicodedata

import pytest

from moodreel.errors import InvalidInput
from moodreel.indexing.sidecars import Sidecars, sidecar_version


def beside(folder, video, *names):
    for name in (video, *names):
        (folder / name).touch()
    found = Sidecars().find(str(folder / video))
    return found and found.name


@pytest.mark.parametrize(
    "name",
    [
        "clip.srt",
        "clip.mp4.vtt",
        "clip.en.srt",
        "clip.pt-BR.vtt",
        "clip.json",
        "clip.SRT",
        "clip.En.Vtt",
        "clip.ass",
        "clip.ssa",
        "clip.sub",
        "clip.ttml",
        "clip.en-US.srt",
        "clip.zh-Hans.srt",
        "clip.sdh.srt",
        "clip.cc.vtt",
        "clip.hi.srt",
        "clip.English.srt",
        "clip.eng.sdh.srt",
        "clip.en-orig.vtt",
        "clip.mp4.de.srt",
        "clip.es-419.vtt",
        "clip.sr-Latn-RS.srt",
        "clip.ger.srt",
        "clip.deu.srt",
        "clip.fil.srt",
        "clip.en_cc.srt",
    ],
)
def test_a_file_named_like_the_video_is_taken(tmp_path, name):
    assert beside(tmp_path, "clip.mp4", name) == name


@pytest.mark.parametrize(
    "name",
    [
        "clip2.srt",
        "other.srt",
        "clip.txt",
        "clip.info.json",
        "clip.en.json",
        "clip.day.srt",
        "clip.new.srt",
        "clip.1.srt",
        "clip.xx.srt",
        "clip.en-dog.srt",
        "clip.forced.srt",
        "clip.en.forced.srt",
        "clip.en.signs.ass",
        "CLIP.srt",
        "clip.extra.en.srt",
    ],
)
def test_a_file_of_something_else_is_left(tmp_path, name):
    assert beside(tmp_path, "clip.mp4", name) is None


@pytest.mark.parametrize(
    "names",
    [
        ["clip.en.vtt", "clip.srt", "clip.de.srt"],
        ["clip.srt", "clip.de.srt", "clip.fr.srt", "clip.json"],
        ["clip.de.vtt", "clip.fr.srt"],
        ["clip.en.srt", "clip.en.sdh.srt", "clip.en.auto.srt"],
        ["clip.sdh.srt", "clip.auto.srt", "clip.de.srt"],
        ["clip.srt", "clip.vtt", "clip.ass", "clip.ssa", "clip.sub", "clip.ttml", "clip.json"],
        ["clip.en-US.srt", "clip.English.srt"],
        ["clip.de.srt", "clip.json"],
    ],
)
def test_where_several_lie_beside_a_video_the_order_is_the_stated_one(tmp_path, names):
    for place, name in enumerate(names):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert beside(folder, "clip.mp4", *reversed(names[place:])) == name


def test_captions_belong_to_the_video_with_the_longest_name(tmp_path):
    names = [
        "trip.mp4",
        "trip.day.mp4",
        "trip.en.mp4",
        "trip.day.srt",
        "trip.en.srt",
        "trip.de.vtt",
    ]
    for name in names:
        (tmp_path / name).touch()
    sidecars = Sidecars()
    taken = {name: sidecars.find(str(tmp_path / name)) for name in names[:3]}
    assert {name: file.name for name, file in taken.items()} == {
        "trip.mp4": "trip.de.vtt",
        "trip.day.mp4": "trip.day.srt",
        "trip.en.mp4": "trip.en.srt",
    }


@pytest.mark.parametrize(("video", "captions"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_match_however_they_are_written(tmp_path, video, captions):
    name = unicodedata.normalize(captions, "café.fr.srt")
    assert beside(tmp_path, unicodedata.normalize(video, "café.mp4"), name) == name


def test_hi_is_hindi_alone_and_hearing_impaired_after_a_language(tmp_path):
    for name in ("a.mp4", "a.hi.srt", "b.mp4", "b.en.hi.srt", "b.hi.srt"):
        (tmp_path / name).touch()
    sidecars = Sidecars()
    assert sidecars.find(str(tmp_path / "a.mp4")).tags.language == "hi"
    assert sidecars.find(str(tmp_path / "b.mp4")).name == "b.en.hi.srt"


def test_pictures_of_subtitles_from_a_dvd_are_left(tmp_path):
    assert beside(tmp_path, "clip.mp4", "clip.sub", "clip.idx") is None


def test_a_video_with_the_suffix_of_none_has_its_captions(tmp_path):
    assert beside(tmp_path, "clip.dat", "clip.en.srt") == "clip.en.srt"


def test_a_video_whose_folder_is_gone_has_none(tmp_path):
    assert Sidecars().find(str(tmp_path / "gone" / "clip.mp4")) is None


def test_a_file_that_is_gone_meanwhile_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"gone\.srt: cannot be read"):
        sidecar_version(tmp_path / "gone.srt")
