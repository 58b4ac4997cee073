"""How much each word of an English text is meant: negation by clause, and degrees.

A grammar of three kinds of negation, not a parser:

- of a clause ("he never smiles", "I do not think he is happy"): to the clause's end;
- of a subject ("nobody in the crowd looks happy"): likewise;
- of a thing ("a dog without owner looks sad"): to the noun that is denied.

Its limits: it knows few verbs, so a clause that ends without a mark or a word of its own may be
taken for longer, or a long noun for shorter, than a reader takes it. Irony is not understood, nor
is what "if" makes of a clause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from moodreel_plugins.emotion.english import wording as w
from moodreel_plugins.emotion.english.tokens import Token, tokenize

# What a word that raises or lowers multiplies the next mood by: judgements, not measured. Sentences
# in the tests hold which words are raised and lowered, not by how much.
RAISE, LOWER = 1.5, 0.5
MARKS_INSIDE = frozenset("'\"-/*_")  # that end no clause
MARKS_BETWEEN = MARKS_INSIDE | frozenset(",(")  # that end none between a negator and its word
TEXTS_KEPT = 1024  # about 1 MB: a judgement
Span = Literal["clause", "subject", "thing"]


class Weighed(NamedTuple):
    """A token, and how much of it is meant: 0 negated, 1 plain, more or less."""

    token: Token
    strength: float

    @property
    def word(self) -> str:
        """The token's word, or words."""
        return self.token.word


@dataclass
class Scope:
    """What a negator holds for.

    Attributes:
        span: how far it reaches.
        negator: the word itself.
        denies: whether words in it are negated; not, where two negations cancel each other.
        supposing: whether what follows is thought, wanted or seen, clauses of its own included.
        named: whether the thing has been named, after which a thing's scope ends.
        felt: whether a word of mood was in it.
        doing: whether the negator stands with a helping verb ("does not").
        begun: whether a word of it has been read.
        owned: whether the thing is somebody's who is spoken of ("a woman with no shoes").
    """

    span: Span
    negator: str
    denies: bool = True
    supposing: bool = False
    named: bool = False
    felt: bool = False
    doing: bool = False
    begun: bool = False
    owned: bool = False


@lru_cache(maxsize=TEXTS_KEPT)
def weigh_words(text: str) -> tuple[Weighed, ...]:
    """Return the words of a text with their strength, without those that only modify others.

    The texts read last are remembered: a reader asks for moods, and for how central they are.

    >>> [(word.word, word.strength) for word in weigh_words("Not very happy, but slightly amused!")]
    [('happy', 0.0), ('but', 1.0), ('amused', 0.5)]
    """
    return tuple(Reader(tokenize(text)).weigh())


class Reader:
    """Reads tokens from left to right, with the negation and the degree that hold."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.scope: Scope | None = None
        self.degree = 1.0
        self.too = False

    def weigh(self) -> Iterator[Weighed]:
        """Yield the words that are not only modifiers."""
        for place, token in enumerate(self.tokens):
            if token.is_mark:
                self.end_clause(place)
            elif span := self.negating(place):
                self.begin_scope(span, place)
            elif step := self.modifier(place):
                self.degree *= step
            elif token.word not in w.PLAIN:
                yield Weighed(token, self.strength(place))

    def word(self, place: int) -> str:
        """Return the word at a place; none beyond the ends."""
        return self.tokens[place].word if 0 <= place < len(self.tokens) else ""

    def moving(self, place: int) -> bool:
        """Whether there is a word of mood at a place."""
        return 0 <= place < len(self.tokens) and self.tokens[place].moving

    # What begins a negation

    def negating(self, place: int) -> Span | None:
        """Return how far the word at a place negates, if it does."""
        word = self.word(place)
        if word == "not":
            return "clause" if self.is_helped(place) else "thing"
        if word in w.HOLDING and self.scope is not None and not self.scope.denies:
            return None  # "could not stop laughing"
        if word in w.STOP:
            return "thing" if self.stops_doing(place) else None
        if word == "little":
            return "thing" if self.word(place + 1) in w.LITTLE_OF else None
        if word == "no" and self.word(place + 1) in ("", ",", ".", "!", ":", ";"):
            return None  # an answer
        if word == "out of" and not self.moving(place + 1):
            return None
        kinds: tuple[tuple[Span, frozenset[str]], ...] = (
            ("clause", w.CLAUSE),
            ("subject", w.SUBJECT),
            ("thing", w.THING),
        )
        return next((span for span, words in kinds if word in words), None)

    def is_helped(self, place: int) -> bool:
        """Whether "not" stands with a helping verb, or with a doing: "does not", "not to see"."""
        return self.word(place - 1) in w.AUXILIARIES or self.word(place + 1) in w.SUPPOSING

    def stops_doing(self, place: int) -> bool:
        """Whether "stop" and the like stand before a doing: "stop crying", not "a bus stop"."""
        after = place + 1
        while self.word(after) in w.DETERMINERS or self.word(after) in ("all", "being", "feeling"):
            after += 1
        if self.word(after - 1) in ("being", "feeling"):
            return True
        doing = self.word(after).endswith("ing")
        return self.moving(after) and (doing or self.word(place).startswith("avoid"))

    def begin_scope(self, span: Span, place: int) -> None:
        """Begin a negation; within another one they cancel each other."""
        word, outer = self.word(place), self.scope
        cancels = outer is not None and outer.denies and word not in ("nor", "neither")
        cancels = cancels and not (word in w.SUBJECT and not (outer is not None and outer.begun))
        cancels = cancels and not (outer is not None and outer.felt and word in w.THING)
        compares = self.is_comparison(place)
        cancels = cancels or compares or self.is_tried(place)
        doing = word == "not" and self.word(place - 1) in w.AUXILIARIES
        owned = any(self.word(before) in w.OWNING for before in range(place - 2, place))
        self.scope = Scope(span, word, denies=not cancels, doing=doing, owned=owned)
        self.degree = RAISE if compares else 1.0

    def is_comparison(self, place: int) -> bool:
        """Whether a negator only says that more is not possible: "could not be happier"."""
        able = self.word(place) == "not" and self.word(place - 1) in ("could", "can")
        if not able and self.word(place) not in ("never", "not ever", "never once"):
            return False
        for after in range(place + 1, place + 7):
            word = self.word(after)
            if not word or self.tokens[after].is_mark:
                return False
            if word in ("more", "so", "better", "this") and not (able and word in ("so", "this")):
                return self.word(place) != "never" or self.word(place + 1) in SEEN
            if self.moving(after):
                return word.endswith("er") and not word.endswith(("eer", "ger"))
        return False

    def is_tried(self, place: int) -> bool:
        """Whether what is negated is held back, and so there: "can not hide his joy"."""
        return self.word(place + 1) in w.HOLDING and self.word(place) not in w.THING

    # What ends it

    def end_clause(self, place: int) -> None:
        """End what was negated and raised, at a mark that is not between a negator and its word."""
        scope = self.scope
        waiting = scope is not None and not scope.begun and self.word(place) in MARKS_BETWEEN
        if not waiting and self.word(place) not in MARKS_INSIDE:
            self.scope, self.degree, self.too = None, 1.0, False

    def ends_before(self, scope: Scope, place: int) -> bool:
        """Whether a negation ends before the word at a place."""
        word = self.word(place)
        if word in w.CONTRASTS or word in w.RESTARTS:
            return scope.begun or word in ("but", "however")
        if word in w.LINKS:
            return self.restarts(scope, place + 1)
        if scope.span == "thing":
            return self.thing_ends(scope, place)
        if scope.supposing:
            return False
        if scope.doing and word in w.FINITE and scope.begun:
            return True
        return scope.span == "clause" and word in w.RELATIVES and scope.begun

    def restarts(self, scope: Scope, place: int) -> bool:
        """Whether what follows "and" says something new."""
        word = self.word(place)
        finite = word in w.FINITE or (self.moving(place) and word.endswith("s") and scope.doing)
        if scope.span == "thing" and scope.negator not in ("neither", "anything but"):
            known = self.moving(place) or word in w.RAISING or word in w.DETERMINERS
            return finite or not known or (word in w.DETERMINERS and scope.felt)
        return finite or word in w.PRONOUNS or word in w.DETERMINERS or word in w.RESTARTS

    def thing_ends(self, scope: Scope, place: int) -> bool:
        """Whether the thing that is denied was named before the word at a place."""
        word, before = self.word(place), self.word(place - 1)
        if not (scope.named or scope.felt):
            return word in w.PRONOUNS and scope.begun
        if self.moving(place) and self.moving(place - 1):
            return self.contrary(place) and not scope.named
        if scope.named and scope.negator in w.QUANTIFIERS and not scope.owned:
            return not (word in w.COPULAS or word in w.SEEMING or word.endswith("ing"))
        if scope.felt and not scope.named and self.moving(place):
            return before not in w.LINKS and before not in w.RAISING
        return scope.named or word in (w.DETERMINERS | w.PRONOUNS | w.FINITE)

    def contrary(self, place: int) -> bool:
        """Whether two words of mood side by side contradict each other: "not sad happy"."""
        one, other = (self.tokens[p].reading.mood for p in (place - 1, place))
        return float((one * other).sum()) == 0

    # How much a word is meant

    def modifier(self, place: int) -> float:
        """Return what a word multiplies the next mood by, 0 if it does not."""
        word = self.word(place)
        if word == "too":
            self.too = True
        if word in w.RAISING or word in w.RAISING_PHRASES:
            return RAISE
        return LOWER if word in w.LOWERING or word in w.LOWERING_PHRASES else 0.0

    def strength(self, place: int) -> float:
        """Return how much the word at a place is meant, and note what it does to the next ones."""
        word, scope, mood = self.word(place), self.scope, self.moving(place)
        if scope is not None and self.ends_before(scope, place):
            self.scope = scope = None
            self.degree = 1.0
        strength = 0.0 if scope is not None and scope.denies else self.degree
        if scope is not None:
            self.enter(scope, place)
        if word in w.CONTRASTS:
            self.degree, self.too = 1.0, False
        elif mood or word not in w.PASSED:
            self.degree = 1.0
        if word == "to" and self.too and self.moving(place - 1):
            self.scope = Scope("clause", "too")
        return 0.0 if self.tokens[place].reading.turned else strength

    def enter(self, scope: Scope, place: int) -> None:
        """Note a word within a negation."""
        word, mood = self.word(place), self.moving(place)
        scope.supposing |= word in w.SUPPOSING
        scope.begun = scope.begun or word not in w.DETERMINERS
        if mood:
            scope.felt = True
        elif word not in w.PASSED and word not in w.LINKS:
            self.name_thing(scope, place)

    def name_thing(self, scope: Scope, place: int) -> None:
        """Note that the thing that is denied has been named."""
        quantified = scope.negator in w.QUANTIFIERS and not (scope.named or scope.owned)
        if quantified and self.is_subject(place):
            scope.span = "subject"
        scope.named = True

    def is_subject(self, place: int) -> bool:
        """Whether "no" and a noun are what something is said of: "no man is smiling"."""
        follows = self.word(place + 1)
        if follows in w.COPULAS or follows in w.SEEMING or follows.endswith("ing"):
            return True
        later = (self.word(after) for after in range(place + 2, place + 7))
        return follows in w.PLACES and any(word in w.FINITE for word in later)


SEEN = frozenset(["seen", "felt", "been", "looked", "had", "known", "watched", "saw"])
"""What "never" stands before where it compares: "never seen him so happy"."""
