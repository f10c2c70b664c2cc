"""Alerts: what looks like fraud, and what does the office say about it?"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.alert import TABLE, Alert, AlertDecided, AlertUnknown, alert_of, key_of, partition_of
from chalicelib.domain.business_time import day_text
from chalicelib.handlers.fields import Body, CustomerId, Listing, OrderId, Page, PageQuery, Path, Reason, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.ports import Actor, Command

routes = Routes(__name__)

AlertId = Annotated[
    str,
    Field(
        pattern=r"^alr_[0-9]{8}_(ord_[0-9A-Z]{38}|cus_[0-9A-Z]{12})$",
        examples=["alr_20261122_ord_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"],
    ),
]


class AlertPath(Path):
    alert_id: AlertId


class AlertsQuery(PageQuery):
    """The alerts of one business day: that of the payment, in Asia/Shanghai."""

    day: Annotated[date, Field(examples=["2026-11-22"])]


class AlertView(View):
    """One suspicious order, or buyer: which rules struck, what is held, until when to look, and who
    decided what."""

    alert_id: str
    order_id: OrderId | Literal[""] = Field(description="empty where the purchase was refused")
    customer_id: CustomerId
    state: Literal["OPEN", "CLEARED", "CONFIRMED"]
    severity: Literal["LOW", "MEDIUM", "HIGH"]
    rules: tuple[str, ...]
    held: tuple[str, ...] = Field(description="GOODS, COMMISSION, CARDS")
    frozen_cards: tuple[str, ...]
    raised_at: datetime
    due_at: datetime
    owner: str
    decided_by: str
    reason: str


class AlertWithEvidenceView(AlertView):
    """The alert with all that the decision was made from: facts, thresholds, versions of the rules."""

    evidence: dict[str, Any]


class GiveVerdict(Body):
    """FRAUD: a held order goes back to its payer. NO_FRAUD: everything that was held goes on."""

    verdict: Literal["FRAUD", "NO_FRAUD"]
    reason: Reason


@routes.get(
    "/v1/office/alerts",
    roles=("risk", "auditor"),
    query=AlertsQuery,
    answers=Page[AlertView],
    shows=Shows("customer", "suspicions are decided on"),
    summary="The alerts of a day",
)
def alerts_of_day(actor: Actor, query: AlertsQuery) -> Listing:
    partition = partition_of(day_text(query.day))
    items = bootstrap.documents().query(TABLE, partition, after=query.cursor, limit=query.limit)
    return Listing([alert_of(item) for item in items], items[-1]["sk"] if len(items) == query.limit else None)


@routes.get(
    "/v1/office/alerts/{alert_id}",
    roles=("risk", "auditor"),
    path=AlertPath,
    answers=AlertWithEvidenceView,
    shows=Shows("customer", "a suspicion is decided on"),
    refusals=(AlertUnknown,),
    summary="One alert with its evidence",
)
def one_alert(actor: Actor, path: AlertPath) -> Alert:
    item = bootstrap.documents().get(TABLE, *key_of(path.alert_id))
    if item is None:
        raise AlertUnknown(id=path.alert_id)
    return alert_of(item)


@routes.post(
    "/v1/office/alerts/{alert_id}/verdict",
    roles=("risk",),
    path=AlertPath,
    body=GiveVerdict,
    answers=AlertView,
    records=("RISK_VERDICT", "REFUND_AGENT"),
    refusals=(AlertUnknown, AlertDecided),
    summary="Say whether it was fraud; of two verdicts the first counts",
)
def decide_alert(command: Command, path: AlertPath, body: GiveVerdict) -> Alert:
    return bootstrap.clear_alert()(command, path.alert_id, is_fraud=body.verdict == "FRAUD")
