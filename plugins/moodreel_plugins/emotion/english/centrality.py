"""How central the mood of an English text is: what else the text asks for."""

from collections.abc import Iterator

from moodreel_plugins.emotion.english import wording as w
from moodreel_plugins.emotion.english.negation import weigh_words

# Words that ask for nothing to be seen: they stand for any video, or ask for one.
ANYTHING = w.word_set(
    """scene scenes moment moments video videos clip clips film films movie movies shot shots
    footage part parts sequence sequences segment segments picture pictures image images something
    anything things thing stuff someone somebody anyone anybody everyone everybody mood moods
    feeling feelings feel emotion emotions emotional atmosphere vibe vibes tone kind sort type
    find show showing shows give search look looking want need see watch please some any more"""
)
GRAMMAR = (
    w.DETERMINERS
    | w.PRONOUNS
    | w.COPULAS
    | w.SEEMING
    | w.FINITE
    | w.AUXILIARIES
    | w.PLACES
    | w.OWNING
    | w.RELATIVES
    | w.LINKS
    | w.CONTRASTS
    | w.RESTARTS
    | w.RAISING
    | w.LOWERING
    | w.word_set(
        "of to for from by as about into through over under up down out off all both me us"
    )
)

UNASKED = GRAMMAR | ANYTHING


def mood_share(text: str) -> float:
    """Return the share of mood among the words of a text that ask for something, 0 to 1.

    Negated moods ask for nothing here. A text that asks for nothing has 0.

    >>> mood_share("a sad scene"), mood_share("two friends at a party, joyful")
    (1.0, 0.25)
    """
    asked = list(asking_words(text))
    return sum(asked) / len(asked) if asked else 0.0


def asking_words(text: str) -> Iterator[bool]:
    """Yield for each word that asks for something whether it asks for a mood."""
    for word in weigh_words(text):
        token = word.token
        if token.moving and word.strength:
            yield True
        elif not token.moving and token.word not in UNASKED:
            yield False
