"""The outside check: do channel, oil company and bank tell the same story as our books?"""

from collections import Counter
from collections.abc import Iterator

from bench.demo.checks import Check, check, unequal
from bench.demo.outside import Accountant
from bench.demo.reading import Reading

CHANNEL = "A:CHANNEL:sandbox"
DONE = ("SUCCEEDED", "SUCCEEDED_PENDING_LOAD")


def outside_checks(reading: Reading, accountant: Accountant) -> list[Check]:
    top_ups = [order for order in reading.orders if order.get("topup_state")]
    payouts = [record for record in reading.records if record.action == "withdrawal.pay"]
    return [
        check("the channel's bill is our book of it", f"{len(reading.bill)} lines", _bill(reading)),
        check(
            "the oil company did what our orders say",
            f"{len(top_ups)} top-ups",
            _top_ups(reading, accountant),
        ),
        check("the bank paid what our books say", f"{len(payouts)} payouts", _payouts(reading, accountant)),
        check("nothing is owed to payers", f"{len(reading.bill)} lines", _owed(reading)),
    ]


def unbooked(reading: Reading) -> list[str]:
    """Payments that the channel has and our books have not."""
    booked = {record.partition for record in reading.records}
    return [
        f"{line.reference} paid {line.amount_fen} as {line.operation_id}"
        for line in reading.bill
        if line.kind == "PAYMENT" and f"pay_sandbox_{line.operation_id}" not in booked
    ]


def _bill(reading: Reading) -> Iterator[str]:
    yield from (f"not in our books: {payment}" for payment in unbooked(reading))
    lines = {(line.kind, line.operation_id): line for line in reading.bill}
    for record in reading.records:
        if record.partition.startswith("pay_sandbox_"):
            payment_id = record.partition.removeprefix("pay_sandbox_")
            line = lines.get(("PAYMENT", payment_id))
            told = (line.reference, line.amount_fen) if line else None
            wanted = (record.about["order"], record.moved_fen(CHANNEL))
            yield from unequal(f"the channel's word on {record.record_id}", told, wanted)
    refunds = Counter((line.reference, -line.amount_fen) for line in reading.bill if line.kind == "REFUND")
    for record in reading.records:
        if record.action == "REFUND_PAID_OUT":
            refunds[str(record.about["order"]), -record.moved_fen(CHANNEL)] -= 1
    for (reference, fen), count in refunds.items():
        if count:
            yield f"refunds of {fen} for {reference}: the channel has {count:+} more than our books"
    total_fen = sum(line.amount_fen for line in reading.bill)
    settled_fen = sum(
        record.moved_fen(CHANNEL)
        for record in reading.records
        if record.action in ("CHANNEL_SETTLED", "CHANNEL_COLLECTED")
    )
    yield from unequal("what the channel owes us", reading.fold.get(CHANNEL, 0), total_fen + settled_fen)


def _owed(reading: Reading) -> Iterator[str]:
    yield from unequal("L:REFUND_PAYABLE", reading.fold.get("L:REFUND_PAYABLE", 0), 0)


def _top_ups(reading: Reading, accountant: Accountant) -> Iterator[str]:
    for order in reading.orders:
        if not order.get("topup_state"):
            continue
        told = accountant.state_of("issuer/operations", order["sk"])
        is_done = order["topup_state"] in (*DONE, "LOADED")
        if (told in DONE) != is_done:
            yield f"{order['sk']} is {order['topup_state']}, the oil company says {told}"


def _payouts(reading: Reading, accountant: Accountant) -> Iterator[str]:
    for record in reading.records:
        if record.action not in ("WITHDRAWAL_PAID", "withdrawal.fail"):
            continue
        withdrawal_id = record.entry_id.partition("#")[0]
        told = accountant.state_of("payout/payments", withdrawal_id)
        if (told in ("SUCCEEDED", "RETURNED")) != (record.action == "WITHDRAWAL_PAID"):
            yield f"{record.record_id} is {record.action}, the bank says {told}"
