"""Make a virtual card: a number nobody has, sealed, under its blind index."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.card import Card, CardState
from chalicelib.domain.card_number import card_number
from chalicelib.domain.catalog import Form, Product
from chalicelib.domain.order import Order
from chalicelib.usecases.ports import Keys


@dataclass(frozen=True)
class MakeCard:
    """`random_digits(n)` gives n decimal digits from a source nobody can guess."""

    keys: Keys
    random_digits: Callable[[int], str]

    def __call__(self, product: Product, order: Order) -> Card:
        """A new card for the buyer, usable at once; its balance comes from the posting."""
        number, card_id = self._drawn()
        return Card(
            card_id=card_id,
            sku_id=product.sku_id,
            issuer=product.issuer,
            mode=product.mode,
            kind=product.kind,
            form=product.form,
            state=CardState.ACTIVE,
            cap_fen=product.balance_cap_fen,
            last4=number[-4:],
            sealed=self.keys.seal(number, card_id),
            holder_id=order.customer_id,
            order_id=order.order_id,
        )

    def like(self, old: Card) -> Card:
        """A new card of the same holder, product and order in the place of an old one."""
        number, card_id = self._drawn()
        return Card(
            card_id=card_id,
            sku_id=old.sku_id,
            issuer=old.issuer,
            mode=old.mode,
            kind=old.kind,
            form=Form.VIRTUAL,
            state=CardState.ACTIVE,
            cap_fen=old.cap_fen,
            last4=number[-4:],
            sealed=self.keys.seal(number, card_id),
            holder_id=old.holder_id,
            order_id=old.order_id,
        )

    def _drawn(self) -> tuple[str, str]:
        number = card_number(self.random_digits(15))
        return number, f"crd_{self.keys.blind_index(number)}"
