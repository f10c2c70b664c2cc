"""Publish a product, or a new price of one: one person asks, another lets it be sold like this.

What a card is never changes, what it costs does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import catalog_items
from chalicelib.domain.approval import Kind, Request, asked
from chalicelib.domain.catalog import CARD_BALANCE_CAP_FEN, Product, ProductUnknown
from chalicelib.domain.change import Change
from chalicelib.domain.errors import Conflict, Unprocessable
from chalicelib.domain.record import Plain, Record
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Books, Command, Documents


class ProductExists(Conflict):
    code = "PRODUCT_EXISTS"
    advice = "Give the new product another id, or set a new price for this one."


class ProductInvalid(Unprocessable):
    code = "PRODUCT_INVALID"
    advice = "Correct the field that `field` names."


class PriceMoved(Conflict):
    """Somebody else set a price meanwhile."""

    code = "PRICE_MOVED"
    advice = "Read the product again and decide again."


@dataclass(frozen=True, slots=True)
class PublishProduct:
    books: Books
    documents: Documents
    approvals: Approvals

    def ask(self, command: Command, product: Product, price_version: int = 0) -> Request:
        """The request, waiting for a second person; orders keep the price they have.

        `price_version`: the one that was read; 0 for a new product.
        Raises: ProductInvalid, ProductExists, PriceMoved, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        if known := self.approvals.asked_before(command, Kind.PRODUCT):
            return known
        product = replace(product, price_version=price_version + 1)
        self._check_next(product)
        about: Any = {"sku": product.sku_id, "document": catalog_items.product_document(product)}
        request = asked(Kind.PRODUCT, command.key, about, command.actor.person_id, command.now)
        return self.approvals.ask(command, request, audit_record(command, "product.ask", **_told(product)))

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """It is on sale like this from now on. Raises: ProductInvalid, ProductExists, PriceMoved, Stale."""
        product = catalog_items.product_from(request.about["document"])
        self._check_next(product)
        before = product.price_version - 1
        action = "product.change" if before else "product.publish"
        record = audit_record(command, action, **_told(product), **approved_marks(request))
        self.books.commit(record, [*catalog_items.product_changes(product, before or None), *closing])

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()

    def product(self, sku_id: str) -> Product:
        """The product as it is stored now. Raises: ProductUnknown."""
        item = self._item(sku_id)
        if item is None:
            raise ProductUnknown(sku_id=sku_id)
        return catalog_items.product_of(item)

    def _check_next(self, product: Product) -> None:
        """It follows what is stored. Raises: ProductInvalid, ProductExists, PriceMoved."""
        check(product)
        item = self._item(product.sku_id)
        if product.price_version == (item["price_version"] if item else 0) + 1:
            return
        conflict = PriceMoved if product.price_version > 1 else ProductExists
        raise conflict(sku_id=product.sku_id)

    def _item(self, sku_id: str) -> dict[str, Any] | None:
        return self.documents.get(catalog_items.TABLE, catalog_items.PRODUCTS, sku_id, consistent=True)


def _told(product: Product) -> dict[str, Plain]:
    """What the records tell of it."""
    return {
        "sku": product.sku_id,
        "price_version": product.price_version,
        "price_fen": product.price_fen,
        "price_bps": product.price_bps,
    }


def check(product: Product) -> None:
    """Raises: ProductInvalid, naming the field."""
    if product.use == "CARD_SALE" and product.face_fen == 0:
        raise ProductInvalid(field="face_fen", why="a card has a face value")
    if product.face_fen > CARD_BALANCE_CAP_FEN[product.kind]:  # 单用途商业预付卡管理办法 art. 18
        raise ProductInvalid(field="face_fen", why="above the legal cap of the kind")
    if (product.face_fen == 0) != (product.price_fen == 0):
        raise ProductInvalid(
            field="price_fen", why="a fixed face has a fixed price, a free amount has a rate"
        )
    if product.face_fen == 0 and product.cost_fen:
        raise ProductInvalid(field="cost_fen", why="a free amount has a rate")
