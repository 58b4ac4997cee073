"""How English words of mood are read: a lexicon, forms of words, and negation by clause."""
