"""Withdrawals: who gets paid on the demo day, who does not, and who has to agree?

The promoters of the demo world have had their payee account for days. Each goes
another way: paid by three people, rejected, sent back by the bank, failed, with an
answer that was lost, taken back.
"""

from functools import partial
from itertools import count
from typing import Any

from bench.demo.client import Person
from bench.demo.day import Day, Story

RELEASE_SECONDS = 100  # one tick of the schedule, and what a restart may add
TWO_APPROVALS_FROM_FEN = 1_001
AMOUNT_FEN_MIN = 100


def asked(day: Day, name: str, person: Person, share: int, least_fen: int = AMOUNT_FEN_MIN) -> str:
    """A withdrawal of a part of what is available, once there is enough; its id."""

    def available_fen() -> int:
        balance = day.client.read(person, "/v1/distributors/me/balance")
        return int(balance["available_fen"]) if balance["available_fen"] >= least_fen else 0

    if name not in day.client.intents.wishes:
        found_fen = day.until(f"{person.name} has {least_fen} fen", available_fen, RELEASE_SECONDS)
        amount_fen = max(least_fen, found_fen // share)
    else:
        amount_fen = 0  # the wish is on disk with its amount
    filed = day.done(name, person, "/v1/withdrawals", {"amount_fen": amount_fen})
    return str(filed["withdrawal_id"])


def approved(day: Day, name: str, withdrawal_id: str, *staff: str) -> None:
    for reviewer in staff:
        path = f"/v1/office/withdrawals/{withdrawal_id}/approval"
        day.done(f"{name}: {reviewer} agrees", day.cast[reviewer], path, {})


def paid(day: Day, name: str, withdrawal_id: str, by: str = "finance2") -> Any:
    return day.done(f"{name}: payout", day.cast[by], f"/v1/office/withdrawals/{withdrawal_id}/payout")


def state_is(day: Day, name: str, withdrawal_id: str, *states: str) -> None:
    state = day.client.read(day.cast["auditor"], f"/v1/withdrawals/{withdrawal_id}")["state"]
    if state not in states:
        day.surprise(f"{name}: the withdrawal is {state}, not {' or '.join(states)}")


def paid_by_three(day: Day, person: Person) -> None:
    """Two people agree, a third one pays; nobody does two of these."""
    name = "paid by three"
    for what, amount_fen, code in (
        ("nothing", 0, "AMOUNT_INVALID"),
        ("less than nothing", -1, "AMOUNT_INVALID"),
        ("too little", 99, "BELOW_MIN"),
        ("unconfirmed", 100, "CONFIRMATION_REQUIRED"),
    ):
        day.refused(f"{name}: {what}", person, "/v1/withdrawals", {"amount_fen": amount_fen}, code)
    much, code = {"amount_fen": 9_000_000}, "INSUFFICIENT_AVAILABLE"
    day.refused(f"{name}: too much", person, "/v1/withdrawals", much, code, confirmed=True)
    withdrawal_id = asked(day, name, person, 2, TWO_APPROVALS_FROM_FEN)
    day.replay(name, person, {"amount_fen": 200})
    approval = f"/v1/office/withdrawals/{withdrawal_id}/approval"
    approved(day, name, withdrawal_id, "finance")
    day.refused(f"{name}: once more", day.cast["finance"], approval, {}, "FOUR_EYES", "ROLE_REQUIRED")
    payout = f"/v1/office/withdrawals/{withdrawal_id}/payout"
    day.refused(f"{name}: too early", day.cast["finance2"], payout, None, "ILLEGAL_STATE")
    approved(day, name, withdrawal_id, "risk")
    day.refused(f"{name}: by who agreed", day.cast["finance"], payout, None, "FOUR_EYES")
    paid(day, name, withdrawal_id)
    day.replay(f"{name}: payout", day.cast["finance2"])
    state_is(day, name, withdrawal_id, "PAID")


def rejected(day: Day, person: Person) -> None:
    name = "rejected"
    withdrawal_id = asked(day, name, person, 3)
    path = f"/v1/office/withdrawals/{withdrawal_id}/rejection"
    day.done(f"{name}: no", day.cast["finance"], path, {"reason": "the contract has ended"})
    state_is(day, name, withdrawal_id, "REJECTED")


def agreed(day: Day, name: str, withdrawal_id: str) -> None:
    """As many people agree as the amount asks for."""
    filed = day.client.read(day.cast["auditor"], f"/v1/withdrawals/{withdrawal_id}")
    approved(day, name, withdrawal_id, *("finance", "risk", "admin")[: filed["approvals_needed"]])


def sent_back(day: Day, person: Person) -> None:
    """The bank pays, and sends it back later: tax and fee are undone with it, but not before it has."""
    name = "sent back"
    withdrawal_id = asked(day, name, person, 2)
    agreed(day, name, withdrawal_id)
    day.scripted(name, party="payout", reference=withdrawal_id, later="RETURNED", delay_seconds=2)
    paid(day, name, withdrawal_id)
    path = f"/v1/office/withdrawals/{withdrawal_id}/return"
    tries = count()

    def returned() -> bool:
        because = {"reason": "the bank sent it back"}
        answer = day.client.write(f"{name}: return {next(tries)}", day.cast["finance2"], path, because)
        day.met(f"{name}: return", answer, "", "ILLEGAL_STATE")
        return answer.is_done

    day.until(name, returned)
    state_is(day, name, withdrawal_id, "RETURNED")


def answer_lost(day: Day, person: Person) -> None:
    """The bank pays and does not say so; asked again under the same key, it is asked, not paid again."""
    name = "answer lost"
    withdrawal_id = asked(day, name, person, 2)
    agreed(day, name, withdrawal_id)
    day.scripted(name, party="payout", reference=withdrawal_id, answer="lost")
    paid(day, name, withdrawal_id)
    intent = day.client.intents.wishes[f"{name}: payout"]
    day.client.sent(intent, day.cast["finance2"])
    state_is(day, name, withdrawal_id, "PAID", "UNKNOWN")


def failed_and_taken_back(day: Day, person: Person) -> None:
    """One payout fails for good and returns; another request is taken back by its applicant."""
    name = "failed"
    withdrawal_id = asked(day, name, person, 3)
    agreed(day, name, withdrawal_id)
    day.scripted(name, party="payout", reference=withdrawal_id, state="FAILED", reason="ACCOUNT_CLOSED")
    paid(day, name, withdrawal_id)
    path = f"/v1/office/withdrawals/{withdrawal_id}/return"
    day.done(f"{name}: return", day.cast["finance2"], path, {"reason": "the account is closed"})
    state_is(day, name, withdrawal_id, "RETURNED")
    second = asked(day, "taken back", person, 3)
    day.done("taken back: cancel", person, f"/v1/withdrawals/{second}/cancellation")
    day.refused(
        "taken back: agree",
        day.cast["finance"],
        f"/v1/office/withdrawals/{second}/approval",
        {},
        "ILLEGAL_STATE",
    )


WAYS = {
    "chuncheng": paid_by_three,
    "dianchi": sent_back,
    "cuihu": rejected,
    "xishan": answer_lost,
    "root": failed_and_taken_back,
}


def evening(day: Day) -> list[tuple[str, Story]]:
    """One story each."""
    return [(f"{name} withdraws", partial(way, day, day.cast[name])) for name, way in WAYS.items()]
