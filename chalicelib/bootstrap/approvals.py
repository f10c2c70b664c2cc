"""Approvals: what several people decide, and who does it when they have."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, catalog, documents
from chalicelib.bootstrap.part import part

if TYPE_CHECKING:
    from chalicelib.usecases.apply_for_place import ApplyForPlace
    from chalicelib.usecases.approvals import Approvals, Subject
    from chalicelib.usecases.ask_refund import AskRefund
    from chalicelib.usecases.change_terms import ChangeTerms
    from chalicelib.usecases.inbox import Inbox
    from chalicelib.usecases.post_by_hand import PostByHand
    from chalicelib.usecases.raise_limit import RaiseLimit
    from chalicelib.usecases.settle_by_bank import SettleByBank


@part
def approvals() -> "Approvals":
    from chalicelib.bootstrap import distribution, people, stock_and_cards
    from chalicelib.domain.approval import Kind
    from chalicelib.usecases.approvals import Approvals

    subjects: dict[Kind, Callable[[], Subject]] = {
        Kind.APPLICATION: lambda: apply_for_place(),
        Kind.BANK_REFUND: lambda: settle_by_bank(),
        Kind.FACTOR: lambda: people.lost_factor(),
        Kind.GRANT: lambda: people.grant_roles(),
        Kind.LIMIT: lambda: raise_limit(),
        Kind.PLAN: lambda: distribution.publish_plan(),
        Kind.PRODUCT: lambda: stock_and_cards.publish_product(),
        Kind.PARAMETER: lambda: distribution.set_parameter(),
        Kind.POSTING: lambda: post_by_hand(),
        Kind.REFUND: lambda: ask_refund(),
        Kind.TERMS: lambda: change_terms(),
        Kind.UNLOCK: lambda: people.unlock_staff(),
    }
    return Approvals(books(), documents(), subjects)


@part
def apply_for_place() -> "ApplyForPlace":
    from chalicelib.bootstrap.distribution import join_distribution
    from chalicelib.usecases.apply_for_place import ApplyForPlace

    return ApplyForPlace(books(), documents(), join_distribution(), approvals())


@part
def post_by_hand() -> "PostByHand":
    from chalicelib.usecases.post_by_hand import PostByHand

    return PostByHand(books(), catalog(), approvals())


@part
def ask_refund() -> "AskRefund":
    from chalicelib.bootstrap.purchases import refund_order
    from chalicelib.usecases.ask_refund import AskRefund

    return AskRefund(refund_order(), documents(), catalog(), approvals())


@part
def settle_by_bank() -> "SettleByBank":
    from chalicelib.bootstrap.purchases import settle_refund
    from chalicelib.usecases.settle_by_bank import SettleByBank

    return SettleByBank(settle_refund(), catalog(), approvals())


@part
def raise_limit() -> "RaiseLimit":
    from chalicelib.usecases.raise_limit import RaiseLimit

    return RaiseLimit(books(), documents(), catalog(), approvals())


@part
def change_terms() -> "ChangeTerms":
    from chalicelib.usecases.change_terms import ChangeTerms

    return ChangeTerms(books(), documents(), approvals())


@part
def inbox() -> "Inbox":
    from chalicelib.bootstrap.distribution import decide_withdrawal, withdrawal_file
    from chalicelib.bootstrap.views import queue_reviews
    from chalicelib.usecases.inbox import Inbox

    return Inbox(documents(), approvals(), withdrawal_file(), queue_reviews(), decide_withdrawal())
