"""Which components need weights from a model hub, and so cannot run here."""

import re

ON_THE_HUB = re.compile(r"[\w.-]+/[\w.-]+")


def downloads(registry, entry):
    """Whether a component's weights, or those of one it is built on, are on a model hub.

    Small models of their kinds, made in the tests of their plugins, run through the same checks.
    """
    options = [value for value in entry.shown_options().values() if isinstance(value, str)]
    named = [other for (_, name), other in registry.entries.items() if name in options]
    return any(ON_THE_HUB.fullmatch(value) for value in options) or any(
        downloads(registry, other) for other in named if other.name != entry.name
    )
