"""Open calls: who asks again about what has no end yet?"""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import documents
from chalicelib.bootstrap.distribution import query_payout
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.purchases import close_cards, send_refund, watch_orders
from chalicelib.bootstrap.stock_and_cards import register_batch
from chalicelib.bootstrap.suspicion import clear_alert

if TYPE_CHECKING:
    from chalicelib.usecases.query_unknown import QueryUnknown


@part
def query_unknown() -> "QueryUnknown":
    from chalicelib.domain import due
    from chalicelib.usecases.query_unknown import QueryUnknown

    return QueryUnknown(
        documents(),
        {
            due.TOPUP: lambda row, at: watch_orders().ask_again(row.call_id, at),
            due.REFUND: lambda row, at: send_refund().ask_again(row.about["order"], row.about["refund"], at),
            due.CLOSURE: lambda row, at: close_cards().ask_again(row, at),
            due.PAYOUT: lambda row, at: query_payout()(row.call_id, at),
            due.VERDICT: lambda row, at: clear_alert().finish(row.call_id, at),
            due.IMPORT: lambda row, at: register_batch().send_again(row, at),
        },
    )
