"""Requests: how is what waits for people shown, and what may carrying out a refund say and leave?"""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.domain.card import CardUnknown
from chalicelib.domain.closure import SecretRevealed
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.order import OrderUnknown
from chalicelib.domain.record import canonical
from chalicelib.domain.refund import NothingToRefund, RefundExceeds
from chalicelib.domain.worked_refund import ChooseOneCard, NotRefundable
from chalicelib.handlers.fields import View
from chalicelib.usecases.inbox import Letter
from chalicelib.usecases.refund_order import TooManyRefunds

KindName = Literal[
    "APPLICATION",
    "BANK_REFUND",
    "FACTOR",
    "GRANT",
    "LIMIT",
    "PLAN",
    "PRODUCT",
    "PARAMETER",
    "POSTING",
    "REFUND",
    "TERMS",
    "UNLOCK",
    "WITHDRAWAL",
]
RequestId = Annotated[
    str,
    Field(
        pattern=r"^((apl|bnk|fct|grn|lmt|pln|prd|prm|pst|rfd|trm|ulk)_|wdr_[2-9A-HJKMNP-Z]{12})[0-7][0-9A-HJKMNP-TV-Z]{25}"
        r"(_[a-z]+)?$",
        examples=["prm_01JD3Q8Z6N5W4V3T2S1R0QPAMK"],
    ),
]
REFUNDED = ("REFUND", "REFUND_TO_CARD", "REFUND_AGENT", "refund.request")
REFUND_REFUSALS = (
    OrderUnknown,
    IllegalState,
    NothingToRefund,
    RefundExceeds,
    SecretRevealed,
    NotRefundable,
    ChooseOneCard,
    TooManyRefunds,
    CardUnknown,
)


class DecisionView(View):
    person_id: str
    agrees: bool
    at: datetime
    reason: str


class RequestView(View):
    """What was asked, and what has been said to it."""

    request_id: str
    kind: KindName
    state: Literal["WAITING", "APPROVED", "REFUSED", "EXPIRED", "CANCELLED"]
    about: dict[str, Any] = Field(description="what is carried out when it is approved")
    amount_fen: int = Field(description="0: it is not about an amount")
    needed: int = Field(description="how many different people must agree")
    approved_by: list[str]
    requested_by: str
    requested_at: datetime
    expires_at: datetime | None = Field(description="null: it waits until somebody decides")
    reason: str
    decisions: list[DecisionView]


def view_of(letter: Letter) -> RequestView:
    request = letter.request
    return RequestView(
        request_id=request.request_id,
        kind=request.kind.value,
        state=letter.state.value,
        about=json.loads(canonical(dict(request.about))),  # in the order in which it is stored
        amount_fen=request.amount_fen,
        needed=request.needed,
        approved_by=list(request.approved_by),
        requested_by=request.requested_by,
        requested_at=request.requested_at,
        expires_at=letter.expires_at,
        reason=request.reason,
        decisions=[DecisionView.model_validate(decision) for decision in request.decisions],
    )
