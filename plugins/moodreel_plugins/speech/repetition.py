"""Whether a recogniser has lost its way: it then says the same over and over."""

from zlib import compress

# A text that shrinks to less than this share says the same over and over: Radford et al. 2022
# ("Robust Speech Recognition via Large-Scale Weak Supervision", section 4.5) take 1 / 2.4.
LEAST_NEW = 1 / 2.4


def repeats_itself(text: str) -> bool:
    """Whether a text hardly says anything new after its beginning.

    >>> repeats_itself("thank you " * 20), repeats_itself("it was the best of times")
    (True, False)
    """
    data = text.encode()
    return bool(data) and len(compress(data)) < LEAST_NEW * len(data)
