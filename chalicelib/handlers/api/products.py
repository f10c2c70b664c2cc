"""Products: what is on sale and at which price; the office publishes products and prices."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.catalog import (
    CardKind,
    Form,
    Mode,
    Product,
    ProductNotOffered,
    ProductUnknown,
    Quote,
    quote,
)
from chalicelib.domain.money import AMOUNT_FEN_MAX
from chalicelib.handlers.fields import (
    AmountFen,
    Body,
    Listing,
    Name,
    Page,
    PageQuery,
    Path,
    Query,
    Region,
    SkuId,
    Text,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.requests import RequestView, view_of
from chalicelib.usecases.inbox import letter_of
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.publish_product import (
    PriceMoved,
    ProductExists,
    ProductInvalid,
)

routes = Routes(__name__)

PriceBps = Annotated[int, Field(strict=True, ge=1, le=20_000, description="of a free amount, in 1/10 000")]


class ProductPath(Path):
    sku_id: SkuId


class ProductView(View):
    """A product for its buyers. `face_fen` 0: the buyer chooses the amount, and pays `price_bps` of it."""

    sku_id: str
    title: str
    use: str
    issuer: str
    mode: str
    kind: str
    form: str
    face_fen: int
    price_fen: int
    price_bps: int
    category: str
    regions: list[str]
    price_version: int
    balance_cap_fen: int = Field(description="the most that may stand on a card of this kind")


class OfficeProductView(ProductView):
    """The product with what it costs us."""

    cost_fen: int
    cost_bps: int
    active: bool


class QuoteQuery(Query):
    quantity: Annotated[int, Field(ge=1, le=20)] = 1
    amount_fen: Annotated[int, Field(ge=0, le=AMOUNT_FEN_MAX, description="of a free top-up")] = 0
    region: Region = Field(default="", validate_default=False)


class QuoteView(View):
    """The price of a whole order; send `payable_fen` as `expected_fen` of the order."""

    face_fen: int
    payable_fen: int
    price_version: int


class Terms(Body):
    """What may change about a product."""

    title: Text
    price_fen: AmountFen | None = Field(default=None, description="absent: `price_bps` of the amount chosen")
    cost_fen: AmountFen | None = Field(default=None, description="absent: nothing, or `cost_bps`")
    price_bps: PriceBps = 10_000
    cost_bps: PriceBps = 10_000
    category: Name | None = None
    regions: tuple[Region, ...] = Field(default=(), max_length=100)
    active: bool = True


class PublishProductBody(Terms):
    """A new product."""

    sku_id: SkuId
    use: Literal["CARD_SALE", "TOPUP"]
    issuer: Name
    mode: Literal["AGENT", "ISSUER"]
    kind: Literal["NAMED", "BEARER"]
    form: Literal["VIRTUAL", "PHYSICAL"]
    face_fen: AmountFen | None = Field(default=None, description="absent: the buyer chooses the amount")


class ChangeProductBody(Terms):
    """New terms; `price_version` is the one that was read."""

    price_version: Annotated[int, Field(strict=True, ge=1)]


@routes.get(
    "/v1/products", public=True, query=PageQuery, answers=Page[ProductView], summary="What is on sale"
)
def products(query: PageQuery) -> Listing:
    on_sale = sorted(
        (product for product in bootstrap.catalog().products() if product.active), key=lambda p: p.sku_id
    )
    return _page(on_sale, query)


@routes.get(
    "/v1/products/{sku_id}",
    public=True,
    path=ProductPath,
    answers=ProductView,
    refusals=(ProductUnknown,),
    summary="One product",
)
def one_product(path: ProductPath) -> Product:
    return bootstrap.catalog().product(path.sku_id)


@routes.get(
    "/v1/products/{sku_id}/quote",
    public=True,
    path=ProductPath,
    query=QuoteQuery,
    answers=QuoteView,
    refusals=(ProductUnknown, ProductNotOffered),
    summary="What an order would cost",
)
def product_quote(path: ProductPath, query: QuoteQuery) -> Quote:
    product = bootstrap.catalog().product(path.sku_id)
    return quote(product, query.quantity, query.amount_fen, query.region)


@routes.get(
    "/v1/office/products",
    roles=("ops", "finance", "admin", "auditor"),
    query=PageQuery,
    answers=Page[OfficeProductView],
    summary="All products, with what they cost",
)
def office_products(actor: Actor, query: PageQuery) -> Listing:
    return _page(sorted(bootstrap.catalog().products(), key=lambda product: product.sku_id), query)


@routes.post(
    "/v1/office/products",
    roles=("ops",),
    body=PublishProductBody,
    answers=RequestView,
    status=201,
    records=("product.ask",),
    refusals=(ProductInvalid, ProductExists),
    summary="Ask for a new product; another person lets it be sold",
)
def publish_product(command: Command, body: PublishProductBody) -> RequestView:
    product = Product(
        sku_id=body.sku_id,
        title=body.title,
        use=body.use,
        issuer=body.issuer,
        mode=Mode(body.mode),
        kind=CardKind(body.kind),
        form=Form(body.form),
        face_fen=body.face_fen or 0,
        price_fen=0,
        cost_fen=0,
    )
    asked = bootstrap.publish_product().ask(command, with_terms(product, body))
    return view_of(letter_of(asked, command.now))


@routes.put(
    "/v1/office/products/{sku_id}",
    roles=("ops",),
    path=ProductPath,
    body=ChangeProductBody,
    answers=RequestView,
    records=("product.ask",),
    refusals=(ProductUnknown, ProductInvalid, PriceMoved),
    summary="Ask for a new price, or that a product goes off sale; another person agrees",
)
def change_product(command: Command, path: ProductPath, body: ChangeProductBody) -> RequestView:
    publish = bootstrap.publish_product()
    product = with_terms(publish.product(path.sku_id), body)
    return view_of(letter_of(publish.ask(command, product, body.price_version), command.now))


def with_terms(product: Product, terms: Terms) -> Product:
    """The product under these terms."""
    return replace(
        product,
        title=terms.title,
        price_fen=terms.price_fen or 0,
        cost_fen=terms.cost_fen or 0,
        price_bps=terms.price_bps,
        cost_bps=terms.cost_bps,
        category=terms.category or "",
        regions=terms.regions,
        active=terms.active,
    )


def _page(found: list[Product], query: PageQuery) -> Listing:
    """The products behind the cursor, which is the id of the last one shown."""
    rest = [product for product in found if product.sku_id > query.cursor]
    shown = rest[: query.limit]
    return Listing(shown, shown[-1].sku_id if len(rest) > len(shown) else None)
