"""Negation and intensifiers: words that negate, raise or lower others, as in "not happy"."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import normalize


def word_set(words: str) -> frozenset[str]:
    """Return words written with spaces between them."""
    return frozenset(words.split())


NEGATORS = word_set(
    "not no never without nobody nothing none neither nor cannot cant dont doesnt didnt isnt "
    "wasnt arent werent wont hardly barely scarcely stop stops stopped stopping refuses"
)
NEGATING_PHRASES = (
    "anything but",
    "devoid of",
    "far from",
    "free from",
    "free of",
    "instead of",
    "lack of",
    "lacking in",
    "no longer",
    "rather than",
)
PLAIN_PHRASES = (  # a negator that turns nothing, or something else
    "no doubt",
    "no wonder",
    "not just",
    "not merely",
    "not only",
    "not to mention",
    "nothing but",
    "can't wait",
    "cannot wait",
    "can't help",
    "cannot help",
    "couldn't help",
    "could not help",
)
RAISING = word_set(
    "very really extremely so incredibly absolutely utterly totally completely deeply highly "
    "too truly super overly more most quite particularly especially remarkably exceptionally "
    "intensely tremendously wildly"
)
RAISING_PHRASES = ("couldn't be more", "could not be more", "cannot be more")
LOWERING = word_set(
    "slightly somewhat mildly fairly rather almost nearly partly moderately vaguely faintly "
    "less least"
)
LOWERING_PHRASES = ("a bit", "a little", "a little bit", "kind of", "sort of", "more or less")
BREAKS = word_set("but and however although though because while yet then the who which")
# What a word that raises or lowers multiplies the next word by: judgements, not measured. 60
# sentences in the tests hold which words are raised and lowered, not by how much.
RAISE, LOWER = 1.5, 0.5
REACH = 4  # words after a negator that it negates, at most: a judgement, not measured

PHRASES = (*NEGATING_PHRASES, *PLAIN_PHRASES, *RAISING_PHRASES, *LOWERING_PHRASES)
TOKEN = re.compile(
    "|".join(
        [
            *(rf"\b{re.escape(phrase)}\b" for phrase in sorted(PHRASES, key=len, reverse=True)),
            r"[^\W\d_]+(?:['-][^\W\d_]+)*",
            r"[.,;:!?()]",
        ]
    )
)


class Weighed(NamedTuple):
    """A word in lower case, and how much of it is meant: 0 negated, 1 plain, more or less."""

    word: str
    strength: float


def weigh_words(text: str) -> Iterator[Weighed]:
    """Yield the words of a text with their strength, without those that only modify others.

    A negator negates the next words of its clause, four at most; a second one undoes that. A
    word that raises or lowers holds for the next word. Clauses end at punctuation and at words
    such as "but".

    >>> [tuple(word) for word in weigh_words("Not very happy, but slightly amused!")]
    [('happy', 0.0), ('but', 1.0), ('amused', 0.5)]
    """
    reach, degree, negated = 0, 1.0, False
    for token in tokens(text):
        if is_negator(token):
            negated = token == "nor" or not (negated and reach)
            reach, degree = REACH, 1.0
        elif step := modifier(token):
            degree *= step
        elif token in PLAIN_PHRASES:
            continue
        elif ends_clause(token):
            reach, degree = 0, 1.0
            if token.isalpha():
                yield Weighed(token, 1.0)
        else:
            yield Weighed(token, 0.0 if negated and reach else degree)
            reach, degree = max(reach - 1, 0), 1.0


def tokens(text: str) -> Iterator[str]:
    """Yield phrases, words and ends of clauses, in lower case."""
    plain = normalize("NFKC", text).lower().replace("\u2019", "'")
    return (match.group() for match in TOKEN.finditer(plain))


def is_negator(token: str) -> bool:
    """Whether a token negates the words after it."""
    return token in NEGATORS or token in NEGATING_PHRASES or token.endswith("n't")


def modifier(token: str) -> float:
    """Return what a token multiplies the next word by, 0 if it does not."""
    if token in RAISING or token in RAISING_PHRASES:
        return RAISE
    return LOWER if token in LOWERING or token in LOWERING_PHRASES else 0.0


def ends_clause(token: str) -> bool:
    """Whether a token ends a clause, and with it what was negated or raised before."""
    return token in BREAKS or not token[0].isalpha()
