"""Imports: how does an operator bring data from another system, and hear whether all of it arrived?

    make import-data ARGS="source=oldshop kind=cards file=@cards.csv"                          a dry run
    make import-data ARGS="… sha256=… rows=2000 balance_fen=6000000 by=anna approved_by=ben dry_run=false"
    make import-report ARGS="source=oldshop cards_rows=2000 balance_fen=6000000"

app.py imports this module, and needs nothing of what the two do (moving_in.py) to serve HTTP.
"""

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

blueprint = Blueprint(__name__)


@blueprint.lambda_function()
def import_data(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Check a file from another system, or bring what is in it."""
    from chalicelib.handlers import moving_in

    return moving_in.import_data(event, context)


@blueprint.lambda_function()
def import_report(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """What the ledger has of a source, beside what the source says it had."""
    from chalicelib.handlers import moving_in

    return moving_in.import_report(event, context)
