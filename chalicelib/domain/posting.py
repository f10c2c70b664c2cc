"""Postings of a purchase: which accounts does a sale, a top-up or a refund move?

paid by channel      Dr A:CHANNEL                      paid_fen
paid from a card     Dr L:PREPAID:<payer card>         paid_fen
goods ISSUER         Cr L:PREPAID:<card>               face of each card
  sold below face    Dr E:PROMO                        the discount
  sold above face    Cr I:FEE                          the fee
goods AGENT          Cr A:SUPPLIER_PREPAY:<issuer>     cost
                     Cr I:MARGIN (or Dr E:PROMO)       price less cost
refund               the goods' side turned round, the money owed to the payer in L:REFUND_PAYABLE
"""

from chalicelib.domain.catalog import Mode
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.money import split_largest_remainder
from chalicelib.domain.order import Order
from chalicelib.domain.record import Line

REFUND_PAYABLE = "L:REFUND_PAYABLE"
PROMO = "E:PROMO"
FEE = "I:FEE"
MARGIN = "I:MARGIN"


def prepaid(card_id: str) -> str:
    return f"L:PREPAID:{card_id}"


def channel_account(channel: str) -> str:
    return f"A:CHANNEL:{channel}"


def supplier_prepay(issuer: str) -> str:
    return f"A:SUPPLIER_PREPAY:{issuer}"


def purchase_action(order: Order) -> str:
    """The template of the order's payment."""
    if order.payer_card_id:
        return "SALE_FROM_CARD"
    use = "SALE" if order.use == "CARD_SALE" else "TOPUP"
    return f"{use}_{order.mode}"


def purchase_lines(order: Order) -> tuple[Line, ...]:
    """The posting of an order that is paid now."""
    payer = prepaid(order.payer_card_id) if order.payer_card_id else channel_account(order.channel)
    lines = [debit(payer, order.payable_fen)]
    if order.mode == Mode.ISSUER:
        faces_fen = split_largest_remainder(order.face_fen, tuple(1 for _ in order.card_ids))
        lines += [credit(prepaid(card), face) for card, face in zip(order.card_ids, faces_fen, strict=True)]
        lines += _difference(order.payable_fen - order.face_fen, FEE)
    else:
        lines += [credit(supplier_prepay(order.issuer), order.cost_fen)]
        lines += _difference(order.margin_fen, MARGIN)
    return checked_lines(purchase_action(order), lines)


def _difference(gain_fen: int, income_account: str) -> list[Line]:
    """What we gain over the goods is income, what we lose is promotion."""
    if gain_fen >= 0:
        return [credit(income_account, gain_fen)]
    return [debit(PROMO, -gain_fen)]


def payment_to_return_lines(channel: str, amount_fen: int) -> tuple[Line, ...]:
    """Money that came for something we cannot deliver: owed back at once."""
    lines = [debit(channel_account(channel), amount_fen), credit(REFUND_PAYABLE, amount_fen)]
    return checked_lines("PAYMENT_TO_RETURN", lines)


def paid_out_lines(channel: str, amount_fen: int) -> tuple[Line, ...]:
    """The channel has given the money back to the payer."""
    lines = [debit(REFUND_PAYABLE, amount_fen), credit(channel_account(channel), amount_fen)]
    return checked_lines("REFUND_PAID_OUT", lines)


def settled_by_bank_lines(order: Order, amount_fen: int) -> tuple[Line, ...]:
    """A person has sent it from the account in which the money for such goods lies (settlement.py)."""
    bank = "A:BANK_CUSTODY" if order.mode == Mode.ISSUER else "A:BANK_OPER"
    lines = [debit(REFUND_PAYABLE, amount_fen), credit(bank, amount_fen)]
    return checked_lines("REFUND_SETTLED", lines)


def settled_on_card_lines(card_id: str, amount_fen: int) -> tuple[Line, ...]:
    """The paying card, or the one that took its place, has room for it by now."""
    lines = [debit(REFUND_PAYABLE, amount_fen), credit(prepaid(card_id), amount_fen)]
    return checked_lines("REFUND_SETTLED", lines)


def refund_action(order: Order) -> str:
    """The template of a refund of this order."""
    if order.payer_card_id:
        return "REFUND_TO_CARD"
    return "REFUND" if order.mode == Mode.ISSUER else "REFUND_AGENT"


def card_refund_lines(
    order: Order,
    withdrawn_by_card: dict[str, int],
    refund_fen: int,
    payer_card_id: str = "",
    payer_gets_fen: int = 0,
) -> tuple[Line, ...]:
    """A refund of ISSUER goods: what leaves the cards goes to the payer, the rest was our discount.

    Paid from a card, `payer_gets_fen` of the refund go back onto it, or onto the card that
    took its place, and what its legal cap does not let in is owed to the payer; paid by
    channel, all is owed.
    """
    withdrawn_fen = sum(withdrawn_by_card.values())
    lines = [debit(prepaid(card), fen) for card, fen in withdrawn_by_card.items()]
    lines += [
        debit(FEE, max(0, refund_fen - withdrawn_fen)),
        credit(PROMO, max(0, withdrawn_fen - refund_fen)),
    ]
    lines += [credit(REFUND_PAYABLE, refund_fen - payer_gets_fen)]
    if payer_gets_fen:
        lines += [credit(prepaid(payer_card_id), payer_gets_fen)]
    return checked_lines(refund_action(order), lines)


def agent_refund_lines(order: Order, refund_fen: int) -> tuple[Line, ...]:
    """A refund of AGENT goods: the supplier's prepay comes back, and our margin goes."""
    cost_fen = order.cost_fen * refund_fen // order.payable_fen
    lines = [debit(supplier_prepay(order.issuer), cost_fen), credit(REFUND_PAYABLE, refund_fen)]
    lost_fen = refund_fen - cost_fen
    lines += [debit(MARGIN, lost_fen)] if lost_fen >= 0 else [credit(PROMO, -lost_fen)]
    return checked_lines("REFUND_AGENT", lines)
