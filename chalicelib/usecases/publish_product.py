"""Publish a product, or a new price of one: what a card is never changes, what it costs does."""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import catalog_items
from chalicelib.domain.catalog import CARD_BALANCE_CAP_FEN, Product, ProductUnknown
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.errors import Conflict, Unprocessable
from chalicelib.usecases.audit import audit_record, check_same
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

    def __call__(self, command: Command, product: Product) -> Product:
        """The new product, on sale. Raises: ProductInvalid, ProductExists, KeyReused, Unavailable."""
        check(product)
        product = replace(product, price_version=1)
        return self._commit(command, "product.publish", product, None, ProductExists(sku_id=product.sku_id))

    def change(self, command: Command, product: Product, price_version: int) -> Product:
        """The product with its new price, regions or title, or off sale; orders keep the price they have.

        `price_version`: the one that was read.
        Raises: ProductInvalid, PriceMoved, KeyReused, Unavailable.
        """
        check(product)
        product = replace(product, price_version=price_version + 1)
        return self._commit(
            command, "product.change", product, price_version, PriceMoved(sku_id=product.sku_id)
        )

    def product(self, sku_id: str) -> Product:
        """The product as it is stored now. Raises: ProductUnknown."""
        item: dict[str, Any] | None = self.documents.get(
            catalog_items.TABLE, catalog_items.PRODUCTS, sku_id, consistent=True
        )
        if item is None:
            raise ProductUnknown(sku_id=sku_id)
        return catalog_items.product_of(item)

    def _commit(
        self, command: Command, action: str, product: Product, version_before: int | None, conflict: Conflict
    ) -> Product:
        record = audit_record(
            command,
            action,
            sku=product.sku_id,
            price_version=product.price_version,
            price_fen=product.price_fen,
            price_bps=product.price_bps,
        )
        try:
            self.books.commit(record, catalog_items.product_changes(product, version_before))
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            raise conflict from None
        return product


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
