"""Request a withdrawal: may this distributor have this money, and is it there?

Whether it may is checked against the parameters in force; whether it is there is
the condition of the write that takes it out of what is available, so no second
request, however parallel, finds it again. How often somebody asked is a condition of the same write.
Whoever asks has confirmed this amount and this payee with a second factor.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.domain import tree_items, withdrawal_pace
from chalicelib.domain.account import Balances
from chalicelib.domain.approval import people_needed, tiers_of
from chalicelib.domain.business_time import business_date, from_ms
from chalicelib.domain.change import AccountChange, Replayed, Stale
from chalicelib.domain.confirmation import Operation, Wish
from chalicelib.domain.distributor import DistributorState
from chalicelib.domain.errors import KeyReused, Refusal, Unavailable
from chalicelib.domain.ids import distributor_id_of, owned_id
from chalicelib.domain.record import Record
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.tree_items import Place
from chalicelib.domain.withdrawal import AmountInvalid, Applicant, WithdrawalTerms, check_request, with_raised
from chalicelib.domain.withdrawal_pace import Pace
from chalicelib.domain.withdrawal_record import Filed, Terms, filed_from, request_record
from chalicelib.usecases.audit import check_same
from chalicelib.usecases.ports import Accounts, Actor, Books, Catalog, Command, Documents
from chalicelib.usecases.ports_of_the_door import Confirmed
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.withdrawal_file import WithdrawalFile

TRIES_MAX = 8


class Standing(NamedTuple):
    """Where whoever asks stands: the limits that hold for them, and their account as it was read."""

    place: Place
    limits: WithdrawalTerms
    account: Balances
    applicant: Applicant
    tax_method: TaxMethod

    @property
    def pace(self) -> Pace:
        return withdrawal_pace.pace_of(self.account.values.get(withdrawal_pace.ATTRIBUTE, ""))

    def next_pace(self, now: datetime) -> Pace:
        """Raises: TooManyWithdrawals."""
        counts = self.limits.daily_count_max, self.limits.monthly_count_max
        return withdrawal_pace.next_pace(self.pace, business_date(now), *counts)

    def terms(self, amount_fen: int) -> Terms:
        """What a request for the amount is made under."""
        needed = people_needed(amount_fen, self.limits.approval_tiers)
        return Terms(approvals_needed=needed, fee_bps=self.limits.fee_bps, tax_method=self.tax_method)


@dataclass(frozen=True)
class RequestWithdrawal:
    books: Books
    accounts: Accounts
    documents: Documents
    catalog: Catalog
    file: WithdrawalFile
    confirmed: Confirmed

    def __call__(self, command: Command, amount_fen: int) -> Filed:
        """The withdrawal, in review; its id is made of the command's key.

        Raises: NotADistributor, AmountInvalid, BelowMin, AboveMax, KycRequired, PayeeMissing,
        PayeeCoolDown, DebtOverdue, FeeTooHigh, ConfirmationRequired, ConfirmationInvalid,
        ConfirmationExpired, ConfirmationDiffers, TooManyWithdrawals, InsufficientAvailable, KeyReused,
        Unavailable.
        """
        amount_fen = checked_amount(amount_fen)
        withdrawal_id = owned_id("wdr", command.actor.person_id, command.key)
        if first := self._asked_before(command, withdrawal_id):
            return first
        for _ in range(TRIES_MAX):
            try:
                record = self._write(command, withdrawal_id, amount_fen)
            except Replayed as replayed:
                check_same(replayed, command)
                return self.file.read(withdrawal_id)
            except Stale:
                continue  # another request was counted meanwhile
            except Refusal:
                # Its twin was faster, and has the money: the first answer stands.
                if first := self._asked_before(command, withdrawal_id):
                    return first
                raise
            return filed_from([record], withdrawal_id)
        raise Unavailable()

    def _write(self, command: Command, withdrawal_id: str, amount_fen: int) -> Record:
        """The request, counted in the write that takes its money."""
        person_id, now = command.actor.person_id, command.now
        asking = standing_of(self.documents, self.accounts, self.catalog, command.actor, now)
        check_request(amount_fen, asking.limits, asking.applicant, now)
        payee_version = asking.place.payee_version
        self.confirmed.check(command, Wish(Operation.WITHDRAWAL, command.key, payee_version, amount_fen))
        counted = asking.next_pace(now)
        terms = asking.terms(amount_fen)
        record = request_record(withdrawal_id, person_id, amount_fen, terms, payee_version, now)
        record = replace(record, request_hash=command.request_hash, client=command.actor.client)
        self.books.commit(record, [_counting(distributor_id_of(person_id), asking.pace, counted)])
        return record

    def _asked_before(self, command: Command, withdrawal_id: str) -> Filed | None:
        """The withdrawal that this command made, whatever has changed since. Raises: KeyReused."""
        records = self.books.records(distributor_id_of(withdrawal_id), withdrawal_id)
        if not records:
            return None
        if any(one.request_hash != command.request_hash for one in records if one.entry_id == withdrawal_id):
            raise KeyReused()
        return filed_from(records, withdrawal_id)


def _counting(distributor_id: str, before: Pace, after: Pace) -> AccountChange:
    """The account, on condition that nobody asked since it was read."""
    name = withdrawal_pace.ATTRIBUTE
    expected = withdrawal_pace.text_of(before) if before.day else None
    return AccountChange(
        distributor_id, set_values={name: withdrawal_pace.text_of(after)}, expected={name: expected}
    )


def checked_amount(amount_fen: int) -> int:
    """The amount, if anybody could be paid so much. Raises: AmountInvalid."""
    if amount_fen <= 0:
        raise AmountInvalid(amount_fen=amount_fen)
    return amount_fen


def terms_of(catalog: Catalog, moment: Any, region: str = "") -> WithdrawalTerms:
    """The parameters in force at a moment in a region."""

    def number(name: str) -> int:
        return int(catalog.parameter(f"withdrawal.{name}", moment, region))

    tiers = catalog.parameter("withdrawal.approval_tiers", moment, region)
    return WithdrawalTerms(
        amount_fen_min=number("amount_fen_min"),
        amount_fen_max=number("amount_fen_max"),
        fee_bps=number("fee_bps"),
        payee_cool_down=timedelta(hours=number("payee_cool_down_hours")),
        debt_age_max=timedelta(days=number("debt_days_max")),
        daily_count_max=number("daily_count_max"),
        monthly_count_max=number("monthly_count_max"),
        approval_tiers=tiers_of(tiers),
    )


def standing_of(
    documents: Documents, accounts: Accounts, catalog: Catalog, actor: Actor, now: datetime
) -> Standing:
    """Where this person stands: two reads, and the parameters in force. Raises: NotADistributor."""
    distributor_id = distributor_id_of(actor.person_id)
    item = documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
    if item is None:
        raise NotADistributor()
    place = tree_items.place_of(item)
    # Whoever was suspended or has left is still paid what was earned: open entries settle.
    assert place.distributor.state is not DistributorState.REJECTED
    limits = with_raised(terms_of(catalog, now, place.distributor.region), place.raised, now)
    account = accounts.balances(distributor_id, with_pots=False)
    tax_method = TaxMethod(place.tax_method or str(catalog.parameter("withdrawal.tax_method", now)))
    debt_since_ms = account.values.get("debt_since") if account.owed_fen else None
    applicant = Applicant(
        kyc_passed=actor.real_name,
        payee_changed_at=place.payee_changed_at,
        debt_since=from_ms(debt_since_ms) if debt_since_ms else None,
    )
    return Standing(place, limits, account, applicant, tax_method)
