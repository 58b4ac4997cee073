"""Detecting edited code: whether a component's code has changed since an index met it.

Features and emotions are stored under a component's fingerprint, of which `version` is a part and
its code is not: making them again is costly, and the author decides when. So a changed code under
an unchanged version is told to the user, once.
"""

from collections.abc import Iterable
from sys import version_info
from warnings import warn

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.database import get_fact, put_fact, readable_errors
from moodreel.catalog.records import stored_parts
from moodreel.errors import CatalogError, ChangedCode
from moodreel.interfaces import Component

PYTHON = f"{version_info[0]}.{version_info[1]}"
"""Compiled code is compared within one version of Python."""


def tell_changed(catalog: Catalog, components: Iterable[Component | None]) -> None:
    """Warn of components whose code is not what it was when the index first met them.

    The index notes the code as it is now, so that it is told once. Where it cannot be written,
    nothing is noted.
    """
    for component in stored_parts(components):
        if component.code:
            try:
                known = note_code(catalog, component)
            except CatalogError:
                continue
            if known:
                warn(changed_message(component), ChangedCode, stacklevel=2)


def note_code(catalog: Catalog, component: Component) -> bool:
    """Note a component's code; return whether it is another than was noted before."""
    key, value = f"code:{component.fingerprint}", f"{PYTHON}:{component.code}"
    with readable_errors(catalog.file), catalog.engine.begin() as connection:
        known = get_fact(connection, key)
        if known != value:
            put_fact(connection, key, value)
    return known is not None and known != value and known.startswith(f"{PYTHON}:")


def changed_message(component: Component) -> str:
    """Say what has changed, and what to do."""
    return (
        f"{component.origin}: the code of {type(component).__name__} has changed, and its version "
        f"is still {component.version!r}, so what the index holds of it is kept; if it gives "
        "other outputs now, raise `version` in the class and run moodreel index again"
    )
