"""English words and phrases that negate, raise and lower others, by what they do."""


def word_set(words: str) -> frozenset[str]:
    """Return words written with spaces between them."""
    return frozenset(words.split())


def phrase_set(phrases: str) -> frozenset[str]:
    """Return phrases written with commas between them."""
    return frozenset(" ".join(phrase.split()) for phrase in phrases.split(","))


# What negates the predicate that follows, to the end of its clause ("he never smiles").
CLAUSE = word_set("never hardly barely scarcely rarely seldom") | phrase_set(
    """no way, in no way, by no means, not once, refuse to, refuses to, refused to, refusing
    to, fail to, fails to, failed to, failing to, unable to, unwilling to, forget to,
    forgets to, forgot to, decline to, declines to, declined to, anything but, under no
    circumstances, at no point, not ever, too busy to, impossible to, incapable of, not
    once, never once"""
)
# Subjects that negate what is said of them ("nobody in the crowd looks happy").
SUBJECT = word_set("nobody none nothing noone no-one") | phrase_set(
    """no one, not one, not a single, none of, neither of, nothing that, not a soul, not one
    of, not everyone, not everybody, not all, hardly anyone, hardly anybody, few of"""
)
# What negates a thing that is named, and no more ("a dog without owner looks sad").
THING = word_set(
    """no without minus excluding except few neither nor zero non lacking sans excludes exclude
    devoid free-of mirthless humourless humorless fake faked faking feigned feigning forced
    pretend pretends pretending pretended false"""
) | phrase_set(
    """lack of, lacks, lack, absence of, in the absence of, devoid of, free of, free from,
    empty of, instead of, rather than, far from, no longer, not anymore, other than, except
    for, apart from, short of, less than, without any, leave out, leaving out, nothing like,
    no more, as opposed to, very few, too few, so few, opposite of, the opposite of,
    pretends to be, pretending to be, pretend to be, pretended to be, lost all, lose all,
    out of"""
)
QUANTIFIERS = frozenset({"no", "few", "very few", "too few", "so few"})
# What negates the doing that follows at once ("stop crying"), and nothing else ("a bus stop").
STOP = word_set(
    """stop stops stopped stopping quit quits quitting cease ceases ceased avoid avoids"""
)
# Phrases with such a word that deny nothing, or something else.
PLAIN = phrase_set(
    """no doubt, no wonder, not only, not just, not merely, not simply, not to mention, nothing
    but, none but, nothing less than, no less, no less than, not least, none the less, no
    matter, no matter how, no matter what, never mind, no problem, no sooner, can not help,
    could not help, can not help but, could not help but, not for the faint of heart, not
    without, bus stop, bus stops, stop sign, stop signs, stop motion, non stop, full stop,
    tram stop, pit stop, rest stop, truck stop, stop light, stop watch, free of charge, a
    few, quite a few, try not to, tries not to, trying not to, tried not to, struggle not
    to, struggling not to, can not hide, could not hide, can not contain, could not contain,
    never fails to, hardly contain, barely contain, can hardly contain, can barely contain,
    never fail to, if not, whether or not, not it, out of nowhere, out of control, out of
    focus, no exception, without exception, without doubt, without a doubt, without
    question, far from home, far from here, far away from, nothing short of, false teeth,
    forced perspective, more often than not, not far from, out of love, out of joy, out of
    anger, out of fear, out of spite, out of pity, out of sadness, out of respect, out of
    frustration, out of excitement, out of curiosity, out of kindness, out of rage, out of
    grief, out of happiness, no more than, no fewer than"""
)
# What keeps a mood in, so that a negation of it says that the mood is there.
HOLDING = word_set(
    """contain hide conceal suppress stop help resist deny mask disguise control stifle quit
    fail"""
)
CONTRASTS = word_set(
    "but however although though while whereas yet because since then until unless"
)
RESTARTS = word_set(
    "just only instead still always often sometimes never then"
)  # "not angry, just sad"
PRONOUNS = word_set("i he she it they we you everyone everybody someone somebody others")
DETERMINERS = word_set("a an the this that these those my your his her its our their some every")
COPULAS = word_set("is are was were be been being am get gets got getting become becomes became")
SEEMING = word_set(
    """look looks looked looking seem seems seemed seeming feel feels felt feeling appear
    appears appeared appearing sound sounds sounded remain remains stay stays stayed grow
    grows grew turn turns turned act acts acting keep keeps make makes made making"""
)
FINITE = word_set(
    """is are was were has looks looked seems seemed feels felt appears appeared gets got
    becomes became remains stays keeps makes made starts begins"""
)
AUXILIARIES = word_set(
    """do does did is are was were am be been being has have had can could will would shall
    should must may might need to he she it they we you i who that there"""
)
SUPPOSING = word_set(
    """saying thinking claiming claim claims mean means think thinks believe believes want
    wants wish wishes like likes see sees seeing seen show shows find know say says suppose
    expect need needs include included give recommend play"""
)
PLACES = word_set("in on at of with from near behind under beside here there")
OWNING = word_set("with has have had wearing wears having")
RELATIVES = word_set("who which that whose where")
LINKS = word_set("and or nor & / +")
# Words that a negation passes over, to the word that it is about.
PASSED = (
    DETERMINERS
    | word_set(
        """at all in any even really very so too such much of to for as all that quite more most
    most entirely exactly particularly especially ever always obviously visibly a bit
    anymore"""
    )
    | COPULAS
    | SEEMING
)
RAISING = word_set(
    """very really extremely so incredibly absolutely utterly totally completely deeply highly
    too truly super overly more most quite particularly especially remarkably exceptionally
    intensely tremendously wildly terribly awfully insanely hugely immensely profoundly
    thoroughly overwhelmingly unbelievably seriously visibly such pure sheer great immense
    huge intense deep extreme"""
)
RAISING_PHRASES = phrase_set("ever so, beyond, so very, really really, a lot of, full of, lots of")
LOWERING = word_set(
    """slightly somewhat mildly fairly rather almost nearly partly moderately vaguely faintly
    less least mild slight faint half"""
)
LOWERING_PHRASES = phrase_set(
    """a bit, a little, a little bit, kind of, sort of, kinda, sorta, more or less, a touch, a
    bit of, a hint of, a touch of, a tad, kinds of, a trace of"""
)
LITTLE_OF = word_set(
    "joy hope fear trust faith anger interest happiness fun love sympathy patience"
)

PHRASES = frozenset(
    phrase
    for group in (CLAUSE, SUBJECT, THING, PLAIN, RAISING_PHRASES, LOWERING_PHRASES)
    for phrase in group
    if " " in phrase
)
