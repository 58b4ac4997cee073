"""Decoding caption files whose encoding nothing states: the right letters, or a refusal.

UTF-8, UTF-16 and UTF-32 are known by their form. Older encodings are compared by the texts that
they give: the likeliest is taken where it is likelier than every other text by far, and looks
like a language at all. Where two readings are about equally likely, the file is refused.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from moodreel.subtitles.letter_models import (
    COMMON,
    Sample,
    character_cost,
    language_cost,
)

MARKED = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
KOREAN = b"\x1b$)C"  # how text in ISO-2022-KR begins
SOUND = 8  # of this many letters beyond ASCII, one may be damaged where a text is UTF-8 still
MARKUP = re.compile(rb"<[^<>]*>|\{\\[^{}]*\}|\\[Nnh]")
SAMPLE = 4000  # bytes of spoken lines that are compared: more change no decision

# Encodings, the most used of each language first: a later one must be likelier to be taken.
CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic")
CENTRAL = ("cp1250", "iso8859_2", "cp852")
WESTERN = ("cp1252", "iso8859_15", "cp850", "mac_roman")
BALTIC = ("cp1257", "iso8859_13", "iso8859_4")
ALPHABETS = {
    **dict.fromkeys(("ru", "uk", "bg", "mk"), CYRILLIC),
    **dict.fromkeys(("cs", "pl", "hu", "ro", "sk", "sl", "hbs", "sq"), CENTRAL),
    **dict.fromkeys(
        ["en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "is", "ca"], WESTERN
    ),
    "tr": ("cp1254", "iso8859_9", "cp857"),
    "et": (*BALTIC, *WESTERN),
    **dict.fromkeys(("lv", "lt"), BALTIC),
    "el": ("cp1253", "iso8859_7"),
    "he": ("cp1255", "iso8859_8"),
    **dict.fromkeys(("ar", "fa"), ("cp1256", "iso8859_6")),
}
CHARACTERS = {
    "zh-Hans": ("gb18030",),
    "zh-Hant": ("big5hkscs", "cp950"),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
}
LEGACY = tuple(dict.fromkeys(code for codes in (ALPHABETS | CHARACTERS).values() for code in codes))
MODELS = {"no": "nb", "nn": "nb", "hr": "hbs", "sr": "hbs", "bs": "hbs", "zh": "zh-Hans"}

NAMED = 8.0  # nats that the language in a file's name is worth
RARER = 2.0  # nats that each place in the lists above costs
CERTAIN = 6.0  # nats by which a text must be likelier than every other: 400 to 1
# Nats a character that a true reading costs at most, with an alphabet and without: judgements
PLAUSIBLE = {True: 3.9, False: 6.9}
FEWEST = 6  # bytes of a text without Latin letters, below which chance decides


class UnknownEncoding(ValueError):
    """The encoding of a file cannot be told. The message says how to convert the file."""

    def __init__(self) -> None:
        super().__init__(
            "its encoding cannot be told for certain; save it as UTF-8, as with "
            "`iconv -f ENCODING -t UTF-8`"
        )


@dataclass(frozen=True)
class Reading:
    """A file read in one encoding, as one language: its text, and what that costs in nats."""

    text: str
    encoding: str
    cost: float
    average: float
    alphabetic: bool

    @property
    def plausible(self) -> bool:
        """Whether the text looks like the language at all."""
        return self.average <= PLAUSIBLE[self.alphabetic]


def decode(raw: bytes, language: str = "") -> str:
    """Return the text of a file.

    Args:
        raw: the bytes of the file.
        language: the language in its name, an ISO 639 code; "" where there is none.

    Raises:
        UnknownEncoding: no encoding, or more than one, gives a text that makes sense.
    """
    text = marked(raw) or wide(raw) or escaped(raw) or utf8(raw)
    if text is None:
        text = legacy(raw, language)
    return text.removeprefix("\ufeff")


def marked(raw: bytes) -> str | None:
    """Return the text of a file that begins with the mark of UTF-16 or UTF-32."""
    for mark, encoding in MARKED:
        if raw.startswith(mark):
            size = 4 if encoding == "utf-32" else 2
            return strict(raw[: len(raw) // size * size], encoding)
    return None


def wide(raw: bytes) -> str | None:
    """Return the text of a file in UTF-16 or UTF-32 without a mark.

    Subtitles hold digits and line ends, so half of their bytes, or more, are zeros at the same
    places.

    Raises:
        UnknownEncoding: the file holds zeros, but not as these encodings do.
    """
    if b"\0" not in raw:
        return None
    for encoding in WIDE:
        size = 4 if "32" in encoding else 2
        text = attempt(raw[: len(raw) // size * size], encoding)
        if text and not has_controls(text) and sum(c < "\x80" for c in text) * 8 > len(text):
            return text
    raise UnknownEncoding


def escaped(raw: bytes) -> str | None:
    """Return the text of a file in an encoding of seven bits that switches by ESC."""
    if b"\x1b$" not in raw:
        return None
    return strict(raw, "iso2022_kr" if KOREAN in raw else "iso2022_jp_2")


def utf8(raw: bytes) -> str | None:
    """Return the text of a file in UTF-8, a few damaged bytes of which become U+FFFD."""
    text = attempt(raw, "utf-8")
    if text is not None:
        return text
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    sound = sum(c > "\x7f" for c in text) - damaged
    return text if sound >= SOUND * damaged else None


def strict(raw: bytes, encoding: str) -> str:
    """Decode bytes, or refuse them."""
    text = attempt(raw, encoding)
    if text is None:
        raise UnknownEncoding
    return text


def attempt(raw: bytes, encoding: str) -> str | None:
    """Decode bytes; None where they are not of the encoding."""
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def beginning(raw: bytes, encoding: str) -> str | None:
    """Decode bytes that may end within a character; None where they are not of the encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        return None


def has_controls(text: str) -> bool:
    """Whether a text holds control characters, which no caption does."""
    return bool(re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]", text))


def legacy(raw: bytes, language: str) -> str:
    """Return the text of a file in an older encoding."""
    sample = telling_lines(raw)
    if sum(byte > 0x7F for byte in sample) < FEWEST and not re.search(rb"[A-Za-z]", sample):
        raise UnknownEncoding
    ranked = sorted(readings(sample, language), key=lambda reading: reading.cost)
    if not ranked or not ranked[0].plausible:
        raise UnknownEncoding
    best = ranked[0]
    other = next((reading for reading in ranked if reading.text != best.text), None)
    if other and other.cost - best.cost < CERTAIN:
        raise UnknownEncoding
    return strict(raw, best.encoding)


def telling_lines(raw: bytes) -> bytes:
    """Return the first lines that hold letters, without marks of form: times and tags."""
    lines = re.split(rb"[\r\n]+", raw)
    spoken = [
        line for line in lines if b"-->" not in line and re.search(rb"[A-Za-z\x80-\xff]", line)
    ]
    telling: list[bytes] = []
    size = 0
    for line in spoken:
        telling.append(MARKUP.sub(b" ", line[:SAMPLE]))
        size += len(telling[-1])
        if size >= SAMPLE:
            break
    return b"\n".join(telling)[:SAMPLE]


def readings(raw: bytes, language: str) -> Iterator[Reading]:
    """Yield every reading of bytes that is free of control characters."""
    beginnings = {code: beginning(raw, code) for code in LEGACY}
    texts = {code: text for code, text in beginnings.items() if text and not has_controls(text)}
    samples = {text: Sample.of(text) for text in texts.values()}
    wanted = MODELS.get(language, language)
    for name, encodings in (ALPHABETS | CHARACTERS).items():
        bonus = NAMED if name == wanted or (language == "zh" and name.startswith("zh")) else 0.0
        for place, encoding in enumerate(encodings):
            text = texts.get(encoding)
            if text:
                cost, average = reading_cost(text, samples[text], name)
                yield Reading(
                    text, encoding, cost + place * RARER - bonus, average, name not in COMMON
                )


def reading_cost(text: str, sample: Sample, language: str) -> tuple[float, float]:
    """Return the cost in nats of a text in a language, and that of a character on average."""
    if language in COMMON:
        cost = character_cost(text, language)
        return cost, cost / max(1, sum(c > "\x7f" or c.isalpha() for c in text))
    cost = language_cost(sample, language)
    size = sum(n * (len(word) + 1) for word, n in sample.words.items())
    return cost, cost / max(1, size + sum(sample.signs.values()))
