"""Closing an account: what stands in its way, until when may it be taken back, and what of it is kept?

    open -> CLOSING      nothing stands in the way; every session ends, and nothing new is begun
    CLOSING -> open      its owner signs in within the grace, and takes it back
    CLOSING -> deleted   the grace is over, and still nothing stands in the way

    people   pk cus_…            sk profile       closes_at: when it is deleted; 0 or absent: it is open
    work     pk closing#<day>    sk cus_…         closes_at, phone_index: to be deleted on that day
             pk closing          sk progress      day: nothing is left before it
             pk retained#cus_…   sk identity      identity_sealed, expires_at
             pk retained#cus_…   sk consent#…     purpose, version, given, at, expires_at

A deletion takes everything away by which the id of a person tells who it is. What stays is told of the
id alone, and of nobody; only the name and the number of the ID card, which the law wants kept of buyers,
stay sealed, in a table that forgets them on their day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain import people_items, person_history, second_factor, tree_items
from chalicelib.domain.account import Balances
from chalicelib.domain.business_time import business_date, day_text, from_ms, to_ms
from chalicelib.domain.change import Change, DocumentChange, DocumentGone, NewDocument
from chalicelib.domain.distributor import DistributorState
from chalicelib.domain.errors import Conflict
from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.record import Record
from chalicelib.domain.withdrawal import WithdrawalState

TABLE = "work"
IDENTITY = "identity"
PROGRESS = ("closing", "progress")
DAYS_BACK_AT_FIRST = 30

# Whoever's phone was stolen has two weeks to notice. A request to delete is to be answered within fifteen
# working days (工信部等《App违法违规收集使用个人信息行为认定方法》6): the grace is shorter.
GRACE = timedelta(days=14)
AGAIN_AFTER = timedelta(days=1)  # where something stands in the way on the day itself
# 单用途商业预付卡管理办法 art. 15: who bought is kept for five years. No purchase is later than the closing.
IDENTITY_KEPT = timedelta(days=5 * 365 + 2)
# 民法典 art. 188: for so long it may be disputed what was agreed to.
CONSENTS_KEPT = timedelta(days=3 * 365 + 1)

ENDED_PLACES = frozenset({DistributorState.TERMINATED, DistributorState.REJECTED, DistributorState.WITHDRAWN})
SETTLED_ORDERS = frozenset(
    {OrderState.COMPLETED, OrderState.CLOSED, OrderState.REFUNDED, OrderState.PARTIALLY_REFUNDED}
)
SETTLED_WITHDRAWALS = frozenset(
    {WithdrawalState.PAID, WithdrawalState.CANCELLED, WithdrawalState.REJECTED, WithdrawalState.RETURNED}
)


class Obstacle(Conflict):
    """Something that must be ended before an account is closed. `ids` in its facts names it."""


class CardsHoldMoney(Obstacle):
    code = "CLOSING_CARDS_HOLD_MONEY"
    advice = "Spend what is on the cards `ids`, or let it be refunded."


class OrdersOpen(Obstacle):
    code = "CLOSING_ORDERS_OPEN"
    advice = "Wait until the orders `ids` and their refunds are done, or cancel what is not paid."


class WithdrawalsOpen(Obstacle):
    code = "CLOSING_WITHDRAWALS_OPEN"
    advice = "Wait until the withdrawals `ids` are decided and paid, or take back what nobody has approved."


class PlaceHeld(Obstacle):
    code = "CLOSING_PLACE_HELD"
    advice = "Give up the place in the tree first; what is earned by then is still paid."


class CommissionUnpaid(Obstacle):
    code = "CLOSING_COMMISSION_UNPAID"
    advice = "Withdraw what is available, wait for what is frozen, and settle what is owed."


class NotClosing(Conflict):
    code = "NOT_CLOSING"
    advice = "Nothing is to be taken back: the account is open."


@dataclass(frozen=True, slots=True)
class Closing:
    """How an account stands: open, or deleted at `closes_at`; and what is in the way of it now."""

    closes_at: datetime | None
    obstacles: tuple[Obstacle, ...]


# ---------------------------------------------------------------- what stands in the way


def is_open_order(order: Order) -> bool:
    """Whether something of a purchase, or of money on its way back, is not done."""
    return order.state not in SETTLED_ORDERS or any(refund.open_fen for refund in order.refunds)


def is_held_place(state: DistributorState) -> bool:
    return state not in ENDED_PLACES


def is_open_withdrawal(state: WithdrawalState) -> bool:
    return state not in SETTLED_WITHDRAWALS


def unpaid(balances: Balances) -> CommissionUnpaid | None:
    """What a distributor has not been paid, or owes."""
    told = {
        "available_fen": balances.available_fen,
        "held_fen": balances.held_fen,
        "frozen_fen": sum(balances.frozen_fen.values()),
        "owed_fen": balances.owed_fen,
    }
    return CommissionUnpaid(**told) if any(told.values()) else None


# ---------------------------------------------------------------- closing, and taking it back


def closes_at(profile: Mapping[str, Any]) -> datetime | None:
    """When this account is deleted; None: it is open."""
    return from_ms(profile["closes_at"]) if profile.get("closes_at") else None


def closed_changes(profile: Mapping[str, Any], phone_index: str, now: datetime) -> list[Change]:
    """The account is closing and every session over, if nobody wrote since it was read; and its row."""
    at = now + GRACE
    ended = people_items.sessions_change(profile, {})
    closing = replace(
        ended,
        set_values={**ended.set_values, "closes_at": to_ms(at)},
        expected={**ended.expected, "version": profile["version"]},
        add={"sessions_version": 1, "version": 1},
    )
    return [closing, row_of(profile["pk"], phone_index, at, at)]


def kept_change(profile: Mapping[str, Any]) -> DocumentChange:
    """The account is open again. Its row tells nothing any more, and goes on its day."""
    key = (people_items.TABLE, profile["pk"], people_items.PROFILE)
    return DocumentChange(*key, {"closes_at": 0}, {"closes_at": profile["closes_at"]}, {"version": 1})


# ---------------------------------------------------------------- the day of a deletion


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """Somebody to be deleted, looked at on `day` (YYYYMMDD)."""

    day: str
    person_id: str
    closes_at: datetime
    phone_index: str

    @property
    def key(self) -> tuple[str, str]:
        return partition(self.day), self.person_id

    def gone(self) -> DocumentGone:
        return DocumentGone(TABLE, *self.key)


def partition(day: str) -> str:
    return f"closing#{day}"


def row_of(person_id: str, phone_index: str, closes_at: datetime, look_at: datetime) -> DocumentChange:
    """The row by which an account is looked at on a day; a second one of the same day is the same row."""
    values = {"closes_at": to_ms(closes_at), "phone_index": phone_index}
    return DocumentChange(TABLE, partition(day_text(business_date(look_at))), person_id, values, {})


def row_from(item: Mapping[str, Any]) -> ClosingRow:
    day = item["pk"].partition("#")[2]
    return ClosingRow(day, item["sk"], from_ms(item["closes_at"]), item["phone_index"])


def days_to_look_at(progress: str, now: datetime) -> Iterator[date]:
    """From the first day that may hold rows up to today."""
    today = business_date(now)
    day = date.fromisoformat(progress) if progress else today - timedelta(days=DAYS_BACK_AT_FIRST)
    while day <= today:
        yield day
        day += timedelta(days=1)


# ---------------------------------------------------------------- a deletion


def retained_key(person_id: str) -> str:
    return f"retained#{person_id}"


def goes_alone(sk: str) -> bool:
    """Whether an item of a person goes by itself, before the profile. A new kind of item goes, too."""
    with_profile = (people_items.PROFILE, second_factor.FACTOR)
    return sk not in with_profile and not sk.startswith(person_history.PREFIX)


def deleted_changes(
    profile: Mapping[str, Any], place: Mapping[str, Any] | None, row: ClosingRow, record: Record
) -> list[Change]:
    """All by which the id tells who it is goes in one write, with its record, while it is still closing."""
    person_id = row.person_id
    people = people_items.TABLE
    changes: list[Change] = [
        DocumentGone(people, person_id, people_items.PROFILE, {"closes_at": to_ms(row.closes_at)}),
        DocumentGone(
            people,
            people_items.phone_key(row.phone_index),
            people_items.LOGIN,
            {"person_id": person_id},
        ),
        DocumentGone(people, person_id, second_factor.FACTOR),
        person_history.line_of(record),
        row.gone(),
    ]
    if profile["real_name"]:
        changes += _identity_changes(profile, row)
    if place is not None and place.get("payee"):
        forgotten = {"payee": "", "payee_index": "", "payee_shown": ""}
        known = {"payee": place["payee"]}
        changes.append(DocumentChange(tree_items.TABLE, place["pk"], tree_items.SELF, forgotten, known))
    return changes


def identity_until(row: ClosingRow) -> datetime:
    """Until when name and number are kept: counted from the closing, however late the deletion comes."""
    return row.closes_at - GRACE + IDENTITY_KEPT


def _identity_changes(profile: Mapping[str, Any], row: ClosingRow) -> list[Change]:
    kept = {"identity_sealed": profile["identity_sealed"], "expires_at": to_ms(identity_until(row)) // 1000}
    number = people_items.identity_key(profile["identity_index"])
    return [
        DocumentGone(people_items.TABLE, number, people_items.OWNER, {"person_id": row.person_id}),
        NewDocument(TABLE, retained_key(row.person_id), IDENTITY, kept),
    ]


def retained_consents(
    items: Iterable[Mapping[str, Any]], row: ClosingRow
) -> list[tuple[str, str, dict[str, Any]]]:
    """What somebody agreed to, as it is kept beside the id until nothing can be disputed any more."""
    until = {"expires_at": to_ms(row.closes_at - GRACE + CONSENTS_KEPT) // 1000}
    kept = ("purpose", "version", "given", "at")
    return [
        (retained_key(row.person_id), item["sk"], {name: item[name] for name in kept} | until)
        for item in items
    ]
