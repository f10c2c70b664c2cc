"""Manual postings: which few things may the office book by hand, and between which accounts?

    SUPPLIER_PREPAY      Dr A:SUPPLIER_PREPAY:<issuer>  Cr A:BANK_OPER          an oil company is paid ahead
    CHANNEL_FEE_RAISED   Dr E:CHANNEL_FEE               Cr A:CHANNEL:<channel>  it kept more than it said
    CHANNEL_FEE_LOWERED  Dr A:CHANNEL:<channel>         Cr E:CHANNEL_FEE        it gives back a fee
    TAX_REMITTED         Dr L:TAX_IIT                   Cr A:BANK_OPER          withheld tax is paid

Nothing else, and none of them touches what a customer or a distributor owns. Two people agree to
each, however small: no machine has a reason for it beside the one that a person gave.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.domain.approval import Tier, people_needed
from chalicelib.domain.errors import Unprocessable
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Line, Plain

APPROVALS_MIN = 2


class PostingInvalid(Unprocessable):
    code = "POSTING_INVALID"
    advice = "Name the channel or the oil company where the template has one, and nobody where it has none."


class Legs(NamedTuple):
    """The account on each side; `{owner}` is the channel or the oil company."""

    debit: str
    credit: str

    @property
    def is_owned(self) -> bool:
        return "{owner}" in self.debit + self.credit


MANUAL: dict[str, Legs] = {
    "SUPPLIER_PREPAY": Legs("A:SUPPLIER_PREPAY:{owner}", "A:BANK_OPER"),
    "CHANNEL_FEE_RAISED": Legs("E:CHANNEL_FEE", "A:CHANNEL:{owner}"),
    "CHANNEL_FEE_LOWERED": Legs("A:CHANNEL:{owner}", "E:CHANNEL_FEE"),
    "TAX_REMITTED": Legs("L:TAX_IIT", "A:BANK_OPER"),
}


class Posting(NamedTuple):
    """What is to be booked. `owner`: the channel or the oil company, or nobody."""

    template: str
    amount_fen: int
    owner: str = ""


def checked(posting: Posting) -> Posting:
    """Raises: PostingInvalid when it is none of the table's, or its owner is missing or too much."""
    legs = MANUAL.get(posting.template)
    if legs is None or posting.amount_fen <= 0 or legs.is_owned != bool(posting.owner):
        raise PostingInvalid(template=posting.template[:64], owner=posting.owner[:64])
    return posting


def lines_of(posting: Posting) -> tuple[Line, ...]:
    legs = MANUAL[posting.template]
    names = {"owner": posting.owner}
    return checked_lines(
        posting.template,
        [
            debit(legs.debit.format(**names), posting.amount_fen),
            credit(legs.credit.format(**names), posting.amount_fen),
        ],
    )


def approvals_of(posting: Posting, tiers: tuple[Tier, ...]) -> int:
    """How many people agree: two at least."""
    return max(APPROVALS_MIN, people_needed(posting.amount_fen, tiers))


def about(posting: Posting) -> dict[str, Plain]:
    """What a request says of it."""
    plain: dict[str, Plain] = {"template": posting.template, "amount_fen": posting.amount_fen}
    return plain | ({"owner": posting.owner} if posting.owner else {})


def from_about(told: Mapping[str, Any]) -> Posting:
    return Posting(told["template"], told["amount_fen"], told.get("owner", ""))
