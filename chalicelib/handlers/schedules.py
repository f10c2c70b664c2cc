"""Schedules: what happens because time passes. Each run may be late, doubled or skipped without harm."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import bootstrap

blueprint = Blueprint(__name__)


@blueprint.schedule(Rate(1, unit=Rate.MINUTES))
def release_commission(event: CloudWatchEvent) -> None:
    """Move commission whose hold is over from frozen to available, debts first; find pots left out."""
    bootstrap.release_commission()(bootstrap.now())
    bootstrap.sweep_pots()(bootstrap.now())


@blueprint.schedule(Rate(1, unit=Rate.MINUTES))
def tally_books(event: CloudWatchEvent) -> None:
    """Count what came into the archive: the totals of all accounts, and what was traded on each day."""
    bootstrap.tally_books()()


@blueprint.schedule(Rate(1, unit=Rate.MINUTES))
def query_unknown(event: CloudWatchEvent) -> None:
    """Ask payment channel, issuer and payout for the truth about every call whose answer was lost.

    It also wakes imports that nobody may have woken, and ends verdicts and closures that were cut off.
    """
    from chalicelib.handlers import repair

    repair.query_unknown(bootstrap.now())
    repair.count_refunds_by_hand()


@blueprint.schedule(Rate(5, unit=Rate.MINUTES))
def sweep_unpaid(event: CloudWatchEvent) -> None:
    """Close unpaid orders and return claimed stock that the timers missed."""
    from chalicelib.handlers import repair

    repair.sweep(bootstrap.now())


@blueprint.schedule(Rate(1, unit=Rate.HOURS))
def seal_archive(event: CloudWatchEvent) -> None:
    """Write the Merkle root of each finished day beside its records."""
    bootstrap.seal_archive()(bootstrap.now())


@blueprint.schedule(Rate(1, unit=Rate.HOURS))
def close_books(event: CloudWatchEvent) -> None:
    """Sum each finished day of the platform's own accounts into one row."""
    bootstrap.close_books()(bootstrap.now())


@blueprint.schedule(Rate(5, unit=Rate.MINUTES))
def reconcile_commission(event: CloudWatchEvent) -> None:
    """Emit commission that the order stream lost; report commission that nothing calls for."""
    from chalicelib.handlers import repair

    repair.reconcile_commission(bootstrap.now())


@blueprint.schedule(Rate(1, unit=Rate.HOURS))
def reconcile_channels(event: CloudWatchEvent) -> None:
    """Compare each finished day's bill of every payment channel with our books, once its file is there.

    It also tells what waits for a person of the office.
    """
    from chalicelib.handlers import reconciliation, waiting

    reconciliation.reconcile_channels(bootstrap.now())
    waiting.count_waiting(bootstrap.now())


@blueprint.schedule(Rate(5, unit=Rate.MINUTES))
def fold_balances(event: CloudWatchEvent) -> None:
    """Once a night, in as many runs as it takes: every balance against the fold of the journal."""
    from chalicelib.handlers import repair

    repair.fold_balances(bootstrap.now())


@blueprint.schedule(Rate(1, unit=Rate.HOURS))
def delete_people(event: CloudWatchEvent) -> None:
    """Delete whose account was closed two weeks ago; what the law wants kept of them stays."""
    from chalicelib.handlers import deletions

    deletions.delete_people(bootstrap.now())


@blueprint.schedule(Rate(1, unit=Rate.MINUTES))
def verify_archive(event: CloudWatchEvent) -> None:
    """Go on with the check of the archive that the office asked for, if it did."""
    from chalicelib.handlers import archive

    archive.verify(bootstrap.now())
