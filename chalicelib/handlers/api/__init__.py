"""The HTTP API /v1: which noun's module declares the routes of a path?

A module is imported when one of its routes is first asked for: most processes of
Lambda serve few nouns, and one that starts has somebody waiting. `every.py` has all.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.handlers.http import Routes

# Beginnings of paths by noun; of several that fit, the longest counts.
PATHS: Mapping[str, tuple[str, ...]] = {
    "health": ("/v1/health",),
    "people": ("/v1/people", "/v1/me", "/v1/sessions"),
    "enrolments": ("/v1/enrolments",),
    "my_sessions": ("/v1/me/sessions",),
    "my_account": ("/v1/me/phone", "/v1/me/name", "/v1/me/closing"),
    "second_factor": ("/v1/me/second-factor",),
    "confirmations": ("/v1/me/challenges", "/v1/me/confirmations"),
    "passkeys": ("/v1/me/passkeys",),
    "preferences": ("/v1/me/preferences",),
    "contact": ("/v1/contact",),
    "privacy": ("/v1/notices", "/v1/me/consents", "/v1/me/data"),
    "staff": ("/v1/office/staff",),
    "histories": ("/v1/me/history", "/v1/office/people/{person_id}/history", "/v1/office/staff/changes"),
    "codes": ("/v1/codes", "/v1/captchas"),
    "products": ("/v1/products", "/v1/office/products"),
    "cards": ("/v1/cards", "/v1/card-bindings", "/v1/office/cards"),
    "batches": ("/v1/office/batches", "/v1/office/stock"),
    "orders": ("/v1/orders",),
    "refunds": (
        "/v1/orders/{order_id}/refunds",
        "/v1/orders/{order_id}/refund-preview",
        "/v1/orders/{order_id}/refund-request",
        "/v1/office/refunds",
        "/v1/office/orders/{order_id}/refunds",
        "/v1/office/orders/{order_id}/refund-request",
        "/v1/office/orders/{order_id}/refund-preview",
    ),
    "office_orders": ("/v1/office/orders",),
    "payments": ("/v1/payments",),
    "alerts": ("/v1/office/alerts",),
    "approvals": ("/v1/office/approvals", "/v1/office/postings"),
    "distributors": ("/v1/distributors",),
    "applications": ("/v1/distributors/application", "/v1/distributors/joining-test"),
    "workbench": ("/v1/distributors/me/customers", "/v1/distributors/me/rules"),
    "withdrawals": ("/v1/withdrawals", "/v1/office/withdrawals"),
    "office_distributors": ("/v1/office/distributors",),
    "office_archive": ("/v1/office/archive",),
    "office_overview": ("/v1/office/overview",),
    "office_tree": (
        "/v1/office/trees",
        "/v1/office/distributors/search",
        "/v1/office/distributors/{distributor_id}/recruits",
        "/v1/office/distributors/{distributor_id}/path",
    ),
    "office_people": ("/v1/office/people",),
    "read_audit": ("/v1/office/read-audit",),
    "reconciliations": ("/v1/office/reconciliations",),
    "findings": ("/v1/office/findings",),
    "ledger": ("/v1/office/ledger",),
    "plans": (
        "/v1/office/plans",
        "/v1/office/parameters",
        "/v1/office/margins",
        "/v1/office/platform-balances",
    ),
    "plan_drafts": (
        "/v1/office/plans/drafts",
        "/v1/office/plans/{plan_id}/draft",
        "/v1/office/plans/{plan_id}/simulation",
    ),
    "docs": ("/v1/docs", "/v1/openapi.json"),
}


def noun_of(path_text: str) -> str:
    """The noun that declares this path, or would if it were declared."""
    fitting = {
        beginning: noun
        for noun, beginnings in PATHS.items()
        for beginning in beginnings
        if f"{path_text}/".startswith(f"{beginning.rstrip('/')}/")
    }
    return fitting[max(fitting, key=len)]


def routes_of(noun: str) -> "Routes":
    """The routes that a noun's module declares."""
    found: Routes = import_module(f"{__name__}.{noun}").routes
    return found
