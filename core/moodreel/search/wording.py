"""The words of a query: those that say something, and those in quotation marks."""

import re
import unicodedata

QUOTED = re.compile(
    '"([^"]+)"|\u201c([^\u201d]+)\u201d|\u201e([^\u201c\u201d]+)[\u201c\u201d]'
    "|\u00ab([^\u00bb]+)\u00bb"
)
SINGLE = re.compile("([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
"""Signs of scripts that are written without spaces."""
EVERYWHERE = frozenset(
    re.findall(
        r"\w+",
        "a about after all an and any are as at be been before being but by can could did do does "
        "doing down for from had has have having he her here hers him his how i if in into is it "
        "its just me my near no nor not of off on onto or our out over she so some than that the "
        "their them then there these they this those to too under until up us very was we were "
        "what when where which while who whom whose why will with would you your clip footage "
        "moment scene someone somebody something video",
    )
)
"""Words that say nothing of what a text is about."""


def spaced(text: str) -> str:
    """Return a text with spaces around signs of scripts that have none, so that each is a word."""
    return SINGLE.sub(r" \1 ", text)


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without marks, as full-text search has them.

    >>> plain_words("Caf\u00e9, don't!")
    ['cafe', 'don', 't']
    """
    apart = unicodedata.normalize("NFKD", spaced(text).casefold())
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return re.findall(r"[^\W_]+", bare)


def telling_words(text: str) -> list[str]:
    """Return the different words of a query that say something; all, where none does.

    >>> telling_words("a dog on the beach")
    ['dog', 'beach']
    >>> telling_words("to be or not to be")
    ['to', 'be', 'or', 'not']
    """
    words = list(dict.fromkeys(plain_words(text)))
    return [word for word in words if word not in EVERYWHERE and len(word) > 1] or words


def quoted_phrases(text: str) -> list[str]:
    """Return what stands in quotation marks and has to occur.

    >>> quoted_phrases('a man says "ask not" and \u201cyour country\u201d')
    ['ask not', 'your country']
    """
    found = ("".join(groups) for groups in QUOTED.findall(text))
    return [phrase for phrase in found if plain_words(phrase)]


def without_marks(text: str) -> str:
    """Return a query without its quotation marks.

    >>> without_marks('a man says "ask not"')
    'a man says ask not'
    """
    return QUOTED.sub(lambda found: next(part for part in found.groups() if part), text)


def has_phrase(text: str, phrase: str) -> bool:
    """Whether the words of a phrase follow each other in a text.

    >>> has_phrase("Ask not what your country...", "your country"), has_phrase("asked", "ask")
    (True, False)
    """
    return f" {' '.join(plain_words(phrase))} " in f" {' '.join(plain_words(text))} "


def name_words(path: str) -> str:
    """Return the words of a path: folders, and the file without what its suffix says.

    >>> name_words("holidays/BeachParty_2019-07.mp4")
    'holidays Beach Party 2019 07'
    """
    stem = path.rpartition(".")[0] if "." in path.rpartition("/")[2] else path
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    return " ".join(re.findall(r"[^\W_]+", apart))
