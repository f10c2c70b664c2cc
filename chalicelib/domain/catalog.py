"""The catalogue: what is sold, at which price, and by which rules of the law?

mode   AGENT   an oil company's own card: its liability, our margin
       ISSUER  our card: our liability, the balance is on our books
kind   NAMED   real-name, balance up to 5 000 yuan
       BEARER  balance up to 1 000 yuan
form   VIRTUAL made at the sale
       PHYSICAL taken from stock, with a secret under the scratch field
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.errors import Forbidden, NotFound, Unprocessable

# 单用途商业预付卡管理办法 art. 18: the most that may ever stand on one card, in fen.
CARD_BALANCE_CAP_FEN = {"NAMED": 500_000, "BEARER": 100_000}


class Mode(StrEnum):
    AGENT = "AGENT"
    ISSUER = "ISSUER"


class CardKind(StrEnum):
    NAMED = "NAMED"
    BEARER = "BEARER"


class Form(StrEnum):
    VIRTUAL = "VIRTUAL"
    PHYSICAL = "PHYSICAL"


class ProductUnknown(NotFound):
    code = "PRODUCT_UNKNOWN"
    advice = "Read /v1/products again; the product may have been withdrawn."


class ProductNotOffered(Unprocessable):
    code = "PRODUCT_NOT_OFFERED"
    advice = "Choose a product that is on sale for this use and region."


class PriceChanged(Unprocessable):
    code = "PRICE_CHANGED"
    advice = "Show the new price, then order again with a new key."


class RealNameRequired(Forbidden):
    """单用途商业预付卡管理办法 art. 15: buyers of named cards, and of many bearer cards, are identified."""

    code = "REAL_NAME_REQUIRED"
    advice = "Confirm your name and identity number first."


@dataclass(frozen=True, slots=True)
class Product:
    """A card, or a top-up of cards of one issuer.

    Per unit: `face_fen` is credited to the card, `price_fen` is paid, `cost_fen`
    is what it costs us (AGENT: what the supplier is paid); price less cost is the
    margin. A top-up product may leave `face_fen` 0: then the buyer chooses the
    amount, and price and cost are `price_bps` and `cost_bps` of it.
    """

    sku_id: str
    title: str
    use: str  # CARD_SALE | TOPUP
    issuer: str
    mode: Mode
    kind: CardKind
    form: Form
    face_fen: int
    price_fen: int
    cost_fen: int
    category: str = ""
    regions: tuple[str, ...] = ()  # codes of the 行政区划: 53 province, 5301 city, 530102 district
    price_bps: int = 10_000
    cost_bps: int = 10_000
    price_version: int = 1
    active: bool = True

    @property
    def balance_cap_fen(self) -> int:
        return CARD_BALANCE_CAP_FEN[self.kind]

    @property
    def is_stocked(self) -> bool:
        """Whether a sale takes a card from stock rather than making one."""
        return self.use == "CARD_SALE" and self.form is Form.PHYSICAL


class Quote(NamedTuple):
    """What a buyer would pay: amounts in fen for the whole order."""

    face_fen: int
    payable_fen: int
    cost_fen: int
    price_version: int

    @property
    def margin_fen(self) -> int:
        return self.payable_fen - self.cost_fen


def quote(product: Product, quantity: int, amount_fen: int, region: str) -> Quote:
    """The price of `quantity` units, or of a top-up by `amount_fen`.

    Raises: ProductNotOffered when it is not on sale, not in this region, the amount
    is fixed (or free) and the request says otherwise, or a free amount comes in units.
    """
    in_region = not product.regions or any(region.startswith(code) for code in product.regions)
    free_amount = product.face_fen == 0
    in_units = free_amount and quantity != 1  # what is paid or earned a unit would be multiplied
    if not product.active or not in_region or free_amount != (amount_fen > 0) or in_units:
        raise ProductNotOffered(sku_id=product.sku_id, region=region)
    if free_amount:
        payable_fen = -(
            -amount_fen * product.price_bps // 10_000
        )  # rounded up: a discount never exceeds its rate
        cost_fen = -(-amount_fen * product.cost_bps // 10_000)
        return Quote(amount_fen, payable_fen, cost_fen, product.price_version)
    return Quote(
        product.face_fen * quantity,
        product.price_fen * quantity,
        product.cost_fen * quantity,
        product.price_version,
    )
