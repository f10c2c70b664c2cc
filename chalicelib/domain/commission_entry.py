"""Commission entries: how does a share become a record, and what has become of it since?

Everything that happens to an entry is a record of its own beside it:

    cme_<ULID of order>_<buyer's key>_<level>   COMMISSION           earned, into the pot of its release day
    …#r<refund id>                              COMMISSION_REVERSAL  less, after a refund
    …#h<n>                                      COMMISSION_HOLD      odd: into the risk pot; even: out of it

An entry is never edited: what it is worth and where its money lies is the fold of these.
An entry that comes to a pot which was released says in which filling of it (`filling`) it
lies; the ordinary one is the first, and says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from chalicelib.domain.business_time import day_text
from chalicelib.domain.commission import Share
from chalicelib.domain.compact_explanation import compact, expanded
from chalicelib.domain.explanation import Explanation
from chalicelib.domain.ids import owned_id, person_key, ulid_of
from chalicelib.domain.ledger import RISK_POT, checked_lines, credit, debit
from chalicelib.domain.order import Order, Refund, RefundState
from chalicelib.domain.plan import Event, Plan, hold_days_of
from chalicelib.domain.record import Line, Record
from chalicelib.domain.reversal import Sources, release_date

EXPENSE = "E:COMMISSION"
SYSTEM = "system"
# A refund that nobody has agreed to takes nothing from anybody.
REVERSING = frozenset(RefundState) - {RefundState.REQUESTED, RefundState.REJECTED}


def frozen(distributor_id: str, pot: str) -> str:
    return f"L:COMM_FROZEN:{distributor_id}:{pot}"


def available(distributor_id: str) -> str:
    return f"L:COMM_AVAIL:{distributor_id}"


def clawback(distributor_id: str) -> str:
    return f"A:CLAWBACK:{distributor_id}"


def entry_id_of(order_id: str, level: int) -> str:
    """The effect key of one level of one order: it can be paid only once."""
    return f"cme_{ulid_of(order_id)}_{person_key(order_id)}_{level}"


def order_id_of(entry_id: str) -> str:
    """The order behind an entry or anything that happened to it."""
    ulid, key = entry_id.removeprefix("cme_").split("_")[:2]
    return owned_id("ord", f"cus_{key}", ulid)


def release_day(order: Order, plan: Plan) -> date:
    """The business date on which the order's commission becomes available."""
    assert order.paid_at is not None
    return release_date(order.paid_at, hold_days_of(plan, Event(order.use)))


def entry_record(order: Order, share: Share, plan: Plan) -> Record:
    """The entry of one share above zero. The same order gives the same record at any time."""
    assert order.paid_at is not None and share.amount_fen > 0
    pot = day_text(release_day(order, plan))
    lines = [
        debit(EXPENSE, share.amount_fen),
        credit(frozen(share.distributor_id, pot), share.amount_fen),
    ]
    return Record(
        partition=share.distributor_id,
        entry_id=entry_id_of(order.order_id, share.level),
        action="COMMISSION",
        at=order.paid_at,
        actor=SYSTEM,
        about={"release": pot, "sku": order.sku_id, "why": compact(share.explanation)},
        lines=checked_lines("COMMISSION", lines),
    )


def in_filling(record: Record, filling: int) -> Record:
    """The record of money that is put into this filling of its pot."""
    return replace(record, about={**record.about, "filling": filling}) if filling else record


def is_same_entry(known: Mapping[str, Any], record: Record) -> bool:
    """Whether a body is that of this entry, in whatever filling of its pot either may lie."""
    return _in_any_filling(known) == _in_any_filling(record.body())


class History(NamedTuple):
    """An entry and what happened to it. `pot` and `filling`: where its frozen money lies, or lay."""

    entry: Record
    amount_fen: int
    reversed_fen: int
    refund_ids: frozenset[str]
    holds: int
    pot: str
    filling: int

    @property
    def net_fen(self) -> int:
        return self.amount_fen - self.reversed_fen

    @property
    def is_held(self) -> bool:
        return self.holds % 2 == 1

    @property
    def explanation(self) -> Explanation:
        why = self.entry.about["why"]
        assert isinstance(why, list)
        return expanded(why)


def history_of(records: Iterable[Record], entry_id: str) -> History | None:
    """The history of an entry among records of its partition; None before it is written."""
    mine = {record.entry_id: record for record in records}
    entry = mine.get(entry_id)
    if entry is None:
        return None
    reversals = [record for name, record in mine.items() if name.startswith(f"{entry_id}#r")]
    holds = [record for name, record in mine.items() if name.startswith(f"{entry_id}#h")]
    last = mine.get(f"{entry_id}#h{len(holds)}", entry)
    return History(
        entry=entry,
        amount_fen=_expense_fen(entry),
        reversed_fen=-sum(_expense_fen(record) for record in reversals),
        refund_ids=frozenset(record.entry_id.partition("#r")[2] for record in reversals),
        holds=len(holds),
        pot=_credited_pot(last),
        filling=int(str(last.about.get("filling", 0))),
    )


def reversing_refunds(order: Order) -> tuple[Refund, ...]:
    """The refunds that take commission back, in the order in which they were decided."""
    decided = (refund for refund in order.own_refunds if refund.state in REVERSING)
    return tuple(sorted(decided, key=lambda refund: (refund.at, refund.refund_id)))


def reversal_record(history: History, refund_id: str, sources: Sources, now: datetime) -> Record:
    """A reversal after a refund, taken from where `sources` says."""
    distributor_id = history.entry.partition
    total_fen = sources.frozen_fen + sources.available_fen + sources.debt_fen
    lines = [
        debit(frozen(distributor_id, history.pot), sources.frozen_fen),
        debit(available(distributor_id), sources.available_fen),
        debit(clawback(distributor_id), sources.debt_fen),
        credit(EXPENSE, total_fen),
    ]
    return _beside(history, f"#r{refund_id}", "COMMISSION_REVERSAL", lines, now, "order refunded")


def hold_record(
    history: History, pot_after: str, now: datetime, reason: str, filling_after: int = 0
) -> Record:
    """The entry's net amount moved from the pot where it lies to a filling of another."""
    distributor_id = history.entry.partition
    lines = [
        debit(frozen(distributor_id, history.pot), history.net_fen),
        credit(frozen(distributor_id, pot_after), history.net_fen),
    ]
    record = _beside(history, f"#h{history.holds + 1}", "COMMISSION_HOLD", lines, now, reason)
    return in_filling(record, filling_after)


def pot_after_hold(history: History, today: date) -> str:
    """The pot of the release day that the entry was earned with, or of today when that is over."""
    assert history.is_held and history.pot == RISK_POT
    return max(str(history.entry.about["release"]), day_text(today))


def _in_any_filling(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "about": {**body.get("about", {}), "filling": 0}}


def _beside(
    history: History, suffix: str, action: str, lines: list[Line], now: datetime, reason: str
) -> Record:
    return Record(
        partition=history.entry.partition,
        entry_id=history.entry.entry_id + suffix,
        action=action,
        at=now,
        actor=SYSTEM,
        about={"sku": history.entry.about["sku"]},
        lines=checked_lines(action, lines),
        reason=reason,
    )


def _expense_fen(record: Record) -> int:
    return sum(line.amount_fen for line in record.lines if line.account == EXPENSE)


def _credited_pot(record: Record) -> str:
    (account,) = (line.account for line in record.lines if line.amount_fen < 0)
    return account.rpartition(":")[2]
