"""Stream readers: what happens after a write. Each record is handled once or reported as failed.

Deployed by their own module path: app.py is never imported by these functions.
The stream ARNs are placeholders that infra/ replaces; filters, partial batches,
bisect, retries and failure destinations stand in infra/template/mappings.yaml.

A reader imports what it does when it is called: each is a process of its own, and
app.py needs none of it.
"""

from typing import Any

from chalice.app import Blueprint, DynamoDBEvent

from chalicelib.handlers.stream_batch import handle_each, handle_together

blueprint = Blueprint(__name__)


def _stream(table: str) -> str:
    return f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/placeholder"


@blueprint.on_dynamodb_record(stream_arn=_stream("orders"), batch_size=100)
def pay_commission(event: DynamoDBEvent) -> dict[str, Any]:
    """Orders: paid -> commission entries; refunded -> their reversals."""
    from chalicelib.handlers import distribution

    return handle_each(event, distribution.pay_commission)


@blueprint.on_dynamodb_record(stream_arn=_stream("orders"), batch_size=100)
def watch_orders(event: DynamoDBEvent) -> dict[str, Any]:
    """Orders: start the closing timer, check for fraud, submit to the issuer, refund by the channel."""
    from chalicelib.handlers import orders

    return orders.watch(event)


@blueprint.on_dynamodb_record(stream_arn=_stream("journal"), batch_size=100)
def project_journal(event: DynamoDBEvent) -> dict[str, Any]:
    """Journal: lines of the platform's own accounts, allocations, review queue."""
    from chalicelib.handlers import distribution

    return handle_together(event, distribution.project_journal)


@blueprint.on_dynamodb_record(stream_arn=_stream("journal"), batch_size=500)
def archive_journal(event: DynamoDBEvent) -> dict[str, Any]:
    """Journal: every journal and audit record to the locked archive."""
    from chalicelib.handlers import archive

    return handle_together(event, archive.archive_journal)


@blueprint.on_dynamodb_record(stream_arn=_stream("edges"), batch_size=500)
def archive_edges(event: DynamoDBEvent) -> dict[str, Any]:
    """Edges: joins and moves are audit records too, archived like the journal."""
    from chalicelib.handlers import archive

    return handle_together(event, archive.archive_edges)


@blueprint.on_dynamodb_record(stream_arn=_stream("accounts"), batch_size=100)
def project_accounts(event: DynamoDBEvent) -> dict[str, Any]:
    """Distributor accounts: one statement line a version; days on which something is due."""
    from chalicelib.handlers import distribution

    return handle_together(event, distribution.project_accounts)


@blueprint.on_dynamodb_record(stream_arn=_stream("cards"), batch_size=100)
def project_cards(event: DynamoDBEvent) -> dict[str, Any]:
    """Cards: one statement line a version; the holder's list of cards."""
    from chalicelib.handlers import cards

    return handle_together(event, cards.project_cards)
