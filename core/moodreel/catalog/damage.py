"""Features that are no numbers: not stored any more, and read around where an index has them."""

from warnings import warn

from sqlalchemy import select

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.packing import whole_rows
from moodreel.errors import DamagedIndex
from moodreel.interfaces import Component

SHOWN = 3  # names of damaged videos that a message lists


def damaged_videos(catalog: Catalog, component: Component) -> dict[int, str]:
    """Return the paths of videos some of whose features are no numbers, by id."""
    kept, videos = schema.features.c, schema.videos.c
    query = select(kept.segment_id, kept.pooled, videos.id, videos.path).join_from(
        schema.features, schema.segments
    )
    query = query.join(schema.videos).join(schema.components)
    chosen = query.where(schema.components.c.fingerprint == component.fingerprint)
    with catalog.reading() as connection:
        rows = connection.execute(chosen).all()
    whole = {row.segment_id for row in whole_rows(rows)}
    return {row.id: row.path for row in rows if row.segment_id not in whole}


def tell_damaged(catalog: Catalog, component: Component) -> None:
    """Warn of videos that cannot be found, since their features are no numbers."""
    paths = sorted(damaged_videos(catalog, component).values())
    if paths:
        more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
        warn(
            f"{catalog.folder}: the features of {', '.join(paths[:SHOWN])}{more} are damaged, so "
            "they are not found; make them again with moodreel index",
            DamagedIndex,
            stacklevel=2,
        )
