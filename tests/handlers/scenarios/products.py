"""Scenarios of products: a call of each writing route, ready to be made."""

from tests.handlers.market import Attempt, Market

TERMS = {"title": "加油卡 200", "price_fen": 19_900, "cost_fen": 19_400}


def publish_product(market: Market) -> Attempt:
    body = TERMS | {
        "sku_id": "sku_200",
        "use": "CARD_SALE",
        "issuer": "ours",
        "mode": "ISSUER",
        "kind": "BEARER",
        "form": "VIRTUAL",
        "face_fen": 20_000,
    }
    return Attempt("/v1/office/products", body, market.staff("ops"))


def change_product(market: Market) -> Attempt:
    path = f"/v1/office/products/{market.product()}"
    return Attempt(path, TERMS | {"price_version": 1}, market.staff("ops"), method="PUT")


SCENARIOS = (publish_product, change_product)
