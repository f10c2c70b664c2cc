"""Suspicion: the fraud checks, and what they hold."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import accounts, books, cards, catalog, documents, orders
from chalicelib.bootstrap.distribution import pay_commission
from chalicelib.bootstrap.part import part

if TYPE_CHECKING:
    from chalicelib.usecases.check_order import CheckOrder
    from chalicelib.usecases.clear_alert import ClearAlert
    from chalicelib.usecases.hold_commission import HoldCommission
    from chalicelib.usecases.hold_order import HoldOrder


@part
def hold_commission() -> "HoldCommission":
    from chalicelib.usecases.hold_commission import HoldCommission

    return HoldCommission(books(), accounts(), pay_commission())


@part
def hold_order() -> "HoldOrder":
    from chalicelib.usecases.hold_order import HoldOrder

    return HoldOrder(books(), orders(), cards(), documents(), hold_commission())


@part
def check_order() -> "CheckOrder":
    from chalicelib.usecases.check_order import CheckOrder

    # What holds is built for the first order that is held.
    return CheckOrder(orders(), documents(), catalog(), lambda *what: hold_order()(*what))


@part
def clear_alert() -> "ClearAlert":
    from chalicelib.usecases.clear_alert import ClearAlert

    return ClearAlert(books(), orders(), cards(), documents(), hold_commission())
