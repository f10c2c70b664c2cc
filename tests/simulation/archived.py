"""Archived: does the archive of a world hold every record, sealed and unbroken, and make every balance again?

Only some worlds have readers that archive: that costs a third of their time.
"""

from collections.abc import Iterator

from chalicelib import bootstrap
from chalicelib.domain.business_time import business_date
from tests.simulation.features import ARCHIVE
from tests.simulation.world import World

SHOWN = 3


def is_archived(world: World) -> bool:
    return not world.features.weather.silent & ARCHIVE


def the_archive_is_whole(world: World) -> Iterator[str]:
    """(3), (9): what was written is in the archive, once, and the tables show what follows from it."""
    if not is_archived(world):
        return
    rebuilt = bootstrap.rebuild_balances()(world.now(), lambda: False)
    yield from (f"the archive: {finding}" for finding in rebuilt.findings[:SHOWN])
    yield from (f"the archive and the tables: {one}" for one in rebuilt.differences[:SHOWN])
    if rebuilt.waiting or not rebuilt.is_complete:
        yield f"{len(rebuilt.waiting)} records are not archived, {rebuilt.is_complete=}"
    joins = sum("record" in item for item in world.items("edges"))
    written = len(world.items("journal")) + joins
    if rebuilt.records != written:
        yield f"{rebuilt.records} records are in the archive, {written} were written"


def not_sealed(world: World) -> Iterator[str]:
    """The days that are over, and have no root yet."""
    if is_archived(world):
        day = bootstrap.archive_index().head().next_day_to_seal()
        if day is not None and day < business_date(world.now()):
            yield f"the archive of {day} is not sealed"
