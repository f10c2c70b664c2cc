"""Request a withdrawal: may this distributor have this money, and is it there?

Whether it may is checked against the parameters in force; whether it is there is
the condition of the write that takes it out of what is available, so no second
request, however parallel, finds it again. How often somebody asked is a condition of the same write.
Whoever asks has confirmed this amount and this payee with a second factor.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

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
from chalicelib.usecases.ports import Accounts, Books, Catalog, Command, Documents
from chalicelib.usecases.ports_of_the_door import Confirmed
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.withdrawal_file import WithdrawalFile

TRIES_MAX = 8


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
        distributor_id = distributor_id_of(command.actor.person_id)
        place = self._place(distributor_id)
        limits = terms_of(self.catalog, command.now, place.distributor.region)
        limits = with_raised(limits, place.raised, command.now)
        account = self.accounts.balances(distributor_id, with_pots=False)
        check_request(amount_fen, limits, _applicant(command, place, account), command.now)
        wish = Wish(Operation.WITHDRAWAL, command.key, place.payee_version, amount_fen)
        self.confirmed.check(command, wish)
        pace = withdrawal_pace.pace_of(account.values.get(withdrawal_pace.ATTRIBUTE, ""))
        today = business_date(command.now)
        counted = withdrawal_pace.next_pace(pace, today, limits.daily_count_max, limits.monthly_count_max)
        terms = Terms(
            approvals_needed=people_needed(amount_fen, limits.approval_tiers),
            fee_bps=limits.fee_bps,
            tax_method=self._tax_method(command, place),
        )
        record = request_record(
            withdrawal_id, command.actor.person_id, amount_fen, terms, place.payee_version, command.now
        )
        record = replace(record, request_hash=command.request_hash, client=command.actor.client)
        self.books.commit(record, [_counting(distributor_id, pace, counted)])
        return record

    def _asked_before(self, command: Command, withdrawal_id: str) -> Filed | None:
        """The withdrawal that this command made, whatever has changed since. Raises: KeyReused."""
        records = self.books.records(distributor_id_of(withdrawal_id), withdrawal_id)
        if not records:
            return None
        if any(one.request_hash != command.request_hash for one in records if one.entry_id == withdrawal_id):
            raise KeyReused()
        return filed_from(records, withdrawal_id)

    def _place(self, distributor_id: str) -> Place:
        item = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
        if item is None:
            raise NotADistributor()
        place = tree_items.place_of(item)
        # Whoever was suspended or has left is still paid what was earned: open entries settle.
        assert place.distributor.state is not DistributorState.REJECTED
        return place

    def _tax_method(self, command: Command, place: Place) -> TaxMethod:
        if place.tax_method:
            return TaxMethod(place.tax_method)
        return TaxMethod(str(self.catalog.parameter("withdrawal.tax_method", command.now)))


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


def _applicant(command: Command, place: Place, account: Balances) -> Applicant:
    debt_since_ms = account.values.get("debt_since") if account.owed_fen else None
    return Applicant(
        kyc_passed=command.actor.real_name,
        payee_changed_at=place.payee_changed_at,
        debt_since=from_ms(debt_since_ms) if debt_since_ms else None,
    )
