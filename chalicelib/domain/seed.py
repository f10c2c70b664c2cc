"""The seed: with which goods, plans and values may the catalogue of an empty account begin?

A document of three members, each of which may be missing:

    products    each as it is stored; prices begin with their first version
    plans       as they are drafted; one whose moment is over holds a few seconds after the seeding
    parameters  name: value, everywhere; one that is not named keeps its default
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from chalicelib.domain import plan as plans
from chalicelib.domain.catalog import Product
from chalicelib.domain.document import DocumentMalformed
from chalicelib.domain.document import from_document as value_from
from chalicelib.domain.plan import Plan
from chalicelib.domain.record import Plain

THINGS_MAX = 80  # one transaction of DynamoDB takes 100 actions, of which a few are our own


@dataclass(frozen=True, slots=True)
class Seed:
    """What a catalogue begins with. `parameters`: values by name."""

    products: tuple[Product, ...]
    plans: tuple[Plan, ...]
    parameters: Mapping[str, Plain]

    @property
    def counts(self) -> dict[str, int]:
        return {
            "products": len(self.products),
            "plans": len(self.plans),
            "parameters": len(self.parameters),
        }


def from_document(document: object) -> Seed:
    """The seed that a document describes, whether or not it may be published.

    Raises: DocumentMalformed, EventNotAllowed.
    """
    if not isinstance(document, dict):
        raise DocumentMalformed(path="", expected="an object")
    if strange := sorted(document.keys() - {"products", "plans", "parameters"}):
        raise DocumentMalformed(path=str(strange[0])[:64], expected="no such field")
    products, drafts = (_listed(document, name) for name in ("products", "plans"))
    parameters = document.get("parameters", {})
    if not isinstance(parameters, dict):
        raise DocumentMalformed(path="parameters", expected="an object")
    seed = Seed(
        tuple(value_from(Product, one, f"products.{index}") for index, one in enumerate(products)),
        tuple(plans.from_document(one) for one in drafts),
        cast(Mapping[str, Plain], parameters),
    )
    _check_size(seed)
    return seed


def _listed(document: Mapping[str, object], name: str) -> list[object]:
    found = document.get(name, [])
    if not isinstance(found, list):
        raise DocumentMalformed(path=name, expected="a list")
    return found


def _check_size(seed: Seed) -> None:
    for name, ids in (
        ("products", [product.sku_id for product in seed.products]),
        ("plans", [plan.plan_id for plan in seed.plans]),
    ):
        if len(set(ids)) != len(ids):
            raise DocumentMalformed(path=name, expected="each id once")
    purses = sum(len(plan.campaigns) for plan in seed.plans)
    if not 0 < sum(seed.counts.values()) + len(seed.plans) + purses <= THINGS_MAX:
        raise DocumentMalformed(path="", expected=f"between 1 and {THINGS_MAX} things")
