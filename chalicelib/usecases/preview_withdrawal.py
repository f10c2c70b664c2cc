"""Preview a withdrawal: what may I have, what will arrive and when, and what is missing before I can ask?

Answered by the rules of the request itself: with nothing missing, an amount within the bounds is taken
as long as nothing changes, and leaves fee, tax and net as they are shown, if nothing else is paid
before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from chalicelib.domain import withdrawal_pace
from chalicelib.domain.account import InsufficientAvailable
from chalicelib.domain.approval import Tier
from chalicelib.domain.business_time import business_date, working_days_after
from chalicelib.domain.confirmation import SecondFactorMissing
from chalicelib.domain.errors import Refusal
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.withdrawal import FeeTooHigh, Split, amount_refusals, refusals_of
from chalicelib.domain.withdrawal_pace import TooManyWithdrawals
from chalicelib.domain.withdrawal_record import TAX_POSITION, Terms, tax_position_of, worked_split
from chalicelib.usecases.ports import Accounts, Actor, Catalog, Documents
from chalicelib.usecases.request_withdrawal import Standing, standing_of
from chalicelib.usecases.second_factors import State


class Factors(Protocol):
    """Who has a second factor."""

    def state(self, person_id: str) -> State: ...


class Worked(NamedTuple):
    """One amount: its terms, what becomes of it, and why it is refused. No split: see `missing`."""

    amount_fen: int
    terms: Terms
    split: Split | None
    refused: tuple[Refusal, ...]


class Preview(NamedTuple):
    """What a distributor may ask for at this moment. `missing`: each of them refuses any amount.

    `pending_fen`: asked for before, and not paid yet; once it is paid, the tax on what comes after is higher.
    """

    available_fen: int
    pending_fen: int
    minimum_fen: int
    maximum_fen: int
    left_today: int
    left_this_month: int
    arrives_by: date
    fee_bps: int
    tax_method: TaxMethod
    tiers: tuple[Tier, ...]
    missing: tuple[Refusal, ...]
    worked: Worked | None


@dataclass(frozen=True)
class PreviewWithdrawal:
    accounts: Accounts
    documents: Documents
    catalog: Catalog
    factors: Factors

    def __call__(self, actor: Actor, now: datetime, amount_fen: int | None = None) -> Preview:
        """Raises: NotADistributor."""
        asking = standing_of(self.documents, self.accounts, self.catalog, actor, now)
        limits, available_fen = asking.limits, asking.account.available_fen
        done = withdrawal_pace.pace_on(asking.pace, business_date(now))
        days = int(self.catalog.parameter("withdrawal.arrival_days", now, asking.place.distributor.region))
        return Preview(
            available_fen=available_fen,
            pending_fen=asking.account.held_fen,
            minimum_fen=limits.amount_fen_min,
            maximum_fen=min(limits.amount_fen_max, available_fen),
            left_today=max(0, limits.daily_count_max - done.of_day),
            left_this_month=max(0, limits.monthly_count_max - done.of_month),
            arrives_by=working_days_after(business_date(now), days),
            fee_bps=limits.fee_bps,
            tax_method=asking.tax_method,
            tiers=limits.approval_tiers,
            missing=tuple(self._missing(asking, actor, now)),
            worked=None if amount_fen is None else _worked(asking, amount_fen, now),
        )

    def _missing(self, asking: Standing, actor: Actor, now: datetime) -> Iterator[Refusal]:
        """In the order in which the request would tell it."""
        yield from refusals_of(asking.applicant, asking.limits, now)
        if not self.factors.state(actor.person_id).is_on:
            yield SecondFactorMissing()
        try:
            asking.next_pace(now)
        except TooManyWithdrawals as refusal:
            yield refusal
        if asking.account.available_fen < asking.limits.amount_fen_min:
            yield InsufficientAvailable()


def _worked(asking: Standing, amount_fen: int, now: datetime) -> Worked:
    terms, refused = asking.terms(amount_fen), tuple(amount_refusals(amount_fen, asking.limits))
    if amount_fen > asking.account.available_fen:
        refused = (*refused, InsufficientAvailable())
    before = tax_position_of(asking.account.values.get(TAX_POSITION, ""))
    try:
        split, _ = worked_split(amount_fen, terms, before, business_date(now))
    except FeeTooHigh:
        return Worked(amount_fen, terms, None, refused)
    return Worked(amount_fen, terms, split, refused)
