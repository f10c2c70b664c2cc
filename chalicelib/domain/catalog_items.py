"""Catalogue items: under which key stands each product, plan and parameter, and how do caches see a change?

    pk catalog      sk version                          version: every change adds one
    pk products     sk <sku id>                         the product now on sale
    pk plans        sk <plan id>                        an approved plan: never changed again
    pk drafts       sk <plan id>                        a plan that waits: its request (approval.py)
    pk simulations  sk <plan id>                        the last report of a draft (simulate_plan.py)
    pk parameters   sk <name>#<region>#<effective ms>   one value of a parameter

Caches look at the version at least every `CACHE_SECONDS`; what should hold
everywhere at one moment takes effect no earlier than that.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.domain import plan as plans
from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.catalog import Product
from chalicelib.domain.change import Change, DocumentChange, DocumentGone, NewDocument
from chalicelib.domain.document import from_document, to_document
from chalicelib.domain.parameters import Setting
from chalicelib.domain.plan import Plan
from chalicelib.domain.record import canonical

TABLE = "catalog"
CACHE_SECONDS = 5
EVERYWHERE_AFTER = timedelta(seconds=CACHE_SECONDS)
VERSION_KEY = ("catalog", "version")
PRODUCTS, PLANS, DRAFTS, PARAMETERS = "products", "plans", "drafts", "parameters"
SIMULATIONS = "simulations"


def announced() -> DocumentChange:
    """The change that tells every cache to read the catalogue again."""
    return DocumentChange(TABLE, *VERSION_KEY, set_values={}, expected={}, add={"version": 1})


def first_contents(
    products: Iterable[Product], plans: Iterable[Plan], settings: Iterable[Setting]
) -> list[Change]:
    """What a catalogue begins with: refused where anything was ever announced."""
    changes = [change for product in products for change in product_changes(product, None)]
    changes += [change for plan in plans for change in plan_changes(plan)]
    changes += [change for setting in settings for change in setting_changes(setting)]
    first = replace(announced(), expected={"version": None})
    return [*(change for change in changes if change != announced()), first]


def product_changes(product: Product, version_before: int | None) -> list[Change]:
    """A product as it is sold from now on; None: it is new, else its price version must still be that one."""
    values = product_values(product)
    if version_before is None:
        return [NewDocument(TABLE, PRODUCTS, product.sku_id, values), announced()]
    expected = {"price_version": version_before}
    return [DocumentChange(TABLE, PRODUCTS, product.sku_id, values, expected), announced()]


def product_values(product: Product) -> dict[str, Any]:
    """The attributes of a product's item."""
    return {"document": _text(product_document(product)), "price_version": product.price_version}


def product_of(item: Mapping[str, Any]) -> Product:
    return product_from(json.loads(item["document"]))


def product_document(product: Product) -> dict[str, Any]:
    """Empty texts are the defaults of a product; a document holds none."""
    return {name: content for name, content in to_document(product).items() if content != ""}


def product_from(document: object) -> Product:
    return from_document(Product, document)


def draft(plan_id: str, request_id: str, given_up: str = "") -> Change:
    """A plan waits for a second person: its id must be new, or that of a request that was given up."""
    values = {"request": request_id}
    if given_up:
        return DocumentChange(TABLE, DRAFTS, plan_id, values, {"request": given_up})
    return NewDocument(TABLE, DRAFTS, plan_id, values)


def draft_gone(plan_id: str, request_id: str) -> DocumentGone:
    """The draft of this very request is gone: the id may be another one's by now."""
    return DocumentGone(TABLE, DRAFTS, plan_id, {"request": request_id})


def plan_changes(plan: Plan, request_id: str = "") -> list[Change]:
    """A plan that holds from its own moment on; the draft of the request that asked for it is gone."""
    new = NewDocument(TABLE, PLANS, plan.plan_id, plan_values(plan))
    gone = [draft_gone(plan.plan_id, request_id)] if request_id else []
    return [new, *gone, announced()]


def plan_values(plan: Plan) -> dict[str, Any]:
    """The attributes of a plan's item."""
    return {"document": _text(plans.to_document(plan))}


def plan_of(item: Mapping[str, Any]) -> Plan:
    return plans.from_document(json.loads(item["document"]))


def setting_changes(setting: Setting) -> list[Change]:
    """One value of a parameter, once and for ever: a correction is a later value."""
    return [NewDocument(TABLE, *setting_key(setting), {"value": _text(setting.value)}), announced()]


def setting_key(setting: Setting) -> tuple[str, str]:
    """Where a value stands."""
    return PARAMETERS, f"{setting.name}#{setting.scope}#{to_ms(setting.effective_at):015d}"


def setting_of(item: Mapping[str, Any]) -> Setting:
    name, scope, effective_ms = item["sk"].split("#")
    return Setting(name, scope, from_ms(int(effective_ms)), json.loads(item["value"]))


def _text(value: Any) -> str:
    return canonical(value).decode()
