"""What the name of a caption file says: whose it is, in which language, and of which kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from moodreel.subtitles.languages import parse_language

FULL, HEARING, AUTOMATIC, FORCED = range(4)
KINDS = {
    "full": FULL,
    "default": FULL,
    "sdh": HEARING,
    "cc": HEARING,
    "hi": HEARING,
    "auto": AUTOMATIC,
    "asr": AUTOMATIC,
    "automatic": AUTOMATIC,
    "forced": FORCED,
    "foreign": FORCED,
    "signs": FORCED,
    "songs": FORCED,
}
MOST_TAGS = 4  # dots are tried from the right: language, region, kind, and one to spare


@dataclass(frozen=True)
class CaptionTags:
    """What stands between a video's name and the suffix of its captions.

    Args:
        language: the shortest ISO 639 code; "" where the name says none.
        kind: FULL, HEARING (for the hard of hearing), AUTOMATIC, or FORCED (signs and foreign
            speech only, so not a caption of the whole film).
    """

    language: str = ""
    kind: int = FULL


def split_names(stem: str) -> Iterator[tuple[str, CaptionTags]]:
    """Yield the names that a video may have whose captions are called `stem`, longest first.

    >>> [(name, tags.language) for name, tags in split_names("trip.en.forced")]
    [('trip.en.forced', ''), ('trip.en', ''), ('trip', 'en')]
    """
    tags = CaptionTags()
    yield stem, tags
    for _ in range(MOST_TAGS):
        stem, dot, tag = stem.rpartition(".")
        read = add_tag(tags, tag) if dot and stem else None
        if read is None:
            return
        tags = read
        yield stem, alone(stem, tag, tags)


def add_tag(tags: CaptionTags, text: str) -> CaptionTags | None:
    """Return the tags with one more in front of them, None where it is none.

    Several words may share a tag: `English (SDH)`, `en-forced`, `eng_cc`.
    """
    kind = KINDS.get(text.lower())
    if kind is not None:
        return replace(tags, kind=max(kind, tags.kind))
    language = parse_language(text)
    if language:
        return replace(tags, language=language)
    return add_words(tags, [word for word in re.split(r"[\s_()\[\]&-]+", text) if word])


def add_words(tags: CaptionTags, words: list[str]) -> CaptionTags | None:
    """Return the tags with a language and kinds that share one tag, None where they do not."""
    kinds = [KINDS[word.lower()] for word in words if word.lower() in KINDS]
    rest = " ".join(word for word in words if word.lower() not in KINDS)
    language = parse_language(rest) if rest else tags.language
    if not kinds or language is None:
        return None
    return CaptionTags(language, max(*kinds, tags.kind))


def alone(stem: str, tag: str, tags: CaptionTags) -> CaptionTags:
    """Return the tags of a name that ends here: `hi` without a language before it is Hindi."""
    if tag.lower() == "hi" and not tags.language:
        return CaptionTags("hi", FULL if tags.kind == HEARING else tags.kind)
    return tags
