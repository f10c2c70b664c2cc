"""Orders in the table `orders`: partition = customer, sort = order id, which sorts by time.

"My orders" is one query without an index, and an order is found by its id
alone, because the id carries its customer. The attribute `cm` stands on orders
that earn commission: the filter of the commission reader looks for it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import NewOrder, OrderMoved, Replayed, Stale
from chalicelib.domain.ids import customer_id_of
from chalicelib.domain.order import (
    EARNING,
    ChainLink,
    Order,
    OrderState,
    Refund,
    RefundState,
    Step,
    TopUpState,
)
from chalicelib.store.dynamo import Dynamo, Key, Write, path, value

_PLAIN = (
    "use sku_id issuer mode category region quantity face_fen payable_fen cost_fen price_version "
    "payer request_hash self_purchase plan_id payment_id"
).split()


def key_of(order_id: str) -> Key:
    return customer_id_of(order_id), order_id


def to_values(order: Order) -> dict[str, Any]:
    """The attributes of an order besides its key. Empty ones are left out: bytes are units."""
    values: dict[str, Any] = {name: getattr(order, name) for name in _PLAIN}
    values |= {
        "state": order.state.value,
        "card_ids": list(order.card_ids),
        "created_at": to_ms(order.created_at),
        "paid_at": to_ms(order.paid_at) if order.paid_at else 0,
        "topup_state": order.topup_state.value,
        "chain": _text([list(link) for link in order.chain]),
        "steps": _text([[s.state, to_ms(s.at), s.actor, s.reason] for s in order.steps]),
        "refunds": _text([_refund_list(refund) for refund in order.refunds]),
    }
    if order.plan_id and order.chain and order.state in EARNING:
        values["cm"] = order.plan_id
    kept = {name: content for name, content in values.items() if content not in ("", 0, [], False)}
    return kept | {"version": order.version}


def from_values(item: Mapping[str, Any]) -> Order:
    """The order that an item of the table or of its stream shows."""
    plain: dict[str, Any] = {name: item[name] for name in _PLAIN if name in item}
    defaults: dict[str, Any] = {
        "category": "",
        "region": "",
        "cost_fen": 0,
        "request_hash": "",
        "face_fen": 0,
        "quantity": 0,
    }
    return Order(
        order_id=item["sk"],
        customer_id=item["pk"],
        state=OrderState(item["state"]),
        card_ids=tuple(item.get("card_ids", ())),
        created_at=from_ms(item["created_at"]),
        paid_at=from_ms(item["paid_at"]) if "paid_at" in item else None,
        topup_state=TopUpState(item.get("topup_state", "")),
        chain=tuple(ChainLink(*link) for link in json.loads(item.get("chain", "[]"))),
        steps=tuple(Step(s[0], from_ms(s[1]), s[2], s[3]) for s in json.loads(item.get("steps", "[]"))),
        refunds=tuple(_refund(fields) for fields in json.loads(item.get("refunds", "[]"))),
        version=item["version"],
        **(defaults | plain),
    )


def _text(rows: list[Any]) -> str:
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False) if rows else ""


def _refund_list(refund: Refund) -> list[Any]:
    return [
        refund.refund_id,
        refund.state.value,
        refund.cause,
        refund.amount_fen,
        refund.withdrawn_fen,
        refund.units,
        to_ms(refund.at),
        list(refund.card_ids),
        refund.closes,
        *_rare(refund),
    ]


def _rare(refund: Refund) -> list[Any]:
    """What few refunds have, up to the last of it that this one has."""
    rare = [refund.payment, refund.failures, refund.owed_fen, refund.settled]
    while rare and not rare[-1]:
        rare.pop()
    return rare


def _refund(fields: list[Any]) -> Refund:
    refund_id, state, cause, amount_fen, withdrawn_fen, units, at, card_ids, closes, *rare = fields
    amounts = (amount_fen, withdrawn_fen, units)
    return Refund(refund_id, RefundState(state), cause, *amounts, from_ms(at), tuple(card_ids), closes, *rare)


def write_new(dynamo: Dynamo, change: NewOrder) -> Write:
    """The write of an order that must not exist yet."""
    order = replace(change.order, version=1)
    return dynamo.put_write("orders", key_of(order.order_id), to_values(order), path("pk").does_not_exist())


def write_moved(dynamo: Dynamo, change: OrderMoved) -> Write:
    """The write of an order that must still be as it was read."""
    order = replace(change.order, version=change.order.version + 1)
    same = path("version") == value(change.order.version)
    return dynamo.put_write("orders", key_of(order.order_id), to_values(order), same)


def why_new_failed(item: Mapping[str, Any] | None) -> Exception:
    order = from_values(item) if item else None
    return Replayed(order.request_hash if order else "", order=order)


def why_moved_failed(item: Mapping[str, Any] | None) -> Exception:
    return Stale(f"the order is at version {item.get('version') if item else None}")


@dataclass(frozen=True, slots=True)
class DynamoOrders:
    """The port Orders."""

    dynamo: Dynamo

    def get(self, order_id: str) -> Order | None:
        item = self.dynamo.get("orders", key_of(order_id), consistent=True)
        return from_values(item) if item else None

    def page(self, customer_id: str, before: str, limit: int) -> list[Order]:
        sort = path("sk") < value(before) if before else None
        items = self.dynamo.query("orders", customer_id, sort, limit=limit, newest=True)
        return [from_values(item) for item in items]

    def put_new(self, order: Order) -> None:
        key = key_of(order.order_id)
        new = to_values(replace(order, version=1))
        if not self.dynamo.put("orders", key, new, path("pk").does_not_exist()):
            raise why_new_failed(self.dynamo.get("orders", key, consistent=True))
